# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The bytes that a run must at least read: its inputs, and each weight once."""

import math

import onnx
from onnx import helper


def tensor_bytes(tensor):
    """The size of a TensorProto's values, which may lie in a file of their own."""
    bits = {onnx.TensorProto.INT4: 4, onnx.TensorProto.UINT4: 4, onnx.TensorProto.FLOAT4E2M1: 4}
    size = bits.get(tensor.data_type) or 8 * helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    return math.prod(tensor.dims) * size // 8


def read(model, feeds):
    """Of a ModelProto on these inputs (name -> array). A table that is only gathered from counts nothing."""
    users = {}
    for node in model.graph.node:
        for i, name in enumerate(node.input):
            users.setdefault(name, set()).add((node.op_type, i))
    weights = [t for t in model.graph.initializer if users.get(t.name, set()) - {("Gather", 0)} and t.name not in feeds]
    return sum(array.nbytes for array in feeds.values()) + sum(map(tensor_bytes, weights))
