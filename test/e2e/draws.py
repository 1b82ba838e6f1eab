# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random numbers: the bits are Philox's, the distributions are what ONNX says, and seeds are what repeats them."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

import engine
import numpy as np
import suite
from onnx import TensorProto, helper

COUNT = 200_000


def philox(counter, stream, key):
    """Philox4x32-10 of Salmon et al., 2011: four words for each counter."""
    low, by = np.uint64(0xFFFFFFFF), np.uint64(32)
    counter, stream, key = (np.asarray(v, np.uint64) for v in np.broadcast_arrays(counter, stream, key))
    c, k = [counter & low, counter >> by, stream & low, stream >> by], [key & low, key >> by]
    for _ in range(10):
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(b >> by) ^ c[1] ^ k[0], b & low, (a >> by) ^ c[3] ^ k[1], a & low]
        k = [(k[0] + np.uint64(0x9E3779B9)) & low, (k[1] + np.uint64(0xBB67AE85)) & low]
    return c


def model(*nodes, outputs, inputs=()):
    ports = [helper.make_tensor_value_info(n, t, d) for n, t, d in inputs]
    graph = helper.make_graph(list(nodes), "draws", ports, [helper.make_empty_tensor_value_info(o) for o in outputs])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def one(op, inputs=(), outputs=1, feeds=(), **attributes):
    names = [f"y{i}" for i in range(outputs)]
    return model(helper.make_node(op, [n for n, _, _ in inputs], names, **attributes), outputs=names, inputs=inputs)


def near(name, found, expected, deviation):
    """Five deviations from what is expected: of a million right generators, less than one is that far."""
    if abs(found - expected) > 5 * deviation:
        return f"{name}: expected {expected:.6g} +- {deviation:.2g}, found {found:.6g}"


def distribution(values, cdf, mean, variance, fourth):
    """`fourth`: the fourth central moment."""
    n = values.size
    v = np.sort(values.astype(np.float64).ravel())
    below = cdf(v)
    distance = max(np.max(np.arange(1, n + 1) / n - below), np.max(below - np.arange(n) / n))
    lag = np.corrcoef(values.ravel()[:-1], values.ravel()[1:])[0, 1]
    return (
        near("mean", v.mean(), mean, np.sqrt(variance / n))
        or near("variance", v.var(), variance, np.sqrt((fourth - variance**2) / n))
        or near("correlation with the next", lag, 0, 1 / np.sqrt(n))
        or (f"distance of Kolmogorov and Smirnov: {distance:.2g} for {n} numbers" if distance > 2.5 / np.sqrt(n) else None)
    )


def normal_cdf(v):
    from math import erf

    return 0.5 * (1 + np.array([erf(x) for x in v / np.sqrt(2)]))


def uniform(dtype):
    low, high = -1.5, 2.5
    made = one("RandomUniform", shape=[COUNT // 8, 8], dtype=dtype, low=low, high=high)
    with engine.compiled(made) as session:
        y = session().run(None, {})[0]
    if y.min() < low or y.max() > high:
        return f"expected numbers in {low}..{high}, found {y.min()}..{y.max()}"
    if dtype == TensorProto.FLOAT16:
        return near("mean", y.astype(np.float64).mean(), 0.5, 4 / np.sqrt(12 * COUNT) + 1e-4)
    return distribution(y, lambda v: (v - low) / (high - low), 0.5, 16 / 12, 256 / 80)


def normal(dtype):
    made = one("RandomNormal", shape=[COUNT], dtype=dtype, mean=3.0, scale=2.0, seed=11.0)
    with engine.compiled(made) as session:
        y = session().run(None, {})[0].astype(np.float64)
    if not np.isfinite(y).all():
        return "a number is not finite"
    return distribution((y - 3) / 2, normal_cdf, 0, 1, 3)


def bits():
    """The numbers of a seed are those of the paper's generator, whose own test vector comes first."""
    if [int(w) for w in philox(0, 0, 0)] != [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]:
        return "the reference is wrong"
    with engine.compiled(one("RandomUniform", shape=[3, 101], seed=7.5)) as session:
        opened = session()
        for run in range(3):
            words = philox(np.arange(303), run, int(np.float32(7.5).view(np.uint32)))
            want = (words[1] >> np.uint64(8)).astype(np.float32).reshape(3, 101) * np.float32(2**-24)
            if not np.array_equal(opened.run(None, {})[0], want):
                return f"run {run}: expected the numbers of Philox4x32-10, found others"
    with engine.compiled(one("RandomUniform", shape=[77], seed=7.5, dtype=TensorProto.DOUBLE)) as session:
        words = philox(np.arange(77), 0, int(np.float32(7.5).view(np.uint32)))
        want = ((words[0] | words[1] << np.uint64(32)) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        if not np.array_equal(session().run(None, {})[0], want):
            return "f64: expected the numbers of Philox4x32-10, found others"


def seeds():
    """With a seed contexts give one sequence, at any number of threads; without one each gives its own."""
    for op in ("RandomUniform", "RandomNormal"):
        for seed in ({}, {"seed": 3.0}):
            with engine.compiled(one(op, shape=[1000, 100], **seed)) as session:
                a, b, c = session(), session(), session(threads=3)
                runs = [[s.run(None, {})[0] for _ in range(3)] for s in (a, b, c)]
            same = [np.array_equal(x, y) for x, y in zip(runs[0], runs[1])]
            threads = [np.array_equal(x, y) for x, y in zip(runs[0], runs[2])]
            if any(np.array_equal(runs[0][i], runs[0][j]) for i, j in ((0, 1), (0, 2), (1, 2))):
                return f"{op}, {seed}: two runs of a context give the same numbers"
            if seed and not (all(same) and all(threads)):
                return f"{op}, {seed}: two contexts give other numbers"
            if not seed and (any(same) or any(threads)):
                return f"{op}: two contexts without a seed give the same numbers"
            x, y = runs[0][0].ravel(), runs[0][1].ravel()
            if why := near(f"{op}: correlation of two runs", np.corrcoef(x, y)[0, 1], 0, 1 / np.sqrt(x.size)):
                return why


def nodes():
    """Two nodes of one seed, and one in a loop, give numbers of their own each time."""
    made = model(
        helper.make_node("RandomUniform", [], ["a"], shape=[5000], seed=1.0),
        helper.make_node("RandomUniform", [], ["b"], shape=[5000], seed=1.0),
        outputs=["a", "b"],
    )
    with engine.compiled(made) as session:
        a, b = session().run(None, {})
        if np.array_equal(a, b) or abs(np.corrcoef(a, b)[0, 1]) > 0.1:
            return "two nodes give the same numbers"
    body = helper.make_graph(
        [helper.make_node("RandomNormal", [], ["r"], shape=[2000], seed=1.0), helper.make_node("Identity", ["go"], ["on"])],
        "body",
        [helper.make_tensor_value_info("i", TensorProto.INT64, []), helper.make_tensor_value_info("go", TensorProto.BOOL, [])],
        [helper.make_tensor_value_info("on", TensorProto.BOOL, []), helper.make_tensor_value_info("r", TensorProto.FLOAT, [2000])],
    )
    made = model(helper.make_node("Loop", ["n", ""], ["y"], body=body), outputs=["y"], inputs=[("n", TensorProto.INT64, [])])
    with engine.compiled(made) as session:
        y = session().run(None, {"n": np.int64(5)})[0]
        if np.abs(np.corrcoef(y) - np.eye(5)).max() > 0.15:
            return "iterations of a loop give the same numbers"


def failures():
    """A run that fails draws nothing: the next one goes on as if it had not been."""
    node = helper.make_node("NegativeLogLikelihoodLoss", ["r", "t"], ["y"])
    made = model(helper.make_node("RandomUniformLike", ["x"], ["r"], seed=5.0), node, outputs=["y", "r"],
                 inputs=[("x", TensorProto.FLOAT, [4, 3]), ("t", TensorProto.INT64, [4])])
    x, good, bad = np.zeros((4, 3), np.float32), np.zeros(4, np.int64), np.full(4, 9)
    with engine.compiled(made) as session:
        one_, other = session(), session()
        one_.run(None, {"x": x, "t": good})
        other.run(None, {"x": x, "t": good})
        try:
            one_.run(None, {"x": x, "t": bad})
            return "expected a label that is no class to be refused"
        except Exception as error:
            if "found 9" not in str(error):
                return f"expected the message to name the label, found '{error}'"
        if not engine.same_bits(one_.run(None, {"x": x, "t": good}), other.run(None, {"x": x, "t": good})):
            return "a run that failed changed the numbers of the next"


def saved():
    """A context that loads saved states goes on with the draws of the one that was saved, if there is a seed."""
    made = model(helper.make_node("RandomNormal", [], ["r"], shape=[50], seed=4.0), helper.make_node("Add", ["s", "r"], ["y"]),
                 outputs=["y"], inputs=[("s", TensorProto.FLOAT, [50])])
    with engine.compiled(made, state={"s": "y"}) as open_session:
        session = open_session()
        kept = lambda state: state.tensors()["s"].copy()
        first, other = session.new_state(), session.new_state()
        for _ in range(3):
            first.run(None, {})
        data = first.save()
        other.run(None, {})
        other.load(data)
        for _ in range(2):
            first.run(None, {})
            other.run(None, {})
        if not np.array_equal(kept(first), kept(other)):
            return "a state that was loaded draws other numbers than the saved one"
        again = session.new_state()
        for _ in range(5):
            again.run(None, {})
        if not np.array_equal(kept(first), kept(again)):
            return "saving changes what is drawn"


def bernoulli():
    p = np.repeat(np.array([0, 0.1, 0.5, 0.9, 1], np.float32), COUNT // 5)
    for dtype in (TensorProto.FLOAT, TensorProto.BOOL, TensorProto.INT64):
        with engine.compiled(one("Bernoulli", [("p", TensorProto.FLOAT, ["N"])], dtype=dtype)) as session:
            y = session().run(None, {"p": p})[0]
        if y.dtype != helper.tensor_dtype_to_np_dtype(dtype):
            return f"expected {helper.tensor_dtype_to_np_dtype(dtype)}, found {y.dtype}"
        for part, q in zip(y.reshape(5, -1).astype(np.float64), (0, 0.1, 0.5, 0.9, 1)):
            if why := near(f"share of ones at {q}", part.mean(), q, np.sqrt(q * (1 - q) / part.size) + 1e-9):
                return why


def dropout(dtype):
    inputs = [("x", dtype, ["N", 8]), ("ratio", TensorProto.FLOAT, []), ("training", TensorProto.BOOL, [])]
    rng = np.random.default_rng(1)
    x = rng.uniform(1, 2, (COUNT // 8, 8)).astype(helper.tensor_dtype_to_np_dtype(dtype))
    with engine.compiled(one("Dropout", inputs, outputs=2)) as session:
        opened = session()
        for ratio in (0.0, 0.1, 0.9):
            y, mask = opened.run(None, {"x": x, "ratio": np.float32(ratio), "training": np.bool_(True)})
            if why := near(f"share of {ratio}", 1 - mask.mean(), ratio, np.sqrt(ratio * (1 - ratio) / COUNT) + 1e-9):
                return why
            kept = x.astype(np.float64) / (1 - ratio)
            if not np.allclose(y, np.where(mask, kept, 0), rtol=1e-3 if dtype == TensorProto.FLOAT16 else 1e-6):
                return f"ratio {ratio}: expected what is kept to be scaled"
        y, mask = opened.run(None, {"x": x, "ratio": np.float32(0.5), "training": np.bool_(False)})
        if not np.array_equal(x, y) or not mask.all():
            return "without training, something is dropped"


def old_dropout():
    made = one("Dropout", [("x", TensorProto.FLOAT, [COUNT])], outputs=2, ratio=0.25)
    made.opset_import[0].version = 6
    with engine.compiled(made) as session:
        y, mask = session().run(None, {"x": np.ones(COUNT, np.float32)})
    if mask.dtype != np.float32 or not np.allclose(y, mask / 0.75):
        return "expected a mask of floats, and what is kept scaled"
    return near("share", mask.mean(), 0.75, np.sqrt(0.25 * 0.75 / COUNT))


def multinomial():
    weights = np.array([[1, 2, 3, 4], [0, 5, 0, 5], [1, 1, 1, 1]], np.float64)
    with np.errstate(divide="ignore"):
        x = (np.log(weights) + [[3], [0], [-200]]).astype(np.float32)
    n = COUNT // 4
    made = one("Multinomial", [("x", TensorProto.FLOAT, ["N", 4])], sample_size=n, dtype=TensorProto.INT64, seed=2.0)
    with engine.compiled(made) as session:
        y = session().run(None, {"x": x})[0]
    if y.dtype != np.int64 or y.shape != (3, n):
        return f"expected int64 of 3x{n}, found {y.dtype} of {y.shape}"
    for row, w in zip(y, weights / weights.sum(1, keepdims=True)):
        counts = np.bincount(row, minlength=4)
        for i, p in enumerate(w):
            if why := near(f"share of class {i}", counts[i] / n, p, np.sqrt(p * (1 - p) / n) + 1e-12):
                return why


def main():
    args = suite.parse(suite.parser(__doc__))
    types = {"f32": TensorProto.FLOAT, "f64": TensorProto.DOUBLE, "f16": TensorProto.FLOAT16}
    cases = {f"uniform/{name}": lambda t=t: uniform(t) for name, t in types.items()}
    cases |= {f"normal/{name}": lambda t=t: normal(t) for name, t in types.items() if name != "f16"}
    cases |= {f"dropout/{name}": lambda t=t: dropout(t) for name, t in types.items()}
    for case in (bits, seeds, nodes, failures, saved, bernoulli, old_dropout, multinomial):
        cases[case.__name__] = case
    suite.finish(suite.run("draws", cases, args))


if __name__ == "__main__":
    main()
