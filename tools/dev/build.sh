#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Configures and builds a preset (release, in build/, unless another is named): tools/dev/build.sh [preset [target ...]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
preset=${1:-release}
shift || true
tree=build
[ "$preset" = release ] || tree=build-$preset

# ccache takes the shared precompiled header only with these.
export CCACHE_SLOPPINESS=pch_defines,time_macros
launcher=()
if command -v ccache >/dev/null; then
  launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
mkdir -p "$tree"
if ! cmake --preset "$preset" "${launcher[@]}" >"$tree/configure.log" 2>&1; then
  cat "$tree/configure.log" >&2
  exit 1
fi
start=$SECONDS
echo "-- building $tree/ (progress: done/all)"
NINJA_STATUS='[%f/%t %es] ' cmake --build --preset "$preset" ${1:+--target "$@"}
echo "-- built in $((SECONDS - start)) s"
