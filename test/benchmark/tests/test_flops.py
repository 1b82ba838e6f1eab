# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The count of floating-point operations, against what can be reckoned by hand."""

import os

import numpy as np
import onnx
import onnx.parser
import pytest

import catalogue
import flops
from builder import Builder


def counted(model, **feeds):
    found = flops.count(model, {name: np.zeros(shape, np.float32) for name, shape in feeds.items()})
    assert not found.unknown
    return found.flops


def one(op, *shapes, weights=(), opset=17, **attributes):
    b = Builder("test", opset)
    names = [b.input(f"x{i}", shape) for i, shape in enumerate(shapes)] + [b.weight(*w) for w in weights]
    b.output(b.node(op, *names, **attributes))
    return counted(b.model(), **{f"x{i}": shape for i, shape in enumerate(shapes)})


@pytest.mark.parametrize(
    "a, b, want",
    [
        ([3, 5], [5, 7], 2 * 3 * 5 * 7),
        ([2, 1, 3, 5], [4, 5, 7], 2 * 2 * 4 * 3 * 5 * 7),
        ([5], [5, 7], 2 * 5 * 7),
        ([3, 5], [5], 2 * 3 * 5),
        ([5], [5], 2 * 5),
    ],
)
def test_matmul(a, b, want):
    assert one("MatMul", a, b) == want


@pytest.mark.parametrize("trans_a, trans_b", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_gemm(trans_a, trans_b):
    a, b = ([5, 3] if trans_a else [3, 5]), ([7, 5] if trans_b else [5, 7])
    assert one("Gemm", a, b, transA=trans_a, transB=trans_b) == 2 * 3 * 5 * 7


def test_conv():
    assert one("Conv", [2, 6, 9, 9], weights=[(8, 6, 3, 3)], pads=[1, 1, 1, 1]) == 2 * 2 * 8 * 81 * 6 * 9


def test_strided_conv():
    assert one("Conv", [1, 6, 9, 9], weights=[(8, 6, 3, 3)], strides=[2, 2]) == 2 * 8 * 16 * 6 * 9


def test_grouped_conv():
    assert one("Conv", [1, 6, 9, 9], weights=[(6, 1, 3, 3)], group=6, pads=[1, 1, 1, 1]) == 2 * 6 * 81 * 9


def test_conv_transpose():
    """A transposed convolution does what its convolution does: one multiply-add for each pair of elements."""
    assert one("ConvTranspose", [1, 6, 5, 5], weights=[(6, 4, 2, 2)], strides=[2, 2]) == 2 * 6 * 25 * 4 * 4


def test_recurrent():
    steps, batch, size, hidden = 7, 3, 5, 4
    for op, gates in (("RNN", 1), ("GRU", 3), ("LSTM", 4)):
        b = Builder("test")
        x = b.input("x", [steps, batch, size])
        y = b.node(op, x, b.weight(2, gates * hidden, size), b.weight(2, gates * hidden, hidden), hidden_size=hidden, direction="bidirectional")
        b.output(y)
        want = 2 * 2 * steps * batch * gates * hidden * (size + hidden)
        assert counted(b.model(), x=[steps, batch, size]) == want


@pytest.mark.parametrize(
    "equation, a, b, want",
    [
        ("ij,jk->ik", [3, 5], [5, 7], 2 * 3 * 5 * 7),
        ("bhid,bhjd->bhij", [2, 3, 4, 5], [2, 3, 6, 5], 2 * 2 * 3 * 4 * 6 * 5),
        ("...ij,...jk->...ik", [2, 3, 5], [2, 5, 7], 2 * 2 * 3 * 5 * 7),
    ],
)
def test_einsum(equation, a, b, want):
    assert one("Einsum", a, b, equation=equation) == want


def test_attention():
    q, kv = [2, 8, 5, 16], [2, 2, 7, 16]
    assert one("Attention", q, kv, kv, opset=23) == 2 * 2 * 8 * 5 * 7 * (16 + 16)


def test_elementwise_ops_do_not_count():
    assert one("Add", [3, 4], [3, 4]) == 0


def test_named_dims_take_the_sizes_of_the_feeds():
    b = Builder("test")
    b.output(b.node("MatMul", b.input("x", ["batch", 5]), b.weight(5, 7)))
    assert counted(b.model(), x=[11, 5]) == 2 * 11 * 5 * 7


def test_functions_are_looked_into():
    model = onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17, "own" : 1]>
        g (float[3, 5] x, float[5, 7] w) => (float[3, 7] y) { y = own.twice (x, w) }
        <domain: "own", opset_import: ["" : 17]>
        twice (x, w) => (y) { a = MatMul (x, w)  b = MatMul (x, w)  y = Add (a, b) }"""
    )
    assert counted(model, x=[3, 5], w=[5, 7]) == 2 * 2 * 3 * 5 * 7


def test_the_larger_branch_counts():
    model = onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17]>
        g (bool c, float[3, 5] x, float[5, 7] w) => (float[N, 7] y) {
          y = If (c) <
            then_branch = t () => (float[3, 7] a) { a = MatMul (x, w) },
            else_branch = e () => (float[3, 7] b) { m = MatMul (x, w)  v = Transpose (w)  n = MatMul (m, v)  b = MatMul (n, w) }
          >
        }"""
    )
    found = flops.count(model, {"c": np.bool_(True), "x": np.zeros((3, 5)), "w": np.zeros((5, 7))})
    assert (found.flops, found.unknown) == (3 * 2 * 3 * 5 * 7, [])


def test_a_loop_counts_for_each_trip():
    model = onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17]>
        g (float[5, 5] x) => (float[5, 5] y) <int64 trips = {9}, bool go = {1}> {
          y = Loop (trips, go, x) <body = b (int64 i, bool c, float[5, 5] s) => (bool d, float[5, 5] t) { d = Identity (c)  t = MatMul (s, x) }>
        }"""
    )
    assert counted(model, x=[5, 5]) == 9 * 2 * 5 * 5 * 5


def test_a_loop_of_unknown_length_is_unknown():
    model = onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17]>
        g (float[5, 5] x, int64 trips) => (float[5, 5] y) <bool go = {1}> {
          y = Loop (trips, go, x) <body = b (int64 i, bool c, float[5, 5] s) => (bool d, float[5, 5] t) { d = Identity (c)  t = MatMul (s, x) }>
        }"""
    )
    found = flops.count(model, {"x": np.zeros((5, 5), np.float32), "trips": np.int64(3)})
    assert [op for _, op in found.unknown] == ["Loop"]


def test_shapes_that_only_a_run_knows():
    """NonZero's size is its values': shape inference gives it up, a run does not."""
    pytest.importorskip("onnxruntime")
    model = onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17]>
        g (float[6] x, float[1, 7] w) => (float[N, 7] y) {
          n = NonZero (x)  f = Cast <to = 1> (n)  t = Transpose <perm = [1, 0]> (f)  y = MatMul (t, w)
        }"""
    )
    found = flops.count(model, {"x": np.array([1, 0, 2, 3, 0, 4], np.float32), "w": np.zeros((1, 7), np.float32)})
    assert (found.flops, found.unknown) == (2 * 4 * 7, [])


# Figures that are published for these networks, in GFLOP (two for a multiply-add).
@pytest.mark.parametrize("name, want", [("light_resnet50", 8.18), ("light_vgg19", 39.3), ("light_densenet121", 5.67)])
def test_known_networks(name, want):
    path = os.path.join(catalogue.zoo.MODELS, f"{name}.onnx")
    if not os.path.exists(path):
        pytest.skip("no model zoo ($ACCEL_ZOO, or ../shared beside the repository)")
    model = onnx.load(path)
    name, _, dims = catalogue.engine.graph_inputs(model)[0]
    assert counted(model, **{name: dims}) == pytest.approx(want * 1e9, rel=0.01)
