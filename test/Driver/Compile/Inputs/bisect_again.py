# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Does what a README.txt of --bisect says: its right model gives other outputs than its wrong one. bisect_again.py FILE"""
import subprocess
import sys

with open(sys.argv[1]) as file:
    commands = [line.strip() for line in file if "right.so" in line or "wrong.so" in line]
assert len(commands) == 4, commands
outputs = [subprocess.run(command, shell=True, check=True, stdout=subprocess.PIPE, text=True).stdout for command in commands]
assert outputs[1] and outputs[3] and outputs[1] != outputs[3], outputs
