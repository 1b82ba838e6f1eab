# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A row of the op tables: one op with its attributes and the shapes that it is tried at."""

import zlib
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import helper, numpy_helper

from engine import random_array

# Sizes that a named dim takes, one after another, in the same compiled library.
SIZES = {"N": (3, 1, 8), "S": (17, 33, 2), "T": (5, 16, 1), "B": (1, 4, 8), "H": (800, 1, 50), "L": (640000, 1000, 1)}
RUNS = 3


@dataclass
class Input:
    """dims: ints, and names of SIZES; values: a function of (rng, shape), else random ones; fixed: always an initializer.

    outer: no operand of the node, but an input of the graph, which the node's own graphs see.
    """

    dims: tuple
    dtype: str = "float32"
    values: object = None
    fixed: bool = False
    outer: bool = False

    def make(self, rng, run):
        shape = [d if isinstance(d, int) else SIZES[d][run] for d in self.dims]
        if self.values is None:
            return random_array(rng, shape, np_dtype(self.dtype))
        return np.asarray(self.values(rng, shape)).astype(np_dtype(self.dtype))

    def __str__(self):
        dims = "x".join(map(str, self.dims)) or "scalar"
        return dims if self.dtype == "float32" else f"{dims}:{self.dtype}"


def np_dtype(name):
    if name == "string":
        return np.dtype(object)
    if name != "bool" and not hasattr(np, name):
        import ml_dtypes

        return np.dtype(getattr(ml_dtypes, name))
    return np.dtype(name)


def x(*dims, dtype="float32", values=None):
    return Input(dims, dtype, values)


def around(*dims, **settings):
    return Input(dims, outer=True, **settings)


def const(values, dtype="int64"):
    array = np.asarray(values)
    return Input(array.shape, dtype, lambda rng, shape: array, fixed=True)


def positive(low=0.1, high=4.0):
    return lambda rng, shape: rng.uniform(low, high, shape)


def away_from_zero(rng, shape):
    return rng.uniform(0.5, 3.0, shape) * rng.choice([-1, 1], shape)


@dataclass
class Row:
    op: str
    inputs: list
    attributes: dict = field(default_factory=dict)
    opset: int = 17
    outputs: object = 1  # how many, or the numbers of those that there are
    tolerance: dict = field(default_factory=dict)
    types: dict = field(default_factory=dict)  # of outputs whose type does not follow from the inputs'
    # "onnxruntime", "onnx" (its evaluator), or a NumPy function of the inputs (a tuple of several results)
    reference: object = "onnxruntime"
    case: str = ""  # tells rows apart that differ in nothing else

    def name(self):
        shapes = ",".join("-" if i is None else str(i) for i in self.inputs if i is None or not i.fixed)
        fixed = [str(i.make(None, 0).tolist()).replace(" ", "") for i in self.inputs if i is not None and i.fixed]
        shown = {k: v.name if isinstance(v, onnx.GraphProto) else v for k, v in self.attributes.items()}
        settings = [f"{k}={str(v).replace(' ', '')}" for k, v in shown.items()]
        version = [] if self.opset == 17 else [f"opset{self.opset}"]
        return "/".join([self.op, shapes, *fixed, *settings, *version, *([self.case] if self.case else [])])

    def modes(self):
        """static; dynamic where a dim has a name; constant and left where there is more than one input to feed."""
        free = [i for i in self.inputs if i is not None and not i.fixed]
        found = ["static"]
        if any(isinstance(d, str) for i in free for d in i.dims):
            found.append("dynamic")
        if len(free) > 1:
            found.append("constant")
        if len(free) == 2 and self.op in ("Add", "Sub", "Mul", "Div", "Pow", "MatMul", "Gemm", "Less", "Concat"):
            found.append("left")
        return found

    def values(self, run):
        rng = np.random.default_rng(zlib.crc32(self.name().encode()) + run)
        return [None if i is None else i.make(rng, run) for i in self.inputs]

    def model(self, mode):
        """The ModelProto, the indices of the inputs to feed, and the values that it was made with."""
        values, names, fed, initializers, ports = self.values(0), [], [], [], []
        for i, (given, value) in enumerate(zip(self.inputs, values)):
            if given is None:
                names.append("")
                continue
            name = f"x{i}"
            if not given.outer:
                names.append(name)
            free_before = any(j is not None and not j.fixed for j in self.inputs[:i])
            if given.fixed or (mode == "constant" and free_before) or (mode == "left" and not free_before):
                initializers.append(numpy_helper.from_array(value, name))
            else:
                fed.append(i)
                dims = given.dims if mode == "dynamic" else value.shape
                ports.append(
                    helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), dims)
                )
        used = range(self.outputs) if isinstance(self.outputs, int) else self.outputs
        outs = [f"y{i}" if i in used else "" for i in range(max(used) + 1)]
        node = helper.make_node(self.op, names, outs, name=f"the_{self.op}", **self.attributes)
        results = [onnx.ValueInfoProto(name=o) for o in outs if o]
        for i, dtype in self.types.items():
            results[i].CopyFrom(helper.make_tensor_value_info(outs[i], helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), None))
        graph = helper.make_graph([node], "row", ports, results, initializers)
        opsets = [helper.make_opsetid("", self.opset)]
        if "domain" in self.attributes:
            domain = self.attributes["domain"]
            opsets.append(helper.make_opsetid(domain, 3 if domain == "ai.onnx.ml" else 1))
        version = 8 if self.opset < 19 else helper.find_min_ir_version_for(opsets)
        made = helper.make_model(graph, opset_imports=opsets, ir_version=version)
        return onnx.shape_inference.infer_shapes(made, strict_mode=True, data_prop=True), fed, values


def row(op, *inputs, opset=17, outputs=1, tolerance=None, types=None, reference="onnxruntime", case="", **attributes):
    return Row(op, list(inputs), attributes, opset, outputs, tolerance or {}, types or {}, reference, case)
