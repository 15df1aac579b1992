#!/usr/bin/env bash
# ./dev bare 12|13 [install|build|start]: does a bare Debian of that release get from `git clone` to a running
# broker? The base system is made once by debootstrap and kept; every run works in a fresh copy of it.
#
# All mounts live in a mount namespace of our own, so they go with us however we end, and the broker runs in a
# network namespace of its own, so no port of this machine can be in its way.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/tools/dev/packages.sh"

release=${1:-}
last_step=${2:-start}
case $release in
  12) codename=bookworm ;;
  13) codename=trixie ;;
  *)
    echo "usage: ./dev bare 12|13 [install|build|start]" >&2
    exit 2
    ;;
esac
cache=${ODRADEK_CACHE:-$HOME/.cache/odradek}

install_missing bare
if [ "$(id -u)" != 0 ]; then
  echo "with sudo: ./dev bare $*"
  exec sudo env ODRADEK_CACHE="$cache" bash "$0" "$@"
fi
if [ "${ODRADEK_BARE_INSIDE:-}" != 1 ]; then
  exec unshare --mount --pid --fork --kill-child --propagation private -- \
    env ODRADEK_BARE_INSIDE=1 bash "$0" "$@"
fi

base=$cache/bare-$release
target=$cache/bare-$release-run
log=$cache/bare-$release.log

main() {
  mkdir -p "$cache"
  : >"$log"
  step "base system" make_base
  step "fresh copy" copy_base
  step "git clone" clone
  mount_kernel_folders
  step "./dev install" inside ./dev install
  [ "$last_step" != install ] || return 0
  step "./dev build" inside ./dev build
  [ "$last_step" != build ] || return 0
  step "./dev start" start_and_stop
}

# Runs a step with its output in the log; says how long it took, or the log's end.
step() {
  local name=$1 began=$SECONDS status=0
  shift
  # Not `if ! "$@"`: that would switch `set -e` off inside the step.
  (set -e; "$@") >>"$log" 2>&1 </dev/null &
  wait $! || status=$?
  if [ "$status" != 0 ]; then
    tail -n 30 "$log"
    echo "Debian $release: $name FAILED after $((SECONDS - began)) s; all of its output: $log"
    exit 1
  fi
  echo "Debian $release: $name, $((SECONDS - began)) s"
}

make_base() {
  if [ -e "$base.complete" ]; then
    return
  fi
  rm -rf --one-file-system "$base"
  debootstrap --variant=minbase --include=ca-certificates "$codename" "$base" "$(mirror "$(own_codename)")"
  touch "$base.complete"
}

copy_base() {
  rm -rf --one-file-system "$target"
  cp -a --reflink=auto "$base" "$target"
  let_apt_reach_its_mirror
}

clone() {
  git clone --quiet "$root" "$target/root/odradek"
}

mount_kernel_folders() {
  mount -t proc proc "$target/proc"
  mount --rbind /dev "$target/dev"
}

inside() {
  (become_inside "$@")
}

become_inside() {
  exec chroot "$target" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    sh -c 'cd /root/odradek && exec "$@"' sh "$@"
}

# Starts the broker as a user does, asks it for its API versions, stops it, and looks for the mark of a clean stop.
start_and_stop() {
  export -f become_inside
  target=$target unshare --net -- bash -euc '
    ip link set lo up
    become_inside ./dev start &
    broker=$!
    for attempt in $(seq 300); do
      sleep 0.1
      if (: </dev/tcp/127.0.0.1/9092) 2>/dev/null; then break; fi
      kill -0 $broker
    done
    # ApiVersions v0, correlation id 7, no client id: the reply starts with its length and that id.
    exec 3<>/dev/tcp/127.0.0.1/9092
    printf "\0\0\0\012\0\022\0\0\0\0\0\007\377\377" >&3
    reply=$(timeout 10 head -c 10 <&3 | od -An -tx1 | tr -d " \n")
    echo "ApiVersions answered with $reply"
    case $reply in ????????000000070000) ;; *) exit 1 ;; esac
    exec 3>&-
    kill -TERM $broker
    wait $broker
  '
  test -e "$target/var/lib/odradek/.kafka_cleanshutdown"
}

own_codename() {
  (. /etc/os-release && echo "$VERSION_CODENAME")
}

# This machine's sources of packages, one "<uri> <suite>" per line, from one-line and deb822 files alike.
sources() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    if [ -f "$file" ]; then
      sed -n -E 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]*)?([^[:space:]]+)[[:space:]]+([^[:space:]]+).*/\2 \3/p' "$file"
    fi
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    if [ -f "$file" ]; then
      # Paragraphs are told apart by empty lines; a comment line belongs to none.
      sed '/^#/d' "$file" | awk -v RS= -F '\n' '{
        uris = suites = ""; binary = 0
        for (i = 1; i <= NF; i++) {
          if ($i ~ /^Types:.*deb([^-]|$)/) binary = 1
          if (sub(/^URIs:[ \t]*/, "", $i)) uris = $i
          if (sub(/^Suites:[ \t]*/, "", $i)) suites = $i
        }
        n = split(uris, uri, /[ \t]+/); m = split(suites, suite, /[ \t]+/)
        if (binary) for (i = 1; i <= n; i++) for (j = 1; j <= m; j++) print uri[i], suite[j]
      }'
    fi
  done
}

# The mirror from which this machine gets `suite`.
mirror() {
  local found
  found=$(sources | awk -v suite="$1" '$2 == suite { print $1; exit }')
  if [ -z "$found" ]; then
    echo "no apt source here offers $1; which mirror to use for Debian $release is not known" >&2
    return 1
  fi
  echo "$found"
}

# Gives the copy our mirror, and what apt here needs to reach it: proxies, credentials, certificates, names.
let_apt_reach_its_mirror() {
  local own file
  own=$(own_codename)
  rm -rf "$target"/etc/apt/sources.list "$target"/etc/apt/sources.list.d/*
  sources | while read -r uri suite; do
    case $suite in
      "$own" | "$own-updates" | "$own-security") echo "deb $uri $codename${suite#"$own"} main" ;;
    esac
  done >"$target/etc/apt/sources.list"
  for file in /etc/apt/apt.conf /etc/apt/apt.conf.d/*; do
    if [ -f "$file" ] && grep -q 'Acquire' "$file" && ! grep -q 'Invoke' "$file"; then
      cp "$file" "$target/etc/apt/apt.conf.d/"
    fi
  done
  for file in auth.conf auth.conf.d keyrings; do
    if [ -e "/etc/apt/$file" ]; then
      cp -a "/etc/apt/$file" "$target/etc/apt/"
    fi
  done
  mkdir -p "$target/etc/ssl/certs"
  cp -aL /etc/ssl/certs/ca-certificates.crt "$target/etc/ssl/certs/" 2>/dev/null || true
  cp -L /etc/resolv.conf /etc/hosts "$target/etc/"
  # Packages must not start services in here.
  printf '#!/bin/sh\nexit 101\n' >"$target/usr/sbin/policy-rc.d"
  chmod +x "$target/usr/sbin/policy-rc.d"
}

main
