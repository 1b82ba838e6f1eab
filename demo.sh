#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Installs, builds, trains two small models on handwritten digits, compiles them and shows what comes out.
set -euo pipefail
cd "$(dirname "$0")"
tools/dev/install.sh
tools/dev/build.sh release
.venv/bin/python demo/train.py --out build/demo
PYTHONPATH=$PWD/build/python PATH=$PWD/build/bin:$PATH .venv/bin/python demo/show.py --models build/demo
