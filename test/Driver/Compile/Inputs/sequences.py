# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles small models with sequences and optional values, and checks what runs of them give.

usage: sequences.py FOLDER COMPILER PACKAGE
"""

import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

FOLDER, COMPILER, PACKAGE = sys.argv[1:]
os.makedirs(FOLDER, exist_ok=True)
sys.path.insert(0, PACKAGE)
import accel

rng = np.random.default_rng(5)
FLOAT, INT64, BOOL, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL, TensorProto.STRING


def tensor(name, shape, dtype=FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def sequence(name, shape=None, dtype=FLOAT):
    return helper.make_tensor_sequence_value_info(name, dtype, shape)


def optional(name, held):
    return helper.make_value_info(name, helper.make_optional_type_proto(held.type))


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, outputs, **attributes)


def constant(name, value):
    return onnx.numpy_helper.from_array(np.array(value), name)


def compiled(name, nodes, inputs, outputs, constants=()):
    path = os.path.join(FOLDER, name)
    graph = helper.make_graph(nodes, name, inputs, outputs, list(constants))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), path + ".onnx")
    subprocess.run([COMPILER, path + ".onnx", "-q", "-o", path + ".so"], check=True)
    return accel.InferenceSession(path + ".so")


def same(got, want):
    if isinstance(want, list):
        assert isinstance(got, list) and len(got) == len(want), (got, want)
        for g, w in zip(got, want):
            same(g, w)
    elif want is None:
        assert got is None, got
    else:
        assert got.dtype == want.dtype and got.shape == want.shape and np.array_equal(got, want), (got, want)


def fails(session, feeds, message):
    try:
        session.run(None, feeds)
    except accel.errors.Error as error:
        assert message in str(error), error
    else:
        raise AssertionError(f"expected a failure: {message}")


a, b, c = (rng.random(shape, np.float32) for shape in ((2, 3), (4, 1), (0, 2)))

# What goes through, whatever its shapes are; and what changes a sequence.
edit = compiled(
    "edit",
    [
        node("SequenceInsert", ["s", "x", "one"], ["more"]),
        node("SequenceErase", ["more", "zero"], ["fewer"]),
        node("SequenceErase", ["more"], ["front"]),
        node("SequenceLength", ["front"], ["length"]),
        node("SequenceAt", ["s", "last"], ["y"]),
    ],
    [sequence("s", ["n", "m"]), tensor("x", [2, 3])],
    [sequence("more"), sequence("fewer"), tensor("length", [], INT64), tensor("y", None)],
    [constant("one", 1), constant("zero", np.int32(0)), constant("last", -1)],
)
assert edit.get_inputs()[0].type == "seq(tensor(float))"
for _ in range(2):
    same(edit.run(None, {"s": [b, c], "x": a}), [[b, a, c], [a, c], np.array(2), c])
# Views of other arrays are copied.
same(edit.run(None, {"s": [b[::2], c.T], "x": a})[0], [b[::2], a, c.T])
fails(edit, {"s": [], "x": a}, "node 'SequenceInsert(more)': expected a position within the sequence, found 1")
fails(edit, {"s": [a[0]], "x": a}, "expected an element of the rank that the model declares, found rank 1")
fails(edit, {"s": [a.astype(np.float64)], "x": a}, "is an array of float64, expected float32")

# Parts of a tensor, joined again.
split = compiled(
    "split",
    [
        node("SplitToSequence", ["x", "sizes"], ["parts"], axis=1),
        node("SplitToSequence", ["x", "two"], ["pairs"], axis=1),
        node("SplitToSequence", ["x"], ["rows"], axis=0, keepdims=0),
        node("ConcatFromSequence", ["parts"], ["y"], axis=1),
        node("ConcatFromSequence", ["rows"], ["z"], axis=-1, new_axis=1),
    ],
    [tensor("x", ["n", "m"]), tensor("sizes", ["k"], INT64)],
    [sequence("parts"), sequence("pairs"), sequence("rows"), tensor("y", None), tensor("z", None)],
    [constant("two", 2)],
)
x = rng.random((3, 5), np.float32)
want = [[x[:, :1], x[:, 1:1], x[:, 1:]], [x[:, :2], x[:, 2:4], x[:, 4:]], list(x), x, x.T.copy()]
same(split.run(None, {"x": x, "sizes": np.array([1, 0, 4])}), want)
fails(split, {"x": x, "sizes": np.array([1, 3])}, "expected parts that add up to the dim, found a sum of 4")

# A sequence that a loop fills, with elements that grow; more of them than are looked after at once.
body = helper.make_graph(
    [
        node("Identity", ["go"], ["goes"]),
        node("Add", ["i", "one"], ["size"]),
        node("Reshape", ["size", "vector"], ["sizes"]),
        node("Slice", ["x", "begin", "sizes"], ["head"]),
        node("SequenceInsert", ["so_far", "head"], ["longer"]),
        node("Neg", ["head"], ["other"]),
        node("SequenceConstruct", ["other", "head"], ["pair"]),
    ],
    "body",
    [tensor("i", [], INT64), tensor("go", [], BOOL), sequence("so_far"), sequence("last")],
    [tensor("goes", [], BOOL), sequence("longer"), sequence("pair")],
)
loop = compiled(
    "loop",
    [node("SequenceEmpty", [], ["none"]), node("Loop", ["trips", "", "none", "none"], ["all", "pair"], body=body)],
    [tensor("x", ["n"]), tensor("trips", [], INT64)],
    [sequence("all"), sequence("pair")],
    [constant("one", 1), constant("vector", [1]), constant("begin", [0])],
)
line = rng.random(300, np.float32)
for count in (0, 1, 5, 300):
    heads = [line[: i + 1] for i in range(count)]
    same(loop.run(None, {"x": line, "trips": np.array(count)}), [heads, [-heads[-1], heads[-1]] if count else []])

# A branch by what is there.
taken = helper.make_graph([node("OptionalGetElement", ["o"], ["t"])], "taken", [], [tensor("t", None)])
other = helper.make_graph([node("Neg", ["x"], ["e"])], "other", [], [tensor("e", None)])
maybe = compiled(
    "maybe",
    [
        node("OptionalHasElement", ["o"], ["has"]),
        node("If", ["has"], ["y"], then_branch=taken, else_branch=other),
        node("Identity", ["o"], ["same"]),
        node("Optional", ["x"], ["some"]),
        node("Optional", [], ["nothing"], type=tensor("", [2]).type),
    ],
    [optional("o", tensor("", ["m"])), tensor("x", ["n"])],
    [tensor("has", [], BOOL), tensor("y", None)]
    + [optional(name, tensor("", None)) for name in ("same", "some", "nothing")],
)
same(maybe.run(None, {"o": line[:3], "x": a[0]}), [np.array(True), line[:3], line[:3], a[0], None])
same(maybe.run(None, {"o": None, "x": a[0]}), [np.array(False), -a[0], None, a[0], None])

# A function of each element, and strings as elements.
each = helper.make_graph(
    [node("MatMul", ["e", "w"], ["p"]), node("Shape", ["e"], ["d"])],
    "each",
    [tensor("e", ["r", 3]), tensor("w", [3, 2])],
    [tensor("p", None), tensor("d", None, INT64)],
)
mapped = compiled(
    "mapped",
    [node("SequenceMap", ["s", "w"], ["products", "shapes"], body=each)],
    [sequence("s", ["r", 3]), tensor("w", [3, 2])],
    [sequence("products"), sequence("shapes", dtype=INT64)],
)
w = rng.random((3, 2), np.float32)
items = [rng.random((rows, 3), np.float32) for rows in (1, 4, 0)]
products, shapes = mapped.run(None, {"s": items, "w": w})
assert all(np.allclose(p, i @ w, atol=1e-6) and p.shape == (len(i), 2) for p, i in zip(products, items, strict=True))
same(shapes, [np.array(i.shape) for i in items])

words = compiled(
    "words",
    [node("SequenceAt", ["s", "zero"], ["first"]), node("SequenceConstruct", ["first", "c"], ["t"])],
    [sequence("s", ["n"], STRING)],
    [tensor("first", None, STRING), sequence("t", None, STRING)],
    [constant("zero", 0), helper.make_tensor("c", STRING, [2], [b"here", b""])],
)
given = [np.array(["\u00e9", "", "here"], object), np.array([["far"]], object)]
same(words.run(None, {"s": given}), [given[0], [given[0], np.array(["here", ""], object)]])
