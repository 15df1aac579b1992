#!/usr/bin/env bash
# ./dev fuzz <target> [libFuzzer arguments]: looks for new inputs, starting from fuzz/corpus/<target>, and keeps
# what it finds interesting there. Inputs that break something are left in build-fuzz/findings.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/tools/dev/packages.sh"
. "$root/tools/dev/build.sh"

if [ $# = 0 ]; then
  echo "usage: ./dev fuzz <target> [libFuzzer arguments]; targets:" $(cd "$root/fuzz" && ls -- *_fuzz.cc | sed 's/_fuzz\.cc$//')
  exit 2
fi
target=$1
shift

install_missing sanitize
build=$root/build-fuzz
configure "$build" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" -DODRADEK_SANITIZE=address -DODRADEK_FUZZ=ON -DODRADEK_TESTS=OFF
ninja_in "$build" "fuzz_$target"
mkdir -p "$build/findings" "$root/fuzz/corpus/$target"
exec "$build/fuzz/fuzz_$target" -artifact_prefix="$build/findings/" "$@" "$root/fuzz/corpus/$target"
