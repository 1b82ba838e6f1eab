# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Damages every file of a folder, each in one of several ways."""

import pathlib
import sys

for number, path in enumerate(sorted(pathlib.Path(sys.argv[1]).glob("llvmcache-*"))):
    content = bytearray(path.read_bytes())
    if number % 4 == 0:
        content[len(content) // 2] ^= 1
    elif number % 4 == 1:
        content = content[: len(content) // 2]
    elif number % 4 == 2:
        content = bytearray()
    else:
        content[8:16] = b"\xff" * 8  # a size beyond the file
    path.write_bytes(content)
