# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models with branches of several ranks, as exporters write a squeeze: ranks.py make FOLDER, or ranks.py run FOLDER."""

import sys

import numpy as np

# What follows the branches can run after each of them.
EITHER = """<ir_version: 8, opset_import: ["" : 18]>
either (float[n, m] x, float[m] w) => (float y, int64 rank) <int64[1] last = {-1}, int64[1] one = {1}> {
  shape = Shape (x)
  size = Gather (shape, last)
  is_one = Equal (size, one)
  s = If (is_one) <
    then_branch = narrow () => (float[n] a) { a = Squeeze (x, last) },
    else_branch = wide () => (float[n, m] b) { b = Identity (x) }
  >
  own = Shape (s)
  rank = Size (own)
  doubled = Add (s, s)
  scaled = Mul (w, doubled)
  y = ReduceMax <keepdims = 0> (scaled)
}"""
# A product of matrices cannot run after the first.
ONE = """<ir_version: 8, opset_import: ["" : 18]>
one (float[n, m] x, float[3, 2] w) => (float[n, 2] y) <int64[1] last = {-1}, int64[1] one = {1}> {
  shape = Shape (x)
  size = Gather (shape, last)
  is_one = Equal (size, one)
  [squeeze] s = If (is_one) <
    then_branch = narrow () => (float[n] a) { a = Squeeze (x, last) },
    else_branch = wide () => (float[n, m] b) { b = Identity (x) }
  >
  [product] y = Gemm (s, w)
}"""


def many(count):
    """Branches of several ranks, each of which doubles what comes after it."""
    ifs = "".join(
        f"""  s{i} = If (is_one) <
    then_branch = narrow{i} () => (float[n] a{i}) {{ a{i} = Squeeze (x, last) }},
    else_branch = wide{i} () => (float[n, m] b{i}) {{ b{i} = Identity (x) }}
  >
  r{i} = ReduceMax <keepdims = 0> (s{i})
"""
        for i in range(count)
    )
    sums = "".join(f"  t{i + 1} = Add (t{i}, r{i})\n" for i in range(count))
    return f"""<ir_version: 8, opset_import: ["" : 18]>
many (float[n, m] x) => (float t{count}) <int64[1] last = {{-1}}, int64[1] one = {{1}}> {{
  shape = Shape (x)
  size = Gather (shape, last)
  is_one = Equal (size, one)
{ifs}  t0 = ReduceMin <keepdims = 0> (x)
{sums}}}"""


def make(folder):
    import onnx
    from onnx import parser

    for name, text in (("either", EITHER), ("one", ONE), ("few", many(3)), ("many", many(9))):
        onnx.save(parser.parse_model(text), f"{folder}/{name}.onnx")


def run(folder):
    import accel

    session = accel.InferenceSession(f"{folder}/either.so")
    for n, m in ((5, 3), (1, 1), (4, 4), (7, 2)):
        x = np.random.default_rng(n).standard_normal((n, m)).astype(np.float32)
        w = np.random.default_rng(m).standard_normal(m).astype(np.float32)
        squeezed = x[:, 0] if m == 1 else x
        y, rank = session.run(None, {"x": x, "w": w})
        np.testing.assert_allclose(y, (w * 2 * squeezed).max(), rtol=1e-6)
        assert rank == squeezed.ndim

    session = accel.InferenceSession(f"{folder}/one.so")
    x, w = np.ones((4, 3), np.float32), np.ones((3, 2), np.float32)
    np.testing.assert_allclose(session.run(None, {"x": x, "w": w})[0], np.full((4, 2), 3.0))
    try:
        session.run(None, {"x": x[:, :1], "w": w})
        raise AssertionError("a vector has become a matrix")
    except accel.errors.Error as error:
        print(error)
    np.testing.assert_allclose(session.run(None, {"x": x[:2], "w": w})[0], np.full((2, 2), 3.0))


{"make": make, "run": run}[sys.argv[1]](sys.argv[2])
