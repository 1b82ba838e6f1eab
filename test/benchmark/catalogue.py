# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which models are measured, at which sizes, and on which inputs.

Models come from the zoo (test/support/zoo.py) and from what the command line names. A folder may hold sizes.json,
{"model": [{"dim": size}, ...]}, for dims that have names; files that test/e2e/exported makes have theirs in its table.
"""

import glob
import importlib
import os
import sys

import onnx

import engine
import flops
import traffic
import zoo
from measure import Case

HERE = os.path.dirname(os.path.abspath(__file__))
QUANTIZED = {"QuantizeLinear", "DequantizeLinear", "QLinearConv", "QLinearMatMul", "DynamicQuantizeLinear"}
HALF = {onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16}


def files(given):
    """The .onnx files of the given files and folders; those of the zoo if none are given."""
    found = []
    for path in given or [zoo.MODELS]:
        found += sorted(glob.glob(os.path.join(path, "*.onnx"))) if os.path.isdir(path) else [path]
    return found


def exported(path):
    """The row of a file that test/e2e/exported made, or None."""
    folder = os.path.join(HERE, "..", "e2e", "exported")
    if not os.path.exists(os.path.join(folder, "table.py")):
        return None
    if folder not in sys.path:
        sys.path.append(folder)
    found = importlib.import_module("table").files().get(zoo.stem(path))
    return found[0] if found else None


def sizes(path, model):
    """The sizes to measure a model at: [{dim: size}]."""
    if row := exported(path):
        return list(row.sizes)
    return zoo.sizes(path, model)


def feeds(path, model, dims):
    if row := exported(path):
        return row.feeds(dims)
    return zoo.feeds(model, dims)


def left_open(model, given):
    """The shapes of those inputs that have dims without a size in the file: {name: shape}."""
    inputs = engine.graph_inputs(model)
    return {name: given[name].shape for name, _, dims in inputs if not all(isinstance(d, int) for d in dims)}


def label(path, shapes):
    """The model's name, and the first of the shapes."""
    return " ".join([zoo.stem(path), *("x".join(map(str, shape)) for shape in list(shapes.values())[:1])])


def rounds_elsewhere(model):
    """Whether engines may rightly differ by more than float32's rounding: quantized, or of half precision."""
    types = {node.op_type for node in model.graph.node}
    return bool(types & QUANTIZED) or any(t.data_type in HALF for t in model.graph.initializer)


def load(path, chosen, all_sizes=False):
    """The Cases of a file, one for each of its sizes or for the first; chosen: {dim: size} that go before those."""
    notes = []
    own = zoo.prepared(path)
    if own == path and zoo.has_one_constant(path):
        notes.append("its weights are one constant")
    path = own
    model = onnx.load(path, load_external_data=False)
    cases = []
    for dims in sizes(path, model)[: None if all_sizes else 1]:
        given = feeds(path, model, dims | chosen)
        counted = flops.count(model, given, os.path.dirname(path))
        known = counted.flops if not counted.unknown else None
        shapes, loose = left_open(model, given), rounds_elsewhere(model)
        read = traffic.read(model, given)
        cases.append(Case(label(path, shapes), path, given, known, read, loose, notes=list(notes), open=shapes))
    return cases
