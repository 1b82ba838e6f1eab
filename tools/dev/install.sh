#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Installs what the build, the demo and the tests need: Debian packages, and .venv/ from python/requirements-dev.txt.
# Quick when all of it is there. Uses apt's and pip's own configuration, and root or sudo only where a package is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

packages=(
  # compiler, linker, MLIR and LLVM, sanitizers, FileCheck
  clang-22 lld-22 clang-format-22 libclang-rt-22-dev
  llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools liblld-22-dev
  # the build
  cmake ninja-build ccache make git binutils xz-utils libc6-dev libstdc++-12-dev
  libprotobuf-dev protobuf-compiler zlib1g-dev libzstd-dev libssl-dev libturbojpeg0-dev libpng-dev libgtest-dev
  # what models that decode pictures have in them
  libjpeg62-turbo-dev libopenjp2-7-dev libwebp-dev
  # models for other machines: their C libraries, and programs that run them
  libc6-dev-arm64-cross libc6-dev-riscv64-cross qemu-user
  # shells, whose completion is tested
  zsh fish
  # the Python side
  python3 python3-venv
)

say() { printf '\033[1m-- %s\033[0m\n' "$*" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9]*m//g'; fi; }
die() { printf 'install: %s\n' "$@" >&2; exit 1; }

# Runs a command into a log and shows that it works: its last line on a terminal, elsewhere a line now and then.
quietly() {
  local log=$1 line columns shown=$SECONDS status=0
  shift
  columns=$(tput cols 2>/dev/null || echo 80)
  "$@" 2>&1 | tee -a "$log" | while IFS= read -r line; do
    line=${line//$'\r'/}
    if [ -t 1 ]; then
      printf '\r\033[K   %.*s' "$((columns - 4))" "$line"
    elif [ $((SECONDS - shown)) -ge 10 ]; then
      printf '   %.*s\n' "$((columns - 4))" "$line"
      shown=$SECONDS
    fi
  done || status=$?
  if [ -t 1 ]; then printf '\r\033[K'; fi
  return "$status"
}

failed() {
  tail -n 30 "$1" >&2
  die "the whole log is $1"
}

missing_packages() {
  local p
  for p in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || echo "$p"
  done
}

install_packages() {
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    die "this is made for Debian 12 (apt-get is not here); elsewhere, install the counterparts of:" \
      "${packages[*]}"
  local missing as_root=()
  mapfile -t missing < <(missing_packages)
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "these packages are missing, and this is neither root nor has sudo:" "${missing[*]}"
    as_root=(sudo)
  fi
  mkdir -p build
  local log=$PWD/build/install-apt.log start=$SECONDS
  : >"$log"
  say "installing ${#missing[@]} Debian packages (once; a few minutes): ${missing[*]}"
  # A third party's list that cannot be read is no reason to stop: the installation decides.
  quietly "$log" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -o DPkg::Lock::Timeout=300 ||
    say "apt-get update met an error (see $log); going on"
  quietly "$log" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "${missing[@]}" || failed "$log"
  mapfile -t missing < <(missing_packages)
  [ "${#missing[@]}" -eq 0 ] || die "apt-get did not install: ${missing[*]}" "the log is $log"
  say "packages installed in $((SECONDS - start)) s"
}

# The system's own python3, whatever another python first on PATH may be.
install_venv() {
  local requirements=python/requirements-dev.txt stamp start=$SECONDS
  stamp="$PWD $(sha256sum tools/dev/install.sh "$requirements" | sha256sum)"
  if [ -x .venv/bin/python ] && [ "$(cat .venv/.stamp 2>/dev/null)" = "$stamp" ]; then return 0; fi
  mkdir -p build
  local log=$PWD/build/install-venv.log
  : >"$log"
  say "making .venv from $requirements"
  unset PYTHONHOME PYTHONPATH VIRTUAL_ENV
  rm -rf .venv
  quietly "$log" /usr/bin/python3 -m venv .venv || failed "$log"
  quietly "$log" .venv/bin/python -m pip install --disable-pip-version-check --no-input -r "$requirements" || failed "$log"
  printf '%s' "$stamp" >.venv/.stamp
  say ".venv made in $((SECONDS - start)) s"
}

install_packages
install_venv
