# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What this machine can do at most, measured beside the engines by a small C program (peak.c)."""

import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def build(folder):
    """The path of the compiled program, or None where there is no C compiler."""
    compiler = next(filter(None, map(shutil.which, ("clang-22", "clang", "cc"))), None)
    if compiler is None:
        return None
    binary = os.path.join(folder, "peak")
    flags = ["-O2", "-ffp-contract=fast", "-pthread"]
    subprocess.run([compiler, *flags, os.path.join(HERE, "peak.c"), "-o", binary], check=True)
    return binary


class Meter:
    """One process of the program; it sleeps between questions."""

    def __init__(self, binary, threads):
        self.process = subprocess.Popen(
            [binary, str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, what):
        """what: 'fma' or 'copy BYTES'. GFLOP/s or GB/s."""
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
