#!/usr/bin/env bash
# ./dev lint [--all] [--no-tidy] [file...]: clang-format over all C++ in seconds; clang-tidy, at six seconds a file and
# core, over what differs from upstream, or over these files, or with --all over everything (a quarter of an hour on
# two cores).
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/tools/dev/packages.sh"
. "$root/tools/dev/build.sh"
. "$root/tools/dev/cpp_files.sh"

all=
named=()
clang_tidy=1
for argument in "$@"; do
  case $argument in
    --all) all=1 ;;
    --no-tidy) clang_tidy= ;;
    *.h | *.cc)
      if [ ! -f "$argument" ]; then
        echo "./dev lint: there is no file $argument" >&2
        exit 2
      fi
      named+=("$(realpath -- "$argument")")
      ;;
    *)
      echo "usage: ./dev lint [--all] [--no-tidy] [file...]" >&2
      exit 2
      ;;
  esac
done

# What clang-tidy is to read. With --all, headers are seen through the .cc files that include them.
files_to_tidy() {
  if [ ${#named[@]} != 0 ]; then
    printf '%s\0' "${named[@]}"
  elif [ -n "$all" ] || [ -z "$(upstream)" ]; then
    cpp_files --all | { grep -z '\.cc$' || true; }
  else
    cpp_files
  fi
}

install_missing lint
status=0
cpp_files --all | xargs -0 -r clang-format-19 --dry-run -Werror || status=1
if [ "$status" != 0 ]; then
  echo "./dev format mends this"
fi

if [ -n "$clang_tidy" ]; then
  # A folder of its own, without precompiled headers: clang-tidy reads the commands of the compiler. Of the build it
  # needs the generated headers only; naming one makes all.
  build=$root/build-lint
  configure "$build" -DODRADEK_PCH=OFF
  ninja_in "$build" generated/protocol/api_keys.h
  if [ ${#named[@]} = 0 ] && [ -z "$all" ] && [ -z "$(upstream)" ]; then
    echo "this branch has no upstream to differ from: clang-tidy reads all files"
  fi
  files_to_tidy |
    xargs -0 -r -n 1 -P "$(jobs_max)" clang-tidy-19 -p "$build" --quiet 2>&1 |
    sed -E '/^[0-9]+ (warning|error)s?( and [0-9]+ errors?)? generated\.$/d' || status=1
fi
exit "$status"
