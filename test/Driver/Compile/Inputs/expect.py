# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a command that must end with a status: expect.py STATUS COMMAND..."""
import subprocess
import sys

status = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL).returncode
if status != int(sys.argv[1]):
    sys.exit(f"expected status {sys.argv[1]}, found {status}")
