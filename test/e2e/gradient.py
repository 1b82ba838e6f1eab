# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gradient of ai.onnx.preview.training: each op's derivatives against differences of the onnx package's evaluator, in float64."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

import numpy as np
import onnx
from onnx import helper, numpy_helper

import compare
import engine
import suite

# The evaluator rounds the error function to float32: differences of it need a larger step.
STEP, ROUNDED = 1e-6, {"Erf": 3e-3, "Gelu": 3e-3}
DOMAIN = "ai.onnx.preview.training"


def row(op, *shapes, low=-1.0, high=1.0, more=(), outputs=1, opset=21, **attributes):
    """An op, the shapes of what it is differentiated by, their range, and constants behind them."""
    return op, shapes, (low, high), more, attributes, opset, outputs


def rows():
    for op in """Abs Atan Ceil Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity LeakyRelu Mish Neg Relu Round Selu Sigmoid Sign
    Sin Sinh Softplus Softsign Tan Tanh Asinh Celu""".split():
        yield row(op, (3, 5))
    yield row("Gelu", (3, 5), approximate="tanh")
    for op, low, high in (("Log", 0.5, 3), ("Sqrt", 0.5, 3), ("Reciprocal", 0.5, 3), ("Acos", -0.9, 0.9), ("Asin", -0.9, 0.9),
                          ("Atanh", -0.9, 0.9), ("Acosh", 1.5, 4)):
        yield row(op, (3, 5), low=low, high=high)
    for op in ("Add", "Sub", "Mul", "Max", "Min"):
        yield row(op, (3, 5), (3, 5))
        yield row(op, (3, 1, 5), (4, 1))
        yield row(op, (2, 3), ())
    yield row("Div", (3, 5), (5,), low=0.5, high=2)
    yield row("Pow", (3, 5), (5,), low=0.5, high=2)
    yield row("Sum", (3, 5), (5,), (3, 1))
    yield row("MatMul", (3, 5), (5, 4))
    yield row("MatMul", (2, 1, 3, 5), (4, 5, 2))
    yield row("MatMul", (5,), (3, 5, 2))
    yield row("Gemm", (5, 3), (4, 5), (4,), transA=1, transB=1, alpha=0.5, beta=2.0)
    for op in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL2", "ReduceLogSumExp", "ReduceSumSquare", "ReduceL1"):
        yield row(op, (3, 4, 5), more=(np.array([1]),), keepdims=0)
        yield row(op, (3, 4, 5), more=(np.array([0, 2]),), keepdims=1)
    for op in ("Softmax", "LogSoftmax"):
        yield row(op, (3, 4, 5), axis=1)
    yield row("LayerNormalization", (3, 4, 5), (5,), (5,), axis=-1)
    yield row("RMSNormalization", (3, 5), (5,), opset=23)
    yield row("BatchNormalization", (3, 4, 5), (4,), (4,), (4,), (4,), low=0.5, high=2)
    yield row("InstanceNormalization", (2, 3, 4, 5), (3,), (3,))
    yield row("Transpose", (2, 3, 4), perm=[2, 0, 1])
    yield row("Reshape", (2, 3, 4), more=(np.array([4, 6]),))
    yield row("Expand", (3, 1), more=(np.array([2, 3, 4]),))
    yield row("Concat", (2, 3), (2, 4), axis=1)
    yield row("Slice", (5, 6), more=(np.array([1, 2]), np.array([4, 6])))
    yield row("Split", (6, 4), more=(np.array([2, 4]),), axis=0, outputs=2)
    yield row("Pad", (3, 4), more=(np.array([1, 0, 2, 1]),))
    yield row("Gather", (5, 3), more=(np.array([[1, 4], [1, 0]]),), axis=0)
    yield row("Gather", (2, 5, 3), more=(np.array([-1, 2, 2]),), axis=1)
    yield row("Where", (3, 5), (5,), more=("condition",))
    yield row("Clip", (3, 5), more=(np.array(-0.5), np.array(0.5)))
    yield row("Unsqueeze", (3, 5), more=(np.array([1]),))


def models(case):
    """The op with its results times weights, so that they count differently: alone, and with the gradient of that."""
    op, shapes, bounds, more, attributes, opset, outputs = case
    rng = np.random.default_rng(len(op) + 7 * len(shapes))
    feeds = {f"x{i}": rng.uniform(*bounds, shape) for i, shape in enumerate(shapes)}
    names, initializers = list(feeds), []
    for i, value in enumerate(more):
        name = f"k{i}"
        if isinstance(value, str):  # a condition goes first
            names.insert(0, name)
            value = rng.random(shapes[0]) < 0.5
        else:
            names.append(name)
        initializers.append(numpy_helper.from_array(np.asarray(value), name))
    nodes = [helper.make_node(op, names, [f"y{i}" for i in range(outputs)], name="the_op", **attributes)]
    ports = [helper.make_tensor_value_info(name, onnx.TensorProto.DOUBLE, value.shape) for name, value in feeds.items()]
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid(DOMAIN, 1)]
    probe = made(nodes, ports, initializers, [f"y{i}" for i in range(outputs)], opsets)
    from onnx.reference import ReferenceEvaluator

    for i, value in enumerate(ReferenceEvaluator(probe).run(None, feeds)):
        initializers.append(numpy_helper.from_array(rng.standard_normal(np.shape(value)), f"w{i}"))
        nodes.append(helper.make_node("Mul", [f"y{i}", f"w{i}"], [f"z{i}"]))
    nodes.append(helper.make_node("Sum", [f"s{i}" for i in range(outputs)], ["y"]))
    for i in range(outputs):
        nodes.insert(-1, helper.make_node("ReduceSum", [f"z{i}"], [f"s{i}"], keepdims=0))
    alone = made(nodes, ports, initializers, ["y"], opsets)
    gradients = [f"d{i}" for i in range(len(shapes))]
    node = helper.make_node("Gradient", list(feeds), gradients, name="the_gradient", domain=DOMAIN, xs=list(feeds), y="y")
    return alone, made([*nodes, node], ports, initializers, gradients, opsets), feeds


def made(nodes, ports, initializers, outputs, opsets):
    graph = helper.make_graph(nodes, "gradient", ports, [onnx.ValueInfoProto(name=o) for o in outputs], initializers)
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def differences(evaluate, feeds, step):
    """Central differences of a scalar, element by element."""
    found = []
    for name, value in feeds.items():
        gradient = np.zeros_like(value)
        for at in np.ndindex(*value.shape):
            ends = []
            for sign in (1, -1):
                moved = value.copy()
                moved[at] += sign * step
                ends.append(evaluate({**feeds, name: moved}))
            gradient[at] = (ends[0] - ends[1]) / (2 * step)
        found.append(gradient)
    return found


def check(case):
    from onnx.reference import ReferenceEvaluator

    alone, whole, feeds = models(case)
    evaluator = ReferenceEvaluator(alone)
    step = ROUNDED.get(case[0], STEP)
    want = differences(lambda given: float(evaluator.run(None, given)[0]), feeds, step)
    with engine.compiled(whole) as open_session:
        got = open_session().run(None, feeds)
    return compare.differences(got, want, rtol={"float64": 1e-6}, atol=1e-6 if step == STEP else 2e-4)


def check_graph(nodes, xs, feeds, y, want, zs=(), weights=None, at=None):
    """The gradient of y by xs in a graph of nodes, at the values of `at`, or at xs themselves."""
    ports = [helper.make_tensor_value_info(name, onnx.TensorProto.DOUBLE, np.shape(value)) for name, value in feeds.items()]
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in (weights or {}).items()]
    outputs = [f"d_{x}" for x in xs]
    attributes = {"xs": list(xs), "y": y} | ({"zs": list(zs)} if zs else {})
    node = helper.make_node("Gradient", at or [*xs, *zs], outputs, name="the_gradient", domain=DOMAIN, **attributes)
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid(DOMAIN, 1)]
    model = made([*nodes, node], ports, initializers, outputs, opsets)
    with engine.compiled(model) as open_session:
        got = open_session().run(None, feeds)
    return compare.differences(got, want, rtol={"float64": 1e-9})


def graphs():
    node = helper.make_node
    x, w = np.array([1.0, -2.0, 3.0]), np.array([0.5, 4.0, -1.0])
    product = [node("Mul", ["x", "w"], ["h"]), node("Mul", ["h", "h"], ["y"])]
    # By a weight, which is a constant; what the graph does with it must not be computed before.
    yield "weights", lambda: check_graph(product, ["w"], {"x": x}, "y", [2 * x * x * w], weights={"w": w})
    # By a value in the middle, at another one.
    yield "elsewhere", lambda: check_graph(product, ["h"], {"x": x, "other": w}, "y", [2 * w], weights={"w": w}, at=["other"])
    yield "independent", lambda: check_graph(product, ["x"], {"x": x, "w": w}, "y", [2 * x * w * w], zs=["w"])
    yield "no path", lambda: check_graph([*product, node("Neg", ["v"], ["u"])], ["v"], {"x": x, "v": w}, "y", [0 * w], weights={"w": w})
    # Of a gradient: the second derivative of x^3.
    cube = [node("Mul", ["x", "x"], ["h"]), node("Mul", ["h", "x"], ["c"]),
            node("Gradient", ["x"], ["g"], domain=DOMAIN, xs=["x"], y="c")]
    yield "twice", lambda: check_graph(cube, ["x"], {"x": x}, "g", [6 * x])


    # Steep where nothing comes back: exp of what Elu does not use is infinite.
    large = np.array([-2.0, 0.5, 800.0])
    elu = [node("Elu", ["x"], ["y"])]
    yield "large", lambda: check_graph(elu, ["x"], {"x": large}, "y", [np.where(large > 0, 1, np.exp(np.minimum(large, 0)))])
    power = [node("Pow", ["x", "k"], ["y"])]
    yield "no power", lambda: check_graph(power, ["x"], {"x": 0 * x}, "y", [0 * x], weights={"k": np.array(0.0)})


def dynamic():
    """Sizes that only the run knows, in float32; means of them, and a bias that is broadcast."""
    nodes = [helper.make_node("MatMul", ["x", "w"], ["h"]), helper.make_node("Add", ["h", "b"], ["a"]), helper.make_node("Tanh", ["a"], ["t"]),
             helper.make_node("ReduceMean", ["t"], ["y"], keepdims=0),
             helper.make_node("Gradient", ["w", "b", "x"], ["dw", "db", "dx"], domain=DOMAIN, xs=["w", "b", "x"], y="y")]
    float32 = onnx.TensorProto.FLOAT
    ports = [helper.make_tensor_value_info(name, float32, dims) for name, dims in (("x", ["n", 5]), ("w", [5, "m"]), ("b", ["m"]))]
    model = made(nodes, ports, [], ["dw", "db", "dx"], [helper.make_opsetid("", 17), helper.make_opsetid(DOMAIN, 1)])
    rng = np.random.default_rng(5)
    with engine.compiled(model) as open_session:
        for n, m in ((3, 4), (1, 1), (17, 33)):
            x, w, b = (rng.standard_normal(shape).astype(np.float32) for shape in ((n, 5), (5, m), (m,)))
            back = (1 - np.tanh(x.astype(np.float64) @ w + b) ** 2) / (n * m)
            want = [(x.T @ back), back.sum(axis=0), back @ w.T]
            got = open_session().run(None, {"x": x, "w": w, "b": b})
            if why := compare.differences(got, [v.astype(np.float32) for v in want]):
                return f"n={n} m={m}: {why}"
    return None


def dropout():
    """The gradient of a dropout has zeros where its result has, in each run."""
    node = helper.make_node
    nodes = [node("Dropout", ["x", "ratio", "training"], ["h"], seed=3), node("ReduceSum", ["h"], ["y"], keepdims=0),
             node("Gradient", ["x"], ["g"], domain=DOMAIN, xs=["x"], y="y")]
    port = helper.make_tensor_value_info("x", onnx.TensorProto.DOUBLE, [100])
    weights = [numpy_helper.from_array(np.array(0.5, np.float32), "ratio"), numpy_helper.from_array(np.array(True), "training")]
    model = made(nodes, [port], weights, ["h", "g"], [helper.make_opsetid("", 21), helper.make_opsetid(DOMAIN, 1)])
    with engine.compiled(model) as open_session:
        for _ in range(2):
            result, gradient = open_session().run(None, {"x": np.full(100, 3.0)})
            if not (10 < (gradient == 0).sum() < 90) or why_not(result, 3 * gradient):
                return why_not(result, 3 * gradient) or f"{(gradient == 0).sum()} of 100 are zero"
    return None


def why_not(got, want):
    return compare.differences([got], [want])


def main():
    args = suite.parse(suite.parser(__doc__))
    cases = {}
    for case in rows():
        op, shapes, _, more, attributes, *_ = case
        name = "/".join([op, ",".join("x".join(map(str, s)) or "scalar" for s in shapes), *(f"{k}={v}" for k, v in attributes.items())])
        cases[name if name not in cases else f"{name}/{len(cases)}"] = lambda case=case: check(case)
    cases |= {f"graph/{name}": case for name, case in graphs()}
    cases |= {"graph/dropout": dropout, "graph/dynamic": dynamic}
    suite.finish(suite.run("gradient", cases, args))


if __name__ == "__main__":
    main()
