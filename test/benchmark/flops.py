# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Counts the floating-point operations of an ONNX model: two for each multiply-add of its products and convolutions.

Only ops that multiply matrices or convolve count; elementwise work is left out, so that a share of the peak never
looks better than it is. The count is that of the graph: an engine that does less (Winograd) or more (padding) is
measured against the same number. Shapes come from ONNX's shape inference for given input shapes, and what that leaves
open from a run of the model.
"""

import math

import onnx
import onnx.external_data_helper
import onnx.inliner
from onnx import helper, numpy_helper, shape_inference

COUNTERS = {}


class Unknown(Exception):
    """A shape that a count needs is not known."""


def counts(*ops, microsoft=()):
    def register(function):
        COUNTERS.update({("", op): function for op in ops})
        COUNTERS.update({("com.microsoft", op): function for op in microsoft})
        return function

    return register


def broadcast(*shapes):
    """The common shape of leading dims, after NumPy's rule."""
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(s)) + tuple(s) for s in shapes]
    return [next((d for d in column if d != 1), 1) for column in zip(*padded)]


def product(node, a, b):
    a = (1, *a) if len(a) == 1 else a
    b = (*b, 1) if len(b) == 1 else b
    return 2 * math.prod(broadcast(a[:-2], b[:-2])) * a[-2] * a[-1] * b[-1]


@counts("MatMul", "MatMulInteger", microsoft=["FusedMatMul"])
def matmul(node, shape):
    return product(node, shape(0), shape(1))


@counts("QLinearMatMul")
def qlinear_matmul(node, shape):
    return product(node, shape(0), shape(3))


@counts("Gemm", microsoft=["QGemm"])
def gemm(node, shape):
    a, b = shape(0), shape(3 if node.op_type == "QGemm" else 1)
    k = a[0] if attribute(node, "transA", 0) else a[1]
    return 2 * math.prod(a) * math.prod(b) // k if k else 0


@counts("Conv", "ConvInteger", "QLinearConv", microsoft=["FusedConv"])
def conv(node, shape):
    """Each output element sums over the input channels of its group and over the window."""
    weight = shape(3 if node.op_type == "QLinearConv" else 1)
    return 2 * math.prod(shape.output(0)) * math.prod(weight[1:])


@counts("ConvTranspose")
def conv_transpose(node, shape):
    """Each input element is spread over the output channels of its group and over the window."""
    return 2 * math.prod(shape(0)) * math.prod(shape(1)[1:])


@counts("DeformConv")
def deform_conv(node, shape):
    return 2 * math.prod(shape.output(0)) * math.prod(shape(1)[1:])


@counts("LSTM", "GRU", "RNN", microsoft=["DynamicQuantizeLSTM"])
def recurrent(node, shape):
    """Products with the weights of the input and of the state, at each step and in each direction."""
    x, w, r = shape(0), shape(1), shape(2)
    return 2 * x[0] * x[1] * (math.prod(w) + math.prod(r))


@counts("Einsum")
def einsum(node, shape):
    """As one loop over all labels; two operands or more multiply and add, one only adds."""
    if len(node.input) < 2:
        return 0
    terms = attribute(node, "equation", b"").decode().replace(" ", "").split("->")[0].split(",")
    sizes = {}
    for i, term in enumerate(terms):
        dims, labels = shape(i), term.replace("...", "")
        gap = term.find("...")
        names = list(labels)
        if gap >= 0:
            extra = len(dims) - len(labels)
            names[gap:gap] = [f".{k}" for k in range(extra - 1, -1, -1)]
        for name, size in zip(names, dims):
            sizes[name] = max(sizes.get(name, 1), size)
    return len(terms) * math.prod(sizes.values())


@counts("Attention")
def attention(node, shape):
    """Two products for each head: with the keys, and with the values. Keys of earlier steps count too."""
    q, k, v = shape(0), shape(1), shape(2)
    if len(q) == 3:
        heads, kv_heads = attribute(node, "q_num_heads", 1), attribute(node, "kv_num_heads", 1)
        batch, rows, size = q[0], q[1], q[2] // heads
        columns, value = k[1], v[2] // kv_heads
    else:
        batch, heads, rows, size = q
        columns, value = k[2], v[3]
    if len(node.input) > 4 and node.input[4]:
        columns += shape(4)[2]
    return 2 * batch * heads * rows * columns * (size + value)


def attribute(node, name, default):
    return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)


class Shapes:
    """The shapes of a node's inputs and outputs, by index."""

    def __init__(self, node, table):
        self.node, self.table = node, table

    def __call__(self, index):
        return self.of(self.node.input[index])

    def output(self, index):
        return self.of(self.node.output[index])

    def of(self, name):
        dims = self.table.get(name)
        if dims is None or any(not isinstance(d, int) for d in dims):
            raise Unknown(name)
        return dims


def dims_of(value):
    """Ints, and None for what is not known; None for an unknown rank."""
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not tensor.HasField("shape"):
        return None
    return tuple(d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim)


def table_of(graph, outer, seen):
    table = dict(outer)
    for value in [*graph.input, *graph.value_info, *graph.output]:
        table[value.name] = dims_of(value)
    for tensor in graph.initializer:
        table[tensor.name] = tuple(tensor.dims)
    return table | seen


def constants_of(graph, outer):
    """Scalars by name: the trip counts of loops."""
    found = dict(outer)
    for tensor in graph.initializer:
        if math.prod(tensor.dims) == 1 and tensor.data_location != onnx.TensorProto.EXTERNAL:
            found[tensor.name] = numpy_helper.to_array(tensor).item()
    for node in graph.node:
        value = attribute(node, "value", None) if node.op_type == "Constant" else None
        if value is not None and math.prod(value.dims) == 1:
            found[node.output[0]] = numpy_helper.to_array(value).item()
    return found


class Count:
    """flops, and (name, op) of the nodes whose shapes are not known, which are left out of it."""

    def __init__(self):
        self.flops, self.unknown = 0, []

    def add(self, other, times=1):
        self.flops += times * other.flops
        self.unknown += other.unknown


def count_graph(graph, seen, outer=None, constants=None):
    """seen: shapes that a run of the model has shown."""
    table, constants, found = table_of(graph, outer or {}, seen), constants_of(graph, constants or {}), Count()
    for node in graph.node:
        bodies = [a.g for a in node.attribute if a.type == onnx.AttributeProto.GRAPH]
        if bodies:
            inner = [count_graph(body, {}, table, constants) for body in bodies]
            if any(c.flops or c.unknown for c in inner):
                count_bodies(node, inner, Shapes(node, table), constants, found)
        elif counter := COUNTERS.get((node.domain if node.domain != "ai.onnx" else "", node.op_type)):
            try:
                found.flops += counter(node, Shapes(node, table))
            except (Unknown, IndexError):
                found.unknown.append((node.name or node.output[0], node.op_type))
    return found


def count_bodies(node, inner, shape, constants, found):
    """Which branch is taken is not known: the larger one counts. A loop's trips are a constant, or not known."""
    if node.op_type == "If":
        found.add(max(inner, key=lambda c: c.flops))
        return
    try:
        if node.op_type == "Scan":
            first = len(node.input) - attribute(node, "num_scan_inputs", 0)
            axes = attribute(node, "scan_input_axes", [0])
            trips = shape(first)[axes[0]]
        else:
            trips = int(constants[node.input[0]])
        found.add(inner[0], trips)
    except (Unknown, KeyError):
        found.unknown.append((node.name or node.output[0], node.op_type))


def fixed(model, shapes):
    """A copy of the model with functions inlined, whose inputs have these shapes."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    if made.functions:
        made = onnx.inliner.inline_local_functions(made)
    # What the exporter noted of dims by name is inferred again, as numbers.
    del made.graph.value_info[:]
    for value in made.graph.input:
        if value.name in shapes:
            dims = value.type.tensor_type.shape
            dims.ClearField("dim")
            for size in shapes[value.name]:
                dims.dim.add().dim_value = size
    for value in made.graph.output:
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")
    return made


def light(model):
    """A copy without the values of large tensors: shape inference needs none of them, and has a limit of 2 GB."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    for tensor in made.graph.initializer:
        if math.prod(tensor.dims) > 1024:
            for name in ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data"):
                tensor.ClearField(name)
    return made


def count(model, feeds, folder=""):
    """The Count of a run of a ModelProto on these inputs (name -> array). Its weights may lie in files in the folder."""
    shapes = {name: array.shape for name, array in feeds.items()}
    inferred = fixed(light(model), shapes)
    try:
        inferred = shape_inference.infer_shapes(inferred, data_prop=True)
    except Exception:  # inference has its own opinion of broken models
        pass
    found = count_graph(inferred.graph, {})
    if found.unknown and (more := shapes_by_running(fixed(model, shapes), found.unknown, feeds, folder)):
        found = count_graph(inferred.graph, more)
    return found


def shapes_by_running(model, unknown, feeds, folder):
    """Shapes of the values that the nodes of unknown shapes read and write, as ONNX Runtime computes them."""
    try:
        import onnxruntime
    except ImportError:
        return {}
    wanted = {name for name, _ in unknown}
    names = {
        value
        for node in model.graph.node
        if (node.name or node.output[0]) in wanted
        for value in [*node.input, *node.output]
        if value
    }
    given = {v.name for v in [*model.graph.input, *model.graph.initializer]}
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    known = {v.name for v in probe.graph.output}
    probe.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names - given - known)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        onnx.external_data_helper.load_external_data_for_model(probe, folder)
        session = onnxruntime.InferenceSession(
            probe.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        outputs = [o.name for o in session.get_outputs()]
        results = session.run(outputs, feeds)
    except Exception:
        return {}
    return {name: tuple(array.shape) for name, array in zip(outputs, results) if hasattr(array, "shape")}
