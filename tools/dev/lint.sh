#!/usr/bin/env bash
# ./dev lint [--all] [--no-tidy]: clang-format over all C++ in a second; clang-tidy over what differs from
# upstream, with --all over everything, at some seconds a file.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/tools/dev/packages.sh"
. "$root/tools/dev/build.sh"
. "$root/tools/dev/cpp_files.sh"

which_files=
clang_tidy=1
for argument in "$@"; do
  case $argument in
    --all) which_files=--all ;;
    --no-tidy) clang_tidy= ;;
    *)
      echo "usage: ./dev lint [--all] [--no-tidy]" >&2
      exit 2
      ;;
  esac
done

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
  # Headers are seen through the .cc files that include them.
  cpp_files $which_files | grep -z '\.cc$' |
    xargs -0 -r -n 1 -P "$(jobs_max)" clang-tidy-19 -p "$build" --quiet 2>&1 |
    sed '/^[0-9]* warnings\{0,1\} generated\.$/d' || status=1
fi
exit "$status"
