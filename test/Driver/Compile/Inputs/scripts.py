# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model with a branch, a loop, sizes that follow from data, and outputs that are constants: scripts.py make ONNX
writes it, run LIBRARY runs it at several sizes, feed DIR and check DIR write inputs of its program and check what it
left there."""

import sys
from pathlib import Path

import numpy as np

MODEL = """<ir_version: 8, opset_import: ["" : 18]>
scripts (float[n, 4] x, int64 trips) => (int64[2, m] places, float[k] branch, float[t, n] rows, float[n, 4] last, float[3] fixed) {
  fixed = Constant <value = float[3] {1, 2, 3}> ()
  two = Constant <value = float {2}> ()
  zero = Constant <value = float {0}> ()
  axis = Constant <value = int64[1] {-1}> ()
  yes = Constant <value = bool {1}> ()
  places = NonZero (x)
  sum = ReduceSum <keepdims = 0> (x)
  positive = Greater (sum, zero)
  branch = If (positive) <
    then_branch = then () => (float[m] a) {
      left = Cast <to = 1> (places)
      right = Transpose <perm = [1, 0]> (left)
      products = MatMul (right, left)
      weights = Tanh (products)
      pairs = MatMul (weights, right)
      a = ReduceSum <keepdims = 0> (pairs, axis)
    },
    else_branch = other () => (float[n] b) { b = ReduceMax <keepdims = 0> (x, axis) }
  >
  last, rows = Loop (trips, yes, x) <
    body = body (int64 i, bool go, float[n, 4] carried) => (bool on, float[n, 4] next, float[n] row) {
      on = Identity (go)
      half = Softmax (carried)
      next = Mul (half, two)
      row = ReduceMax <keepdims = 0> (next, axis)
    }
  >
}"""


def make(path):
    import onnx
    from onnx import parser

    onnx.save(parser.parse_model(MODEL), path)


def inputs(n, trips, sign=1):
    x = np.random.default_rng(n).standard_normal((n, 4)).astype(np.float32)
    x[x < -0.5] = 0
    x[0, 0] = 100 * sign
    return {"x": x, "trips": np.array(trips)}


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def expected(x, trips):
    x = x.astype(np.float64)
    places = np.stack(np.nonzero(x))
    pairs = np.tanh(places.T @ places) @ places.T
    branch = pairs.sum(1) if x.sum() > 0 else x.max(1)
    carried, rows = x, np.empty((trips, len(x)))
    for row in rows:
        carried = 2 * softmax(carried)
        row[:] = carried.max(1)
    return {"places": places, "branch": branch, "rows": rows, "last": carried, "fixed": np.array([1, 2, 3])}


def compare(found, given):
    for name, value in expected(**given).items():
        assert found[name].shape == value.shape, (name, found[name].shape, value.shape)
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6, err_msg=name)


def run(path):
    import accel

    session = accel.InferenceSession(path)
    names = [output.name for output in session.get_outputs()]
    allocations = None
    for given in 2 * [inputs(33, 5), inputs(2, 0), inputs(7, 3, -1), inputs(1, 1), inputs(33, 5)]:
        compare(dict(zip(names, session.run(None, given))), given)
        if allocations is None:  # the first was one of the largest
            session.run(None, given)
            session.run(None, inputs(33, 5, -1))
            allocations = session.memory()["allocations"]
    assert session.memory()["allocations"] == allocations, "a run of sizes that were seen allocates"


def feed(folder):
    for name, value in inputs(5, 2).items():
        np.save(Path(folder, name + ".npy"), value)


def check(folder):
    given = inputs(5, 2)
    compare({name: np.load(Path(folder, name + ".npy")) for name in expected(**given)}, given)


{"make": make, "run": run, "feed": feed, "check": check}[sys.argv[1]](sys.argv[2])
