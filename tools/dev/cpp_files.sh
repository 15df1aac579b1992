# Which C++ files there are, of those that git knows or would add. Sourced; needs $root.

# Prints full paths, each ended by NUL: all, or only what differs from upstream.
cpp_files() {
  local base
  base=$(upstream)
  if [ "${1:-}" = --all ] || [ -z "$base" ]; then
    git -C "$root" ls-files -z --cached --others --exclude-standard -- "${cpp_patterns[@]}"
  else
    git -C "$root" diff -z --name-only --diff-filter=d "$base" -- "${cpp_patterns[@]}"
    git -C "$root" ls-files -z --others --exclude-standard -- "${cpp_patterns[@]}"
  fi | existing
}

readonly cpp_patterns=('src/*.h' 'src/*.cc' 'sim/*.h' 'sim/*.cc' 'bench/*.h' 'bench/*.cc' 'fuzz/*.h' 'fuzz/*.cc')

# The commit from which this branch departs; empty where there is no upstream.
upstream() {
  git -C "$root" merge-base HEAD '@{upstream}' 2>/dev/null ||
    git -C "$root" merge-base HEAD origin/HEAD 2>/dev/null || true
}

# A file that was deleted but not yet committed is listed all the same.
existing() {
  local path
  while IFS= read -r -d '' path; do
    if [ -f "$root/$path" ]; then
      printf '%s/%s\0' "$root" "$path"
    fi
  done
}
