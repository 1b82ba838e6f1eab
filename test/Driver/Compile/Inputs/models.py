# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a small ONNX model for a test: models.py NAME PATH"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F32 = TensorProto.FLOAT


def value(name, shape, dtype=F32):
    return helper.make_tensor_value_info(name, dtype, shape)


def weight(name, *shape):
    generator = np.random.default_rng(sum(map(ord, name)))
    return numpy_helper.from_array(generator.standard_normal(shape).astype(np.float32), name)


def relu():
    """One op."""
    return [helper.make_node("Relu", ["x"], ["y"], name="act")], [value("x", [4, 8])], [value("y", [4, 8])], []


def cache():
    """A state that grows by a row, and a sum over it."""
    nodes = [
        helper.make_node("Concat", ["past_key", "new"], ["present_key"], name="cat", axis=2),
        helper.make_node("ReduceSum", ["present_key"], ["sum"], name="sum", keepdims=0),
    ]
    past, new = value("past_key", [1, 2, "past", 4]), value("new", [1, 2, 1, 4])
    return nodes, [past, new], [value("sum", []), value("present_key", [1, 2, "total", 4])], []


def picture():
    node = helper.make_node("ImageDecoder", ["x"], ["y"], name="decode")
    return [node], [value("x", ["n"], TensorProto.UINT8)], [value("y", ["height", "width", 3], TensorProto.UINT8)], []


def conv_relu():
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["t"], name="conv", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["t"], ["y"], name="act"),
    ]
    return nodes, [value("x", [1, 3, 8, 8])], [value("y", [1, 4, 8, 8])], [weight("w", 4, 3, 3, 3), weight("b", 4)]


def mlp():
    """Two layers, a batch whose size the run says."""
    nodes = [
        helper.make_node("Gemm", ["x", "w1", "b1"], ["h"], name="hidden"),
        helper.make_node("Relu", ["h"], ["a"], name="act"),
        helper.make_node("Gemm", ["a", "w2", "b2"], ["y"], name="scores"),
    ]
    weights = [weight("w1", 16, 32), weight("b1", 32), weight("w2", 32, 10), weight("b2", 10)]
    return nodes, [value("x", ["batch", 16])], [value("y", ["batch", 10])], weights


def external():
    """Weights in a file of their own, beside the model."""
    nodes = [helper.make_node("MatMul", ["x", "w1"], ["y"], name="product")]
    return nodes, [value("x", [3, 16])], [value("y", [3, 32])], [weight("w1", 16, 32)]


def unsupported():
    """Two nodes of ops that ONNX does not have."""
    nodes = [
        helper.make_node("Frobnicate", ["x"], ["t"], name="first"),
        helper.make_node("Transmogrify", ["t"], ["y"], name="second"),
    ]
    return nodes, [value("x", [4, 8])], [value("y", [4, 8])], []


def main():
    name, path = sys.argv[1:]
    nodes, inputs, outputs, weights = globals()[name]()
    graph = helper.make_graph(nodes, name, inputs, outputs, weights)
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 20 if name == "picture" else 17)])
    if name != "unsupported":
        onnx.checker.check_model(model)
    onnx.save_model(model, path, save_as_external_data=name == "external", location="weights.bin", size_threshold=0)


if __name__ == "__main__":
    main()
