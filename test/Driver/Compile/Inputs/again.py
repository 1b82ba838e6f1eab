# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles for the target that a summary printed: again.py SUMMARY MODEL OUTPUT"""
import re
import subprocess
import sys

summary, model, output = sys.argv[1:]
with open(summary) as file:
    target, level = re.search(r"target +(\S+) (-O\d)", file.read()).groups()
subprocess.run(["accel-compile", model, "-q", f"--cpu={target}", level, "-o", output], check=True)
