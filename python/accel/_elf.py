# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whether a file is a whole ELF library for this machine: the system's loader crashes on one that was cut short."""
import os
import platform
import struct

_MACHINES = {"x86_64": 62, "aarch64": 183, "riscv64": 243}
_TYPES = {1: "an object file", 2: "a program", 3: "a library", 4: "a core dump"}
_LOAD, _DYNAMIC = 1, 2


def problem(path):
    """What keeps the file from being loaded, as the end of a sentence; None if nothing is seen."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(64)
        if len(head) < 64 or head[:4] != b"\x7fELF":
            return "it is no ELF file"
        if head[4:6] != b"\x02\x01":
            return "it is no 64-bit little-endian ELF file"
        kind, machine = struct.unpack_from("<HH", head, 16)
        if kind != 3:
            return f"it is {_TYPES.get(kind, 'no library')}"
        here = platform.machine()
        if machine != _MACHINES.get(here, machine):
            there = next((name for name, number in _MACHINES.items() if number == machine), f"machine number {machine}")
            return f"it is for {there}, and this machine is {here}"
        table, width, count = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54)
        file.seek(table)
        headers = file.read(width * count)
    if len(headers) < width * count or width < 56:
        return "it is cut short"
    kinds = set()
    for i in range(count):
        kind, _, offset, _, _, held = struct.unpack_from("<IIQQQQ", headers, i * width)
        kinds.add(kind)
        if kind == _LOAD and offset + held > size:
            return f"it is cut short: it should have {offset + held} bytes and has {size}"
    return None if _DYNAMIC in kinds else "it is no library"
