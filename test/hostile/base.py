# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A valid model to damage, one-node models with any attribute, and the table of hostile files.

A case writes its files into a folder and gives the path to compile. `bad` ones must be refused; `odd` ones may also be
accepted, for they are unusual or only perhaps damaged.
"""

import os
from dataclasses import dataclass
from typing import Callable

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


@dataclass
class Case:
    write: Callable  # folder -> path
    refused: bool  # whether the compiler must refuse it
    long: bool = False  # only with --all


CASES = {}


def add(name, write, refused=True, long=False):
    assert name not in CASES, f"two hostile files are called {name}"
    CASES[name] = Case(write, refused, long)


def valid(opset=17):
    """image -> conv -> relu -> reshape -> gemm -> softmax; all weights inside the file."""
    rng = np.random.default_rng(0)
    weights = {
        "conv.w": rng.standard_normal((4, 1, 3, 3)).astype(np.float32),
        "conv.b": rng.standard_normal(4).astype(np.float32),
        "shape": np.array([-1, 4 * 36], np.int64),
        "fc.w": rng.standard_normal((4 * 36, 5)).astype(np.float32),
        "fc.b": rng.standard_normal(5).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["image", "conv.w", "conv.b"], ["c"], "conv"),
        helper.make_node("Relu", ["c"], ["r"], "relu"),
        helper.make_node("Reshape", ["r", "shape"], ["f"], "reshape"),
        helper.make_node("Gemm", ["f", "fc.w", "fc.b"], ["g"], "fc"),
        helper.make_node("Softmax", ["g"], ["y"], "softmax"),
    ]
    return make_model(nodes, {"image": ["batch", 1, 8, 8]}, {"y": ["batch", 5]}, weights, opset)


def make_model(nodes, inputs, outputs, weights=(), opset=17, dtype=TensorProto.FLOAT):
    ports = lambda table: [helper.make_tensor_value_info(n, dtype, dims) for n, dims in table.items()]
    tensors = [numpy_helper.from_array(np.asarray(w), n) for n, w in dict(weights).items()]
    graph = helper.make_graph(nodes, "hostile", ports(inputs), ports(outputs), tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def op(kind, *shapes, weights=(), out=None, opset=17, **attributes):
    """A model of one node with inputs x0, x1, ... of these shapes, then the weights."""
    inputs = {f"x{i}": list(shape) for i, shape in enumerate(shapes)}
    table = {f"w{i}": w for i, w in enumerate(weights)}
    node = helper.make_node(kind, [*inputs, *table], ["y"], "the node", **attributes)
    return make_model([node], inputs, {"y": out}, table, opset)


def save(name, content):
    """A writer of one file: bytes, or a model."""

    def write(folder):
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.SerializeToString())
        return path

    return write


def bad(name, content, **options):
    add(name, save("model.onnx", content), **options)


def odd(name, content, **options):
    add(name, save("model.onnx", content), refused=False, **options)


def changed(change, opset=17):
    """The valid model after a change to it."""
    made = valid(opset)
    change(made)
    return made


def tensor(model, name):
    return next(t for t in model.graph.initializer if t.name == name)
