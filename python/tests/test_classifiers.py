# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Linear classifiers: labels and probabilities with the bits of ONNX Runtime, which maps show to callers."""
import numpy as np
import pytest

import accel

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper  # noqa: E402

pytestmark = pytest.mark.usefixtures("compiler")


def has_fused_products():
    with open("/proc/cpuinfo") as file:
        return " fma " in file.read()


@pytest.mark.skipif(not has_fused_products(), reason="elsewhere products are rounded before they are added")
@pytest.mark.parametrize("classes", [2, 3, 4, 5, 10, 15])
@pytest.mark.parametrize("width", [1, 7, 64, 784])
def test_probabilities(width, classes):
    rng = np.random.default_rng(width + classes)
    model = dict(
        coefficients=(rng.standard_normal(width * classes) / np.sqrt(width)).astype(np.float32).tolist(),
        intercepts=rng.standard_normal(classes).astype(np.float32).tolist(),
        classlabels_strings=[f"class {i}" for i in range(classes)],
        post_transform="SOFTMAX",
    )
    nodes = [
        helper.make_node("LinearClassifier", ["x"], ["label", "p"], domain="ai.onnx.ml", **model),
        helper.make_node("Normalizer", ["p"], ["q"], domain="ai.onnx.ml", norm="L1"),
        helper.make_node("ZipMap", ["q"], ["maps"], domain="ai.onnx.ml", classlabels_strings=model["classlabels_strings"]),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", width])]
    outputs = [helper.make_value_info("maps", onnx.TypeProto()), helper.make_tensor_value_info("label", TensorProto.STRING, ["n"])]
    graph = helper.make_graph(nodes, "classifier", inputs, outputs)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 1)]
    proto = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    session = accel.InferenceSession(proto)
    outputs[0].type.sequence_type.elem_type.map_type.key_type = TensorProto.STRING
    outputs[0].type.sequence_type.elem_type.map_type.value_type.tensor_type.elem_type = TensorProto.FLOAT
    del graph.output[:]
    graph.output.extend(outputs)
    ort.set_default_logger_severity(4)
    complete = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    reference = ort.InferenceSession(complete.SerializeToString(), providers=["CPUExecutionProvider"])
    for count in (1, 2, 17):
        x = rng.standard_normal((count, width)).astype(np.float32)
        maps, labels = session.run(None, {"x": x})
        expected, names = reference.run(None, {"x": x})
        assert labels.tolist() == list(names)
        if classes > 4:
            assert maps == expected
        else:  # exponentials that the C library rounds otherwise, now and then
            found, wanted = (np.array([list(one.values()) for one in rows]) for rows in (maps, expected))
            np.testing.assert_allclose(found, wanted, rtol=2.5e-7)
