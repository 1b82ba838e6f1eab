# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Maps as arguments of compiled models, and the ops that make tensors of them."""
import numpy as np
import pytest

import accel

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper  # noqa: E402

pytestmark = pytest.mark.usefixtures("compiler")

KEYS = {TensorProto.STRING: ["a", "c", "é"], TensorProto.INT64: [7, -3, 2**40]}
VALUES = {
    TensorProto.FLOAT: [1.5, -2.0, 30000.25],
    TensorProto.DOUBLE: [1.5, -2.25, 1e100],
    TensorProto.INT64: [4, -8, 2**50],
    TensorProto.STRING: ["17", "", "-3"],
}


def map_type(keys, values):
    found = onnx.TypeProto()
    found.map_type.key_type = keys
    found.map_type.value_type.tensor_type.elem_type = values
    return found


def model(op, keys, values, output, **attributes):
    node = helper.make_node(op, ["m"], ["y"], domain="ai.onnx.ml", **attributes)
    inputs = [helper.make_value_info("m", map_type(keys, values))]
    graph = helper.make_graph([node], "maps", inputs, [helper.make_tensor_value_info("y", output, [1, None])])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def check(proto, feeds, expected):
    """expected: a function from a map to the row that it becomes, which ONNX Runtime confirms where it takes the map."""
    session = accel.InferenceSession(proto)
    for feed in feeds:
        (got,) = session.run(None, {"m": feed})
        want = expected(feed)
        assert got.shape == (1, len(want)) and got[0].tolist() == want
        ort = pytest.importorskip("onnxruntime")
        ort.set_default_logger_severity(4)
        reference = ort.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
        try:
            (other,) = reference.run(None, {"m": feed})
        except Exception:  # its Python interface takes maps to floats only, and none that is empty
            continue
        assert other.tolist() == got.tolist() and (other.dtype == got.dtype or got.dtype == object)


PAIRS = [(k, v) for k in KEYS for v in VALUES if k != v]


@pytest.mark.parametrize("keys, values", PAIRS)
def test_dict_vectorizer(keys, values):
    """A place for each word, also for one that is there twice; other keys count for nothing."""
    words = ["a", "b", "é", "a"] if keys == TensorProto.STRING else [7, 5, 2**40, 7]
    attribute = "string_vocabulary" if keys == TensorProto.STRING else "int64_vocabulary"
    given = dict(zip(KEYS[keys], VALUES[values]))
    nothing = "" if values == TensorProto.STRING else 0
    feeds = [given, {}, dict(list(given.items())[1:2]), dict(reversed(given.items()))]
    check(model("DictVectorizer", keys, values, values, **{attribute: words}), feeds, lambda m: [m.get(w, nothing) for w in words])


TARGETS = {"TO_FLOAT": TensorProto.FLOAT, "TO_INT64": TensorProto.INT64, "TO_STRING": TensorProto.STRING}


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("to", list(TARGETS))
@pytest.mark.parametrize("values", [TensorProto.FLOAT, TensorProto.STRING])
def test_cast_map(values, to, sparse):
    """Values in the order of their keys, or at their keys' places."""
    numbers = [1.5, -2.0, 30000.25] if values == TensorProto.FLOAT else ["17", "-3", "2"]
    many = dict(zip(reversed(range(0, 40, 3)), numbers * 5))
    feeds = [dict(zip(keys, numbers)) for keys in ([4, 0, 2], [1, 7, 3], [9, 8, 7])] + [{}, many]

    def cast(value):
        if to == "TO_STRING":
            return value if isinstance(value, str) else f"{value:.6f}"
        return int(float(value)) if to == "TO_INT64" else float(value)

    def expected(given):
        if not sparse:
            return [cast(given[key]) for key in sorted(given)]
        return [cast(given[key]) if key in given else "0.f" if to == "TO_STRING" else 0 for key in range(5)]

    form = dict(map_form="SPARSE", max_map=5) if sparse else {}
    check(model("CastMap", TensorProto.INT64, values, TARGETS[to], cast_to=to, **form), feeds, expected)


def test_refused():
    session = accel.InferenceSession(model("DictVectorizer", TensorProto.STRING, TensorProto.FLOAT, TensorProto.FLOAT, string_vocabulary=["a"]))
    assert session.get_inputs()[0].type == "map(string,tensor(float))" and session.get_inputs()[0].shape == []
    for feed, message in (
        (np.float32([1]), "'m' is a ndarray, expected a dict"),
        ({1: 2.0}, r"'m.keys\(\)' holds a int, expected strings"),
        ({"a": "b"}, r"'m.values\(\)' is a list of <U1, expected an array of float32"),
        ({"a": [1.0]}, r"'m.values\(\)' holds arrays, expected single numbers of float32"),
    ):
        with pytest.raises(accel.InvalidArgument, match=message):
            session.run(None, {"m": feed})
    assert session.run(None, {"m": {"a": 3}})[0].tolist() == [[3.0]]
    sparse = model("CastMap", TensorProto.INT64, TensorProto.FLOAT, TensorProto.FLOAT, map_form="SPARSE", max_map=3)
    with pytest.raises(accel.InvalidArgument, match=r"'m.keys\(\)' holds a number outside of the -9223372036854775808..9223372036854775807 of int64"):
        accel.InferenceSession(sparse).run(None, {"m": {2**63: 1.0}})
    with pytest.raises(accel.Error, match="expected keys of 0 or more, found a negative one in element 0"):
        accel.InferenceSession(sparse).run(None, {"m": {2: 1.0, -1: 1.0}})


def test_values_of_the_c_interface():
    """What Python's dicts cannot say: keys and values of several sizes, of other types, or none."""
    from accel import _abi, _values
    from accel._context import Context, Values
    from accel._library import Library

    path = accel.compile(model("DictVectorizer", TensorProto.INT64, TensorProto.FLOAT, TensorProto.FLOAT, int64_vocabulary=[1]))
    context = Context(Library(path))

    def refused(message, keys, values, dtype=np.dtype(np.float32), missing=False):
        keep, inputs, outputs = [], Values(1), Values(1)
        _values._fill(inputs.values[0], "m", _abi.MAP, dtype, dict.fromkeys(keys, 0.0), keep)
        if missing:
            inputs.values[0].u.map.values = None
        else:
            _values._fill_vector(inputs.values[0].u.map.values.contents, "m", dtype, values, keep)
        outputs.set_none(0)
        with pytest.raises(accel.InvalidArgument, match=message):
            context.run_values(inputs, outputs)

    refused("input 0 'm': expected the keys and values of a map to have one dim, of one size", [1, 2], [1.0])
    refused("input 0 'm': expected the keys and values of a map, found none", [1], [1.0], missing=True)
    refused("input 0 'm': expected a tensor inside of a map, found a tensor of strings", ["a"], [1.0])
    refused("input 0 'm': expected elements of float32, found float64", [1], [1.0], dtype=np.dtype(np.float64))


@pytest.mark.parametrize("keys, values", PAIRS)
def test_outputs(keys, values):
    """A map that is given back, alone and in a sequence with others."""
    given = dict(zip(KEYS[keys], VALUES[values]))
    one = map_type(keys, values)
    graph = helper.make_graph([], "maps", [helper.make_value_info("m", one)], [helper.make_value_info("m", one)])
    session = accel.InferenceSession(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))
    assert session.get_outputs()[0].type == session.get_inputs()[0].type
    for feed in (given, {}, given):
        assert session.run(None, {"m": feed}) == [feed]
    several = helper.make_sequence_type_proto(one)
    graph = helper.make_graph([], "maps", [helper.make_value_info("s", several)], [helper.make_value_info("s", several)])
    session = accel.InferenceSession(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))
    assert session.run(None, {"s": [given, {}, given]}) == [[given, {}, given]]


def test_zip_map_says_what_it_gives():
    for labels, key in (({"classlabels_strings": ["x", "y"]}, "string"), ({"classlabels_int64s": [3, 4]}, "int64")):
        node = helper.make_node("ZipMap", ["x"], ["y"], domain="ai.onnx.ml", **labels)
        inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 2])]
        graph = helper.make_graph([node], "maps", inputs, [helper.make_value_info("y", onnx.TypeProto())])
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
        session = accel.InferenceSession(helper.make_model(graph, opset_imports=opsets, ir_version=8))
        assert session.get_outputs()[0].type == f"seq(map({key},tensor(float)))"
