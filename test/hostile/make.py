# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the corpus of hostile files, each in a folder of its own.

usage: make.py DIR
"""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import base
import damage
import graphs
import tensors

for family in (damage, tensors, graphs):
    family.register()

CASES = base.CASES


def write(name, root):
    """Writes one case under root; gives the path to compile."""
    folder = os.path.join(root, re.sub(r"[^A-Za-z0-9_.-]+", "_", name))
    os.makedirs(folder)
    return CASES[name].write(folder)


if __name__ == "__main__":
    for case in CASES:
        print(write(case, sys.argv[1]))
