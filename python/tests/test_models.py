# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From an ONNX model to numbers, with the real compiler."""
import numpy as np
import pytest

import accel
import accel.backend

onnx = pytest.importorskip("onnx")
pytestmark = pytest.mark.usefixtures("compiler")


@pytest.fixture
def weights(rng):
    return rng.standard_normal((8, 3), np.float32)


@pytest.fixture
def model(weights):
    """y = relu(x w) for x of [batch, 8]."""
    helper = onnx.helper
    nodes = [helper.make_node("MatMul", ["x", "w"], ["t"], "matmul"), helper.make_node("Relu", ["t"], ["y"], "relu")]
    ports = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", size]) for name, size in (("x", 8), ("y", 3))]
    graph = helper.make_graph(nodes, "layer", ports[:1], ports[1:], [onnx.numpy_helper.from_array(weights, "w")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def check(session, weights, x):
    (y,) = session.run(None, {"x": x})
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, np.maximum(x.astype(np.float64) @ weights, 0), rtol=1e-5, atol=1e-5)


def test_any_batch(model, weights, rng):
    session = accel.InferenceSession(model)
    assert [(p.name, p.type, p.shape) for p in session.get_inputs()] == [("x", "tensor(float)", ["batch", 8])]
    for batch in (1, 5, 64, 2):
        check(session, weights, rng.standard_normal((batch, 8), np.float32))


def test_a_fixed_batch_and_a_range(model, weights, rng, tmp_path):
    path = accel.compile(model, tmp_path / "fixed.so", dim={"batch": 4}, opt_level=1)
    session = accel.InferenceSession(path)
    assert session.get_inputs()[0].shape == [4, 8]
    check(session, weights, rng.standard_normal((4, 8), np.float32))
    with pytest.raises(accel.InvalidArgument, match="'x'"):
        session.run(None, {"x": np.ones((5, 8), np.float32)})
    session = accel.InferenceSession(accel.compile(model, dim={"batch": (2, 6)}))
    check(session, weights, rng.standard_normal((6, 8), np.float32))
    with pytest.raises(accel.InvalidArgument, match="'batch'.*7"):
        session.run(None, {"x": np.ones((7, 8), np.float32)})


def test_the_compilers_words(model):
    with pytest.raises(accel.CompileError, match="not an ONNX model"):
        accel.compile(b"no model at all")
    model.graph.node[0].op_type = "NoSuchOp"
    with pytest.raises(accel.CompileError, match="NoSuchOp"):
        accel.compile(model)


def test_backend(model, weights, rng):
    x = rng.standard_normal((3, 8), np.float32)
    np.testing.assert_allclose(accel.backend.run_model(model, [x]).y, np.maximum(x @ weights, 0), rtol=1e-5, atol=1e-5)
    node = onnx.helper.make_node("Relu", ["x"], ["y"])
    np.testing.assert_array_equal(accel.backend.run_node(node, [x])[0], np.maximum(x, 0))
