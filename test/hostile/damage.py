# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Damage that knows nothing of the format: truncation, flipped bits, random bytes, files of another kind."""

import os
import random
import struct

import onnx
from google.protobuf.message import DecodeError

from base import add, bad, odd, save, valid


def parses(content):
    """Whether the protobuf library reads a model with nodes out of it: then the compiler may accept it."""
    try:
        return len(onnx.ModelProto.FromString(content).graph.node) > 0
    except DecodeError:
        return False


def damaged(name, content, long=False):
    (odd if parses(content) else bad)(name, content, long=long)


def truncated():
    whole = valid().SerializeToString()
    count = 40
    offsets = sorted({*range(24), *(len(whole) * i // count for i in range(count)), *range(len(whole) - 8, len(whole))})
    for offset in offsets:
        damaged(f"truncated/{offset}", whole[:offset])


def flipped():
    whole, rng = valid().SerializeToString(), random.Random(1)
    for i in range(400):
        content = bytearray(whole)
        # Names, types and lengths lie thickest at the ends of the file; the middle is weights.
        at = rng.choice([rng.randrange(200), rng.randrange(len(whole)), len(whole) - 1 - rng.randrange(200)])
        for _ in range(rng.choice([1, 1, 4])):
            content[(at + rng.randrange(4)) % len(whole)] ^= 1 << rng.randrange(8)
        damaged(f"flipped/{i}", bytes(content), long=i >= 80)


def spliced():
    """Stretches removed, repeated, or replaced by the largest varint."""
    whole, rng = valid().SerializeToString(), random.Random(2)
    for i in range(120):
        at, size = rng.randrange(len(whole)), rng.randrange(1, 40)
        middle = [
            b"",
            whole[at : at + size] * 3,
            b"\xff" * 9 + b"\x01",
            bytes(rng.randrange(256) for _ in range(size)),
        ][i % 4]
        damaged(f"spliced/{i}", whole[:at] + middle + whole[at + size :], long=i >= 40)


def random_bytes():
    rng = random.Random(3)
    for i, size in enumerate([1, 2, 3, 8, 64, 1000, 100000]):
        damaged(f"random/{size}", bytes(rng.randrange(256) for _ in range(size)))
    damaged("random/zeros", bytes(4096))
    damaged("random/ones", b"\xff" * 4096)
    damaged("random/endless varint", b"\x08" + b"\x80" * 4000)
    damaged("random/groups", b"\x0b" * 5000)
    damaged("random/nested lengths", b"".join(b"\x3a" + struct.pack("B", 127) for _ in range(4000)))
    damaged("random/length of 2^63", b"\x3a" + b"\xff" * 9 + b"\x01")


def other_files():
    bad("file/empty", b"")
    bad("file/text", b"This is no model.\n" * 30)
    bad("file/json", b'{"irVersion": "8", "graph": {}}')
    bad("file/elf", b"\x7fELF\x02\x01\x01" + bytes(200))
    bad("file/zip", b"PK\x03\x04" + bytes(200))
    bad("file/pickle", b"\x80\x02}q\x00.")
    bad("file/tensor only", onnx.helper.make_tensor("t", 1, [2], [1.0, 2.0]).SerializeToString())
    add("file/missing", lambda folder: os.path.join(folder, "no such file.onnx"))
    add("file/folder", lambda folder: folder)
    add("file/device", lambda folder: "/dev/null")
    add("file/unreadable link", link_to_itself)
    odd("file/valid", valid())


def link_to_itself(folder):
    path = os.path.join(folder, "loop.onnx")
    os.symlink(path, path)
    return path


def register():
    truncated()
    flipped()
    spliced()
    random_bytes()
    other_files()
