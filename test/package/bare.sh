#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The packages on a machine that has none of the libraries they were made with: as root, on a bare Debian 12 (in a
# container or a chroot), test/package/bare.sh FOLDER, with the tarball and the wheel of tools/dev/package.sh in it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=$(realpath "${1:?usage: test/package/bare.sh FOLDER}")

foreign=$(find / -xdev \( -name 'libLLVM*' -o -name 'libMLIR*' -o -name 'libprotobuf*' \) 2>/dev/null || true)
[ -z "$foreign" ] || { echo "bare.sh: this machine is not bare: $foreign" >&2; exit 1; }

# What a user of the packages needs: to unpack, to build C++ with CMake, and a Python.
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends xz-utils cmake make g++ python3-venv >/dev/null
environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/pip" install -q --disable-pip-version-check onnx numpy
"$environment/bin/python" test/package/run.py -v --tarball "$folder"/accel-*.tar.xz --wheel "$folder"/accel-*.whl
