# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs that are asked for some outputs: the same bits as a whole run, and only the launches that these need."""
import itertools

import numpy as np
import pytest

import accel

onnx = pytest.importorskip("onnx")
parser = pytest.importorskip("onnx.parser")

pytestmark = pytest.mark.usefixtures("compiler")

# Three heads on a trunk; the third reads the second, which is an output itself.
HEADS = """
<ir_version: 8, opset_import: ["" : 17]>
heads (float[ROWS, 64] x) => (float[ROWS, 48] a, float[ROWS, 32] b, float[ROWS, 16] c, float[ROWS, 80] joined, float[ROWS, 64] x2) {
  [product] t = MatMul(x, wt)
  [trunk] u = Tanh(t)
  [a] a = MatMul(u, wa)
  [b] b = MatMul(u, wb)
  [c] c = MatMul(b, wc)
  [join] joined = Concat <axis = 1> (a, b)
  [same] x2 = Identity(x)
}
"""
WEIGHTS = {"wt": (64, 64), "wa": (64, 48), "wb": (64, 32), "wc": (32, 16)}
_TRUNK = {"product", "trunk"}
NEEDS = {
    "a": _TRUNK | {"a"},
    "b": _TRUNK | {"b"},
    "c": _TRUNK | {"b", "c"},
    "joined": _TRUNK | {"a", "b", "join"},
    "x2": {"same"},
}

# Segments, calls, a branch and a loop; the heads share the loop's result or nothing.
SCRIPT = """
<ir_version: 8, opset_import: ["" : 17]>
script (float[n, 8] x, bool c, int64 trips) => (float[n, 8] q, float[n, 8] looped, float[n, k] scanned, int64[2, m] places, float[p] values)
<float zero = {0}, int64[1] line = {-1}> {
  [root] r = Relu(x)
  [branch] q = If (c) <then_branch = yes () => (float[n, 8] t) { t = Neg(r) }, else_branch = no () => (float[n, 8] e) { e = Sqrt(r) }>
  [loop] looped, rows = Loop (trips, c, x) <body = body (int64 i, bool go, float[n, 8] s) => (bool on, float[n, 8] d, float[n] row) {
    on = Identity(go) d = Add(s, x) axes = Constant <value = int64[1] {1}> () row = ReduceSum <keepdims = 0> (d, axes) }>
  [turn] scanned = Transpose(rows)
  [where] places = NonZero(r)
  [greater] over = Greater(r, zero)
  [line] flags = Reshape(over, line)
  [pick] values = Compress(x, flags)
}
"""


def compiled(text, weights=(), **options):
    for name, value in options.pop("replace", {}).items():
        text = text.replace(name, str(value))
    model = parser.parse_model(text)
    rng = np.random.default_rng(5)
    for name, shape in dict(weights).items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(rng.standard_normal(shape, np.float32), name))
    return accel.compile(model, **options)


def profiled(path):
    options = accel.SessionOptions()
    options.enable_profiling = True
    return accel.InferenceSession(path, options)


def launched(session):
    """The nodes of the launches and calls of the session's last run."""
    context = session._idle[-1]
    nodes = [site["nodes"] for site in session.metadata["sites"]]
    events, _, _ = context.events()
    return set(itertools.chain.from_iterable(nodes[event[0]] for event in events))


@pytest.mark.parametrize("rows", [7, "n"])
@pytest.mark.parametrize("level", [0, 3])
def test_only_what_is_asked_for_is_computed(rows, level, rng):
    session = profiled(compiled(HEADS, WEIGHTS, replace={"ROWS": rows}, opt_level=level))
    feeds = {"x": rng.standard_normal((7, 64), np.float32)}
    names = [output.name for output in session.get_outputs()]
    whole = dict(zip(names, session.run(None, feeds)))
    everything = launched(session)
    assert {"trunk", "a", "b", "c"} <= everything
    for count in range(1, len(names) + 1):
        for chosen in itertools.permutations(names, count):
            for _ in range(2):  # the second time, what is needed is known
                results = session.run(list(chosen), feeds)
            for name, result in zip(chosen, results):
                assert result.tobytes() == whole[name].tobytes(), (chosen, name)
            assert launched(session) == everything & set().union(*(NEEDS[name] for name in chosen)), chosen
    assert session.run([], feeds) == [] and launched(session) == set()
    again = session.run(["c", "a", "c"], feeds)
    assert [value.tobytes() for value in again] == [whole[name].tobytes() for name in ("c", "a", "c")]
    assert [value.tobytes() for value in session.run(None, feeds)] == [whole[name].tobytes() for name in names]


def test_places_in_arenas_are_followed(rng):
    """Concatenations whose operands are written in place: what is needed are the parts."""
    text = """
    <ir_version: 8, opset_import: ["" : 17]>
    places (float[1, 16, 8, 8] x) => (float[1, 16, 8, 8] y, float[1, 48, 8, 8] z, float[1, 32, 8, 8] v) {
      [p] p = Relu(x) [q] q = Tanh(p) [s] s = Sigmoid(q)
      [two] two = Concat <axis = 1> (p, q)
      [three] three = Concat <axis = 1> (two, s)
      [y] y = Exp(p)
      [z] z = Softmax <axis = 3> (three)
      [v] v = Softmax <axis = 3> (two)
    }
    """
    session = profiled(compiled(text, debug_outputs=["q"]))
    feeds = {"x": rng.standard_normal((1, 16, 8, 8), np.float32)}
    names = ["y", "z", "v", "q"]
    whole = dict(zip(names, session.run(None, feeds)))
    everything = launched(session)
    for count in range(1, 4):
        for chosen in itertools.combinations(names, count):
            for name, result in zip(chosen, session.run(list(chosen), feeds)):
                assert result.tobytes() == whole[name].tobytes(), (chosen, name)
    session.run(["y"], feeds)
    assert len(launched(session)) < len(everything) and "z" not in launched(session)


@pytest.mark.parametrize("rows", [4, "n"])
def test_parts_of_outputs_are_followed(rows, rng):
    """Operands of concatenations that are written where an output has them."""
    text = """
    <ir_version: 8, opset_import: ["" : 17]>
    parts (float[ROWS, 32] x) => (float[k, 32] joined, float[l, 32] more, float[k, 32] after, float[ROWS, 32] single) {
      [p] p = Softmax(x) [q] q = LogSoftmax(x) [s] s = Softmax <axis = 0> (x)
      [joined] joined = Concat <axis = 0> (p, q)
      [more] more = Concat <axis = 0> (joined, s)
      [after] after = Softmax(joined)
      [single] single = Softmax(q)
    }
    """
    session = profiled(compiled(text, replace={"ROWS": rows}))
    feeds = {"x": rng.standard_normal((4, 32), np.float32)}
    names = ["joined", "more", "after", "single"]
    whole = dict(zip(names, session.run(None, feeds)))
    for count in range(1, 4):
        for chosen in itertools.combinations(names, count):
            for value in session.run(None, {"x": np.zeros((4, 32), np.float32)}):
                assert np.isfinite(value).all()  # other values now lie where these will
            for name, result in zip(chosen, session.run(list(chosen), feeds)):
                assert result.tobytes() == whole[name].tobytes(), (chosen, name)
    session.run(["single"], feeds)
    # Of parts of one output it is not known which lies in which, so that "p" may be taken for a part of "q".
    assert {"q", "single"} <= launched(session) <= {"p", "q", "single"}


def test_scripts_leave_out_segments_and_calls(rng):
    session = profiled(compiled(SCRIPT))
    names = ["q", "looped", "scanned", "places", "values"]
    for rows, condition, trips in ((3, True, 4), (5, False, 4), (2, True, 0), (4, True, 1)):
        feeds = {"x": rng.standard_normal((rows, 8), np.float32), "c": np.array(condition), "trips": np.array(trips)}
        whole = dict(zip(names, session.run(None, feeds)))
        everything = launched(session)
        for count in range(1, len(names)):
            for chosen in itertools.combinations(names, count):
                for name, result in zip(chosen, session.run(list(chosen), feeds)):
                    assert result.shape == whole[name].shape and result.tobytes() == whole[name].tobytes(), (chosen, name)
        session.run(["q"], feeds)
        assert "where" in everything and not launched(session) & {"where", "pick", "turn"}
        session.run(["places"], feeds)
        assert "where" in launched(session) and "pick" not in launched(session)
        if condition and trips:
            assert any("row" in node or "d" == node for node in everything - launched(session))


def test_more_sets_than_are_remembered(rng):
    text = "<ir_version: 8, opset_import: [\"\" : 17]> many (float[4] x) => ("
    text += ", ".join(f"float[4] y{i}" for i in range(8)) + ") {"
    text += " ".join(f"y{i} = {op}(x)" for i, op in enumerate(("Exp", "Neg", "Abs", "Tanh", "Sin", "Cos", "Relu", "Sigmoid"))) + "}"
    session = profiled(compiled(text))
    feeds = {"x": rng.standard_normal(4, np.float32)}
    names = [f"y{i}" for i in range(8)]
    whole = dict(zip(names, session.run(None, feeds)))
    for bits in [*range(1, 255), *range(254, 0, -1)]:
        chosen = [name for i, name in enumerate(names) if bits >> i & 1]
        for name, result in zip(chosen, session.run(chosen, feeds)):
            assert result.tobytes() == whole[name].tobytes()


def test_outputs_that_are_not_bound_are_not_computed(rng):
    session = profiled(compiled(HEADS, WEIGHTS, replace={"ROWS": 7}))
    x = rng.standard_normal((7, 64), np.float32)
    whole = dict(zip("abc", session.run(["a", "b", "c"], {"x": x})))
    for name in "cab":
        binding = session.io_binding()
        binding.bind_cpu_input("x", x)
        binding.bind_output(name)
        session.run_with_iobinding(binding)
        (result,) = binding.copy_outputs_to_cpu()
        assert result.tobytes() == whole[name].tobytes() and launched(session) == NEEDS[name]


def test_unknown_names_are_refused():
    session = accel.InferenceSession(compiled(HEADS, WEIGHTS, replace={"ROWS": 7}))
    with pytest.raises(accel.InvalidArgument, match="unknown output 'd'"):
        session.run(["a", "d"], {"x": np.zeros((7, 64), np.float32)})
