# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes classifier.onnx: a product of 64 pixels with 10 columns of weights, a bias and a softmax (needs onnx and numpy)."""

import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

weights = numpy.sin(numpy.arange(64 * 10, dtype=numpy.float32)).reshape(64, 10)
bias = numpy.linspace(-1, 1, 10, dtype=numpy.float32)

graph = helper.make_graph(
    [
        helper.make_node("Gemm", ["pixels", "weights", "bias"], ["logits"], "product"),
        helper.make_node("Softmax", ["logits"], ["scores"], "softmax", axis=1),
    ],
    "classifier",
    [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 64])],
    [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10])],
    [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
onnx.save(model, sys.argv[1] if len(sys.argv) > 1 else "classifier.onnx")
