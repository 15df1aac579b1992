# What the machine must have, by Debian release, and how the missing part of it is installed.
# Sourced; needs nothing but bash, dpkg and apt.

# Prints the packages of a group: build, test (its clients), lint, sanitize or bare. test, lint and sanitize
# include build.
packages_of() {
  local boost="libboost-dev libboost-json-dev"
  if [ "$(debian_release)" = 12 ]; then
    # Release 12's default Boost is 1.74, whose Asio and JSON are too old for us.
    boost="libboost1.81-dev libboost-json1.81-dev"
  fi
  local build="clang-19 lld-19 cmake ninja-build python3 $boost libssl-dev libisal-dev liblz4-dev libzstd-dev
    libsnappy-dev zlib1g-dev libre2-dev libxxhash-dev libspdlog-dev libfmt-dev libcli11-dev libgtest-dev libgmock-dev libbenchmark-dev"
  case $1 in
    build) echo $build ;;
    test) echo $build git kcat python3-venv faketime ;;
    lint) echo $build git clang-format-19 clang-tidy-19 ;;
    sanitize) echo $build libclang-rt-19-dev ;;
    bare) echo git debootstrap util-linux iproute2 ;;
    *)
      echo "./dev: there is no package group '$1'; there are build, test, lint, sanitize, bare" >&2
      return 2
      ;;
  esac
}

# The major release, "12" or "13"; empty where it has none (testing, or not a Debian).
debian_release() {
  (. /etc/os-release 2>/dev/null && [ "${ID:-}" = debian ] && echo "${VERSION_ID:-}") || true
}

# Installs what a group lacks, asking nothing and saying what. Quick when nothing is missing.
install_missing() {
  local wanted missing
  wanted=$(packages_of "$1") || return 2
  if ! command -v dpkg-query >/dev/null; then
    echo "./dev: this is not a Debian; going on in the hope that it has the like of: $wanted" >&2
    return 0
  fi
  missing=$(missing_of $wanted)
  if [ -z "$missing" ]; then
    return 0
  fi
  echo "installing" $missing
  as_root apt-get -qq update </dev/null
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
    -o Dpkg::Use-Pty=0 install $missing </dev/null >/dev/null || {
    echo "./dev: apt-get could not install the packages above; what it said is above this line" >&2
    return 1
  }
}

missing_of() {
  local installed package
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    case $'\n'$installed$'\n' in
      *$'\n'"installed $package"$'\n'*) ;;
      *) echo "$package" ;;
    esac
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    echo "with sudo: $*"
    sudo "$@"
  else
    echo "./dev: this needs root, and there is no sudo: $*" >&2
    return 1
  fi
}
