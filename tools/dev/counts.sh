# Reads test output: how much passed, failed and was skipped. Sourced by test.sh.

said() {
  echo "$1 passed, $2 failed, $3 skipped"
}

# Each count_* prints "passed failed skipped" for a log.

count_nothing() {
  echo 0 0 0
}

# The sum of all closing lines, of programs that end with one. None at all is a failure: nothing was tested.
count_closing_lines() {
  awk '
    /^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { passed += $1; failed += $3; skipped += $5; seen = 1 }
    END { print passed + 0, failed + !seen, skipped + 0 }' "$1"
}

# `ctest --verbose` over gtest programs, whose lines carry a number in front. A program that dies prints no
# summary; it counts as one failure.
count_gtest() {
  awk '
    { sub(/^[0-9]+: /, "") }
    /^\[  PASSED  \] [0-9]+ test/ { passed += $4 }
    /^\[  SKIPPED \] [0-9]+ test/ { skipped += $4 }
    /^ *[0-9]+ FAILED TESTS?$/ { failed += $1; listed += 1 }
    /tests? failed out of [0-9]+$/ { programs = $0; sub(/.*, /, "", programs); sub(/ .*/, "", programs) }
    END { print passed + 0, failed + (programs > listed ? programs - listed : 0), skipped + 0 }' "$1"
}

# The lines that say what failed, where there are such, else all lines.
failures_in() {
  local log=$1 lines
  lines=$(grep -n -E '(FAILED|FAIL:|[Ff]ailure$|error:|Error:|\(Failed\)|\*\*\*)' "$log" || true)
  if [ -n "$lines" ]; then
    printf '%s\n...\n' "$lines" | head -n 40
  fi
  tail -n 25 "$log"
}

# The lines of the clients' log that name a client that did not run and why.
not_run() {
  grep -E '^(skipped|not run)[: ]' "$1" || true
}
