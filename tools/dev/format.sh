#!/usr/bin/env bash
# ./dev format: writes all C++ as .clang-format says.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/tools/dev/packages.sh"
. "$root/tools/dev/cpp_files.sh"

install_missing lint
cpp_files --all | xargs -0 -r clang-format-19 -i
