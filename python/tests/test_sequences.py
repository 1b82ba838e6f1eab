# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sequences and optional values as arguments of compiled models: what is refused, and memory that arguments and results share."""
import ctypes

import numpy as np
import pytest

import accel
from accel import _abi, _dtypes, _values
from accel._context import Context, Values, address
from accel._library import Library

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper  # noqa: E402

pytestmark = pytest.mark.usefixtures("compiler")

POSITION = helper.make_tensor_value_info("i", TensorProto.INT64, [])


def sequence(element, dims=("a",)):
    return helper.make_sequence_type_proto(helper.make_tensor_type_proto(element, dims))


def model(nodes, inputs, outputs):
    nodes = [helper.make_node(op, names, results, **attributes) for op, names, results, attributes in nodes]
    graph = helper.make_graph(nodes, "sequences", [*inputs, POSITION], outputs)
    opsets = [helper.make_opsetid("", 22), helper.make_opsetid("ai.onnx.ml", 3)]
    return accel.compile(helper.make_model(graph, opset_imports=opsets, ir_version=10))


def vector(name, element=TensorProto.FLOAT, dim="n"):
    return helper.make_tensor_value_info(name, element, [dim])


@pytest.mark.parametrize("element, data", [(TensorProto.FLOAT, np.float32([1, 2])), (TensorProto.STRING, np.array(["x", "y"]))], ids=["floats", "strings"])
def test_nesting_is_the_models(element, data):
    """A sequence of another depth than the model's is refused wherever it differs."""
    plain = model([("SequenceAt", ["s", "i"], ["y"], {})], [helper.make_value_info("s", sequence(element))], [vector("y", element)])
    session, at = accel.InferenceSession(plain), np.array(0)
    for _ in range(2):
        assert session.run(None, {"s": [data], "i": at})[0].tolist() == data.tolist()
        with pytest.raises(accel.InvalidArgument, match="input 0 's': expected a tensor.* inside of a sequence, found a sequence"):
            session.run(None, {"s": [data, [data] * 400], "i": at})

    maybe = helper.make_value_info("s", helper.make_optional_type_proto(sequence(element)))
    nodes = [("OptionalGetElement", ["s"], ["t"], {}), ("SequenceAt", ["t", "i"], ["y"], {})]
    session = accel.InferenceSession(model(nodes, [maybe], [vector("y", element)]))
    for _ in range(2):
        assert session.run(None, {"s": [data], "i": at})[0].tolist() == data.tolist()
        with pytest.raises(accel.InvalidArgument, match="input 0 's': expected a sequence inside of an optional value, found a tensor"):
            session.run(None, {"s": data, "i": at})
        with pytest.raises(accel.InvalidArgument, match="input 0 's': expected a tensor.* inside of a sequence, found a sequence"):
            session.run(None, {"s": [[data]], "i": at})


def test_strings_that_nothing_opens():
    """A sequence of strings that goes in and out as it is."""
    port = helper.make_value_info("s", sequence(TensorProto.STRING))
    graph = helper.make_graph([], "strings", [port], [port])
    session = accel.InferenceSession(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10))
    (found,) = session.run(None, {"s": [np.array(["x", ""]), np.array(["y"])]})
    assert [part.tolist() for part in found] == [["x", ""], ["y"]]


def test_outputs_are_inputs_of_the_next_run():
    """A sequence that the context owns is read before the run that gets it writes its outputs."""
    nodes = [("SequenceInsert", ["s", "x"], ["t"], {}), ("Add", ["x", "x"], ["u"], {}), ("SequenceAt", ["s", "i"], ["v"], {}), ("Neg", ["v"], ["w"], {})]
    path = model(
        nodes,
        [helper.make_value_info("s", sequence(TensorProto.FLOAT)), vector("x")],
        [helper.make_value_info("t", sequence(TensorProto.FLOAT)), vector("u"), vector("w", dim="m")],
    )
    context, keep = Context(Library(path)), []
    x, at = np.arange(100000, dtype=np.float32), np.array(0)
    inputs, outputs = Values(3), Values(3)
    inputs.set_tensor(1, address(x), _dtypes.from_numpy(x.dtype), x.shape)
    inputs.set_tensor(2, address(at), _dtypes.from_numpy(at.dtype), at.shape)
    _values._fill(inputs.values[0], "s", _abi.SEQUENCE, x.dtype, [x], keep)
    for length in range(2, 8):
        for i in range(3):
            outputs.set_none(i)
        context.run_values(inputs, outputs)
        found, _, w = (_values.from_value(value) for value in outputs.values)
        assert len(found) == length and all(np.array_equal(element, x) for element in found)
        assert np.array_equal(w, -x)
        ctypes.memmove(ctypes.addressof(inputs.values[0]), ctypes.addressof(outputs.values[0]), ctypes.sizeof(_abi.Value))


def test_outputs_in_the_memory_of_elements():
    """An output in memory of the caller that is an element's, too, is written when nothing reads that any more."""
    nodes = [("SequenceAt", ["s", "i"], ["v"], {}), ("Neg", ["v"], ["w"], {})]
    path = model(nodes, [helper.make_value_info("s", sequence(TensorProto.FLOAT))], [vector("w"), vector("v")])
    context, keep = Context(Library(path)), []
    expected = np.arange(64, dtype=np.float32)
    x, v, at = expected.copy(), np.empty_like(expected), np.array(1)
    other = np.zeros(3, np.float32)
    inputs, outputs = Values(2), Values(2)
    _values._fill(inputs.values[0], "s", _abi.SEQUENCE, x.dtype, [other, x, other], keep)
    inputs.set_tensor(1, address(at), _dtypes.from_numpy(at.dtype), at.shape)
    for i, array in enumerate((x, v)):
        outputs.set_tensor(i, address(array), _dtypes.from_numpy(array.dtype), array.shape)
    context.run_values(inputs, outputs)
    assert np.array_equal(x, -expected) and np.array_equal(v, expected)


@pytest.mark.parametrize("skips", [5, 2**40, 2**63 - 1])
def test_ngrams_skip_no_more_than_there_is(skips):
    attributes = dict(mode="TF", max_skip_count=skips, min_gram_length=2, max_gram_length=2, ngram_counts=[0, 0], ngram_indexes=[0], pool_int64s=[2, 3])
    nodes = [("TfIdfVectorizer", ["x"], ["y"], attributes), ("Identity", ["i"], ["j"], {})]
    position = helper.make_tensor_value_info("j", TensorProto.INT64, [])
    session = accel.InferenceSession(model(nodes, [vector("x", TensorProto.INT64)], [vector("y", dim=1), position]))
    for x, count in (([2, 3], 1), ([2, 1, 3, 3], 2), ([3, 2], 0), ([2], 0), ([], 0)):
        assert session.run(["y"], {"x": np.array(x, np.int64), "i": np.array(0)})[0].tolist() == [count]


def test_text_that_is_no_unicode():
    nodes = [("SequenceAt", ["s", "i"], ["y"], {})]
    element = TensorProto.STRING
    session = accel.InferenceSession(model(nodes, [helper.make_value_info("s", sequence(element))], [vector("y", element)]))
    with pytest.raises(accel.InvalidArgument, match=r"input 's\[0\]' holds a str that UTF-8 cannot express"):
        session.run(None, {"s": [np.array(["\ud800"], object)], "i": np.array(0)})
