#!/usr/bin/env bash
# ./dev test: builds and runs everything, part by part, each with a budget of time; ends with one closing line
# "N passed, N failed, N skipped" and a status that is 0 only when nothing failed.
#
# Output of the parts goes to build/test-logs/<part>.log; of a failed part the end is shown.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/tools/dev/packages.sh"
. "$root/tools/dev/build.sh"
. "$root/tools/dev/counts.sh"

# Part and its budget in minutes on two cores; over twice that is a failure. --long has no budgets.
readonly budgets="install=- rules=1 build=12 unit=1 sim=3 clients=6 crash=3 fuzz=1"

long=
sanitize=
parts=
folders=
for argument in "$@"; do
  case $argument in
    --long) long=1 ;;
    --sanitize) sanitize=address ;;
    --sanitize=address | --sanitize=thread) sanitize=${argument#*=} ;;
    -*)
      echo "./dev test: unknown option $argument" >&2
      exit 2
      ;;
    rules | unit | sim | clients | crash | fuzz) parts+=" $argument" ;;
    *)
      folders+="${folders:+|}$argument"
      [[ $parts == *" unit"* ]] || parts+=" unit"
      ;;
  esac
done
if [ -z "$parts" ]; then
  parts="rules unit sim clients crash fuzz"
  # The clients take minutes to say the same of a sanitized broker; its own tests are what finds memory errors.
  [ -z "$sanitize" ] || parts="unit sim fuzz"
fi

build=$root/build${sanitize:+-$sanitize}
logs=$build/test-logs
passed=0
failed=0
skipped=0
times=
notes=

main() {
  rm -rf "$logs"
  mkdir -p "$logs"
  part install
  [ "$failed" = 0 ] || finish
  # The rules need no build, and say within a second what would be asked for later anyway.
  if wants rules; then part rules; fi
  part build
  [ "$status" = 0 ] || finish
  local name
  for name in unit sim clients crash fuzz; do
    if wants "$name" && there_is "$name"; then part "$name"; fi
  done
  finish
}

wants() { [[ " $parts " == *" $1 "* ]]; }

# Whether this tree has the part at all; what it does not have is not counted as skipped.
there_is() {
  case $1 in
    unit) true ;;
    sim) [ -x "$build/sim/odradek_sim" ] ;;
    clients) [ -x "$root/tests/run" ] ;;
    crash) [ -f "$root/tests/crash" ] ;;
    fuzz) [ -d "$root/fuzz/corpus" ] ;;
  esac
}

# Runs a part, adds up its counts, and checks its budget. Sets `status`.
part() {
  local name=$1 log=$logs/$1.log began=$SECONDS
  status=0
  [ ! -t 1 ] || printf '%-8s ...' "$name"
  ("run_$name") >"$log" 2>&1 </dev/null || status=$?
  local took=$((SECONDS - began))
  local part_passed=0 part_failed=0 part_skipped=0
  read -r part_passed part_failed part_skipped <<<"$(count_"$(style_of "$name")" "$log")"
  if [ "$status" != 0 ] && [ "$part_failed" = 0 ]; then
    part_failed=1
  fi
  local budget
  budget=$(sed -E "s/.*\<$name=([^ ]*).*/\1/" <<<"$budgets")
  local verdict=ok
  if [ -z "$long$sanitize" ] && [ "$budget" != - ] && [ "$took" -gt $((budget * 120)) ]; then
    part_failed=$((part_failed + 1))
    notes+="$name took $took s, over twice its budget of $budget min"$'\n'
  fi
  [ "$part_failed" = 0 ] || verdict=FAILED
  [ ! -t 1 ] || printf '\r'
  if [ "$(style_of "$name")" = nothing ]; then
    printf '%-8s %s\n' "$name" "$verdict"
  else
    printf '%-8s %s, %s\n' "$name" "$verdict" "$(said "$part_passed" "$part_failed" "$part_skipped")"
  fi
  if [ "$part_failed" != 0 ]; then
    show_failure "$name" "$log"
  fi
  if [ "$name" = clients ]; then
    notes+=$(not_run "$log")${notes:+$'\n'}
  fi
  passed=$((passed + part_passed))
  failed=$((failed + part_failed))
  skipped=$((skipped + part_skipped))
  times+=$(printf '  %-8s %5d s' "$name" "$took")
  [ "$budget" = - ] || times+=" of $budget min"
  times+=$'\n'
}

style_of() {
  case $1 in
    install | build) echo nothing ;;
    unit) echo gtest ;;
    *) echo closing_lines ;;
  esac
}

show_failure() {
  echo "---- the end of $2"
  failures_in "$2" | tail -n 60
  echo "----"
}

finish() {
  echo
  printf '%s' "$times"
  if [ -n "$notes" ]; then
    printf '\n%s\n' "${notes%$'\n'}"
  fi
  echo
  said "$passed" "$failed" "$skipped"
  [ "$failed" = 0 ] || exit 1
  exit 0
}

run_install() {
  local group=test
  [ -z "$sanitize" ] || group=sanitize
  install_missing "$group"
}

run_rules() {
  "$root/tools/tidy" --self-test && "$root/tools/tidy" && said 1 0 0
}

run_build() {
  if [ -n "$sanitize" ]; then
    configure "$build" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" -DODRADEK_SANITIZE="$sanitize" &&
      ninja_in "$build"
  else
    build_in "$build"
  fi
}

run_unit() {
  local jobs=2
  [ "$(nproc)" -gt 1 ] || jobs=1
  ODRADEK_LONG=$long ctest --test-dir "$build" --parallel "$jobs" --verbose --no-tests=error --timeout 600 \
    ${folders:+-R "^($folders)(\\.|\$)"}
}

# The same seeds every time: what fails then is the change's doing. --long: 10,000 of them, and planted bugs, each of which
# must be noticed.
run_sim() {
  if [ -z "$long" ]; then
    "$build/sim/odradek_sim" --seeds 8000
    return
  fi
  local failures=0
  "$build/sim/odradek_sim" --seeds 10000 || failures=1
  "$build/sim/odradek_sim" --bug all || failures=1
  return "$failures"
}

run_clients() {
  ODRADEK_BINARY="$build/odradek" "$root/tests/run" ${long:+--long}
}

run_crash() {
  ODRADEK_BINARY="$build/odradek" "$root/tests/crash" ${long:+--long}
}

# Every input ever found interesting, through the ordinary build; --long also looks for new ones, 20 s a target.
run_fuzz() {
  local corpus target good=0 bad=0
  for corpus in "$root"/fuzz/corpus/*/; do
    target=$(basename "$corpus")
    if "$build/fuzz/fuzz_$target" "$corpus" && { [ -z "$long" ] || look_for_new "$target"; }; then
      good=$((good + 1))
    else
      echo "FAILED: fuzz_$target on $corpus"
      bad=$((bad + 1))
    fi
  done
  said "$good" "$bad" 0
  [ "$bad" = 0 ]
}

# What is found interesting goes to a folder of its own, not into the tree.
look_for_new() {
  local found=$logs/fuzz-$1
  mkdir -p "$found"
  "$root/tools/dev/fuzz.sh" "$1" -max_total_time=20 -timeout=25 -rss_limit_mb=3000 "$found"
}

main
