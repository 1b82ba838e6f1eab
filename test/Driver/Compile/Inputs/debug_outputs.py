# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model of two outputs, a branch and a node that nobody reads; and its values beside ONNX Runtime's.

usage: debug_outputs.py make FILE | run FILE
"""
import sys

import numpy as np
import onnx
import onnx.parser

TEXT = """
<ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 3]>
heads (float[n, 8] x, bool c) => (float[n, 4] y, float[n, 1] z) <float[8, 4] w, float[4] b = {1, 2, 3, 4}, int64[1] axes = {1}> {
  [product] p = MatMul(x, w)
  [bias] s = Add(p, b)
  [act] r = Relu(s)
  [odd] ab = Neg(r)
  [choice] q = If (c) <then_branch = yes () => (float[n, 4] t) { t = Neg(ab) }, else_branch = no () => (float[n, 4] e) { inner = Abs(ab) e = Sqrt(inner) }>
  [soft] y = Softmax(q)
  [drop] z0, mask = Dropout(r)
  [sum] z = ReduceSum(z0, axes)
  [dead] d = Exp(x)
  [maps] m = ai.onnx.ml.ZipMap <classlabels_int64s = [1, 2, 3, 4]> (y)
}
"""


def make(path):
    model = onnx.parser.parse_model(TEXT)
    weight = np.random.default_rng(1).standard_normal((8, 4)).astype(np.float32)
    for tensor in model.graph.initializer:
        if tensor.name == "w":
            tensor.CopyFrom(onnx.numpy_helper.from_array(weight, "w"))
    if not any(tensor.name == "w" for tensor in model.graph.initializer):
        model.graph.initializer.append(onnx.numpy_helper.from_array(weight, "w"))
        for value in [v for v in model.graph.value_info if v.name == "w"]:
            model.graph.value_info.remove(value)
    # The parser takes no commas in names.
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = ["a,b" if name == "ab" else name for name in names]
        for attribute in node.attribute:
            for inner in attribute.g.node:
                inner.input[:] = ["a,b" if name == "ab" else name for name in inner.input]
    onnx.checker.check_model(model)
    onnx.save(model, path)


def run(path):
    import accel
    import onnxruntime

    model = onnx.load(path)
    names = ["y", "z", "p", "s", "r", "a,b", "q", "z0"]
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    reference = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    session = accel.InferenceSession(accel.compile(path, debug_outputs="all"))
    assert [output.name for output in session.get_outputs()] == names
    plain = accel.InferenceSession(accel.compile(path))
    for rows in (1, 5):
        for choice in (True, False):
            x = np.random.default_rng(rows).standard_normal((rows, 8)).astype(np.float32)
            feeds = {"x": x, "c": np.array(choice)}
            results = session.run(None, feeds)
            for name, got, expected in zip(names, results, reference.run(names, feeds)):
                np.testing.assert_allclose(got, expected, 1e-5, 1e-6, err_msg=name)
            for got, expected in zip(results, plain.run(None, feeds)):
                assert got.tobytes() == expected.tobytes()


{"make": make, "run": run}[sys.argv[1]](sys.argv[2])
