# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The node tests that the installed onnx package generates, and the three models made of each."""

import warnings

import numpy as np
import onnx
from onnx import numpy_helper

MODES = ("static", "dynamic", "constant")


def value(given):
    """An array, a list or None, whatever the package keeps it as."""
    if isinstance(given, onnx.TensorProto):
        return numpy_helper.to_array(given)
    if isinstance(given, onnx.SequenceProto):
        return numpy_helper.to_list(given)
    if isinstance(given, onnx.OptionalProto):
        return numpy_helper.to_optional(given)
    return np.asarray(given) if np.isscalar(given) else given


def collect():
    """name -> (model, data sets); a data set is the inputs and the expected outputs, in the graph's order."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = collect_testcases(None)
    return {
        case.name: (
            case.model,
            [([value(i) for i in inputs], [value(o) for o in outputs]) for inputs, outputs in case.data_sets],
        )
        for case in found
    }


def is_tensor(port):
    return port.type.HasField("tensor_type")


def applies(model, mode):
    """Whether the mode makes another model than the static one."""
    inputs = model.graph.input
    if mode == "dynamic":
        return any(is_tensor(port) and port.type.tensor_type.shape.dim for port in inputs)
    return mode == "static" or any(is_tensor(port) for port in list(inputs)[1:])


def variant(model, mode, inputs):
    """The model for the mode, and what to feed it."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    feeds = {port.name: given for port, given in zip(made.graph.input, inputs)}
    if mode == "dynamic":
        make_dynamic(made.graph)
    elif mode == "constant":
        for port in list(made.graph.input)[1:]:
            if is_tensor(port) and feeds[port.name] is not None:
                made.graph.initializer.append(numpy_helper.from_array(feeds.pop(port.name), port.name))
                made.graph.input.remove(port)
    return made, feeds


def make_dynamic(graph):
    """Every dim of an input gets a name of its own; the outputs keep nothing but their ranks."""
    count = 0
    for port in [*graph.input, *graph.output]:
        if is_tensor(port):
            for dim in port.type.tensor_type.shape.dim:
                dim.dim_param = f"d{count}"
                count += 1
    del graph.value_info[:]
