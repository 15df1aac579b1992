# How a build folder is configured and built. Sourced by ./dev and its verbs; needs $root.

# Configures `folder` when it is new or the arguments have changed, else does nothing: ninja itself sees changed
# CMake files. Usage: configure <folder> [-D...]
configure() {
  local folder=$1
  shift
  local said="$*"
  if [ -f "$folder/build.ninja" ] && [ "$(cat "$folder/.configured" 2>/dev/null)" = "$said" ]; then
    return 0
  fi
  mkdir -p "$folder"
  CC=clang-19 CXX=clang++-19 cmake -S "$root" -B "$folder" -G Ninja --log-level=WARNING \
    -DCMAKE_BUILD_TYPE=Release "$@" >/dev/null || return 1
  echo "$said" >"$folder/.configured"
}

# Builds targets (all when none is named) in `folder`, configured as for users.
build_in() {
  local folder=$1
  shift
  configure "$folder" || return 1
  ninja_in "$folder" "$@" || return 1
  if [ "$folder" = "$root/build" ] && [ ! -e "$root/compile_commands.json" ]; then
    ln -sfn build/compile_commands.json "$root/compile_commands.json"
  fi
}

ninja_in() {
  local folder=$1
  shift
  local quiet=--quiet
  if [ -t 1 ]; then
    quiet=
  fi
  ninja -C "$folder" -j "$(jobs_max)" $quiet "$@"
}

# One compiler per core, but only as many as have 1.5 GB of memory each: swapping is slower than waiting.
jobs_max() {
  if [ -n "${ODRADEK_JOBS:-}" ]; then
    echo "$ODRADEK_JOBS"
    return
  fi
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
  echo $((memory < 1 ? 1 : memory < cores ? memory : cores))
}
