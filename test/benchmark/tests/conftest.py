# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Puts the benchmark's modules on the path, as its programs have them."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
sys.path[:0] = [os.path.join(ROOT, "test", folder) for folder in ("benchmark", "support", "e2e")]
