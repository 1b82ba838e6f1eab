# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# RUN: %python %s %t
"""Weights come out bit for bit, however the file stores them; external data stays inside the model's folder."""

import os
import re
import struct
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
generator = np.random.default_rng(7)


def save(name, tensor):
    """A model whose only output is the tensor."""
    value = helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
    graph = helper.make_graph([], name, [], [value], [tensor])
    path = os.path.join(folder, name + ".onnx")
    with open(path, "wb") as file:
        file.write(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)]).SerializeToString())
    return path


def compile(path):
    return subprocess.run(
        ["accel-compile", "--stop-after=import", "-o", "-", path], capture_output=True, text=True, check=False
    )


def resource(path):
    """The bytes of the module's dense resource."""
    done = compile(path)
    assert done.returncode == 0, done.stderr
    (text,) = re.findall(r': "0x([0-9A-F]+)"$', done.stdout, flags=re.MULTILINE)
    return bytes.fromhex(text)[4:]  # the alignment comes first


def refused(path, reason):
    done = compile(path)
    assert done.returncode == 1 and reason in done.stderr, (done.returncode, reason, done.stderr)


# Raw bytes, packed floats (mapped, too), and typed fields of every width.
floats = generator.standard_normal((9, 25)).astype(np.float32)
raw = numpy_helper.from_array(floats, "w")
assert raw.HasField("raw_data")
assert resource(save("raw", raw)) == floats.tobytes()
packed = helper.make_tensor("w", TensorProto.FLOAT, floats.shape, floats.flatten())
assert packed.float_data
assert resource(save("packed", packed)) == floats.tobytes()
doubles = generator.standard_normal(100)
assert resource(save("doubles", helper.make_tensor("w", TensorProto.DOUBLE, [100], doubles))) == doubles.tobytes()
integers = generator.integers(-(2**62), 2**62, 2000)
assert resource(save("int64", helper.make_tensor("w", TensorProto.INT64, [2000], integers))) == integers.tobytes()
bytes_ = generator.integers(0, 256, 2000).astype(np.uint8)
assert resource(save("uint8", helper.make_tensor("w", TensorProto.UINT8, [2000], bytes_))) == bytes_.tobytes()
halves = generator.standard_normal(100).astype(np.float16)
assert resource(save("half", helper.make_tensor("w", TensorProto.FLOAT16, [100], halves))) == halves.tobytes()
flags = generator.integers(0, 2, 2000).astype(bool)
assert resource(save("bool", helper.make_tensor("w", TensorProto.BOOL, [2000], flags))) == flags.tobytes()
# Two elements a byte become a byte each.
nibbles = generator.integers(0, 256, 1000).astype(np.uint8)
unpacked = np.stack([nibbles & 15, nibbles >> 4], axis=1).astype(np.uint8)
quarter = TensorProto(name="w", data_type=TensorProto.UINT4, dims=[2000], raw_data=nibbles.tobytes())
assert resource(save("uint4", quarter)) == unpacked.tobytes()

# A wrong number of bytes or two kinds of data are errors.
short = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[100], raw_data=bytes(396))
refused(save("short", short), "initializer 'w': expected 400 bytes of elements, found 396")
both = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[100], raw_data=bytes(400), float_data=[1.0] * 100)
refused(save("both", both), "initializer 'w': its elements are stored in more than one piece")
# The field that the importer itself puts in place of raw_data means nothing in a file.
forged = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[100])
forged.MergeFromString(bytes([0xF8, 0xFF, 0x07, 0x00]))
refused(save("forged", forged), "initializer 'w': expected 400 bytes of elements, found 0")


# --- external data ---


def external(name, **entries):
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[9, 25], data_location=TensorProto.EXTERNAL)
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=str(value))
    return save(name, tensor)


os.makedirs(os.path.join(folder, "sub"), exist_ok=True)
with open(os.path.join(folder, "sub", "data.bin"), "wb") as file:
    file.write(b"head" + floats.tobytes() + b"tail")
outside = os.path.join(os.path.dirname(folder), "outside.bin")
with open(outside, "wb") as file:
    file.write(floats.tobytes())
for link, target in (("inner", "sub/data.bin"), ("outer", outside), ("folder", os.path.dirname(folder))):
    if not os.path.islink(os.path.join(folder, link)):
        os.symlink(target, os.path.join(folder, link))

good = {"location": "sub/data.bin", "offset": 4, "length": 900}
assert resource(external("external", **good)) == floats.tobytes()
assert resource(external("link_inside", **{**good, "location": "inner"})) == floats.tobytes()
assert resource(external("no_length", location="sub/data.bin", offset=4)) == floats.tobytes()
for name, changes, reason in (
    ("absolute", {"location": outside}, "expected a path relative to the model's folder"),
    ("parent", {"location": "../outside.bin", "offset": 0}, "lies outside the model's folder"),
    ("link_outside", {"location": "outer", "offset": 0}, "lies outside the model's folder"),
    ("link_folder", {"location": "folder/outside.bin", "offset": 0}, "lies outside the model's folder"),
    ("no_file", {"location": "nothing.bin"}, "cannot open it: No such file or directory"),
    ("a_folder", {"location": "sub"}, "expected a file, found a folder"),
    ("nameless", {"location": ""}, "expected a path relative to the model's folder"),
    ("too_far", {"offset": 9}, "expected 900 bytes at offset 9, the file has 908"),
    ("wraps", {"offset": 2**64 - 4}, "expected 900 bytes at offset"),
    ("negative", {"offset": -4}, "expected numbers"),
    ("wrong_length", {"length": 899}, "expected 900 bytes of external data, its length is 899"),
):
    refused(external(name, **{**good, **changes}), reason)
