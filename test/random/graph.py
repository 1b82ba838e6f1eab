# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Grows random ONNX graphs, node by node, on values that are known while the graph grows.

Each node is run as soon as it is made, by ONNX Runtime, so that its result's type and shape are known, whatever they
follow from. It is run twice: on the values, and on values that are off by a little more than roundings are. What
differs much then is ill-conditioned (a sine of thousands, the order of two sums that are nearly equal), and the node
is taken back. What is left may be compared with any engine that rounds in its own way.
"""

import warnings
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import engine

OPSET = 21
LARGEST = 1e4  # values beyond it lose what they were made of
ELEMENTS = 40_000
OFF = {"float64": 1e-9, "float32": 1e-5, "float16": 2e-3, "bfloat16": 1e-2}
AMPLIFIED = 100  # what a graph may make of OFF


class Rejected(Exception):
    """The node is not wanted; why is of no interest."""


@dataclass
class Value:
    name: str
    array: np.ndarray
    off: np.ndarray  # the same, computed from values that are a little off

    @property
    def shape(self):
        return self.array.shape

    @property
    def rank(self):
        return self.array.ndim

    @property
    def dtype(self):
        return str(self.array.dtype)


def info(name, array):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def is_float(dtype):
    return str(dtype) in OFF


def disturb(rng, array):
    """The array, off by more than what an engine's roundings may be."""
    if not is_float(array.dtype) or not array.size:
        return array
    wide = array.astype(np.float64)
    noise = rng.uniform(-1, 1, array.shape) * OFF[str(array.dtype)]
    with np.errstate(all="ignore"):
        return np.asarray(wide * (1 + noise), array.dtype)


def distance(value):
    """How far the disturbed array is from the array, as a share of its largest element; infinite for other shapes."""
    a, b = value.array, value.off
    if a.shape != b.shape or a.dtype != b.dtype:
        return np.inf
    if not is_float(a.dtype):
        return 0.0 if np.array_equal(a, b) else np.inf
    if not a.size:
        return 0.0
    a, b = a.astype(np.float64), b.astype(np.float64)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return np.inf
    return np.abs(a - b).max() / max(np.abs(a).max(), 1e-30)


@dataclass
class Graph:
    """A graph that grows, or the body of a node of one (`outer`), which may use the values around it."""

    rng: np.random.Generator
    outer: "Graph | None" = None
    pool: list = field(default_factory=list)  # all values that nodes may use
    inputs: list = field(default_factory=list)
    constants: list = field(default_factory=list)
    nodes: list = field(default_factory=list)
    used: set = field(default_factory=set)
    count: list = field(default_factory=lambda: [0])  # names given, in all graphs together

    def body(self):
        return Graph(self.rng, outer=self, pool=list(self.pool[-8:]), count=self.count)

    def name(self, stem):
        self.count[0] += 1
        return f"{stem}{self.count[0]}"

    # What recipes ask for.

    def chance(self, share):
        return self.rng.random() < share

    def choose(self, options):
        options = list(options)
        if not options:
            raise Rejected
        return options[self.rng.integers(len(options))]

    def size(self):
        """A dim: mostly small, around the widths of vectors, 1 and rarely 0."""
        return int(self.choose((1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 24, 33) + ((0,) if self.chance(0.03) else ())))

    def value(self, wanted=lambda v: True, recent=0.6):
        """A value that is wanted; a recent one more often, so that graphs are deep."""
        found = [v for v in self.pool if wanted(v)]
        if not found:
            raise Rejected
        return self.choose(found[-3:] if self.chance(recent) else found)

    def floats(self, rank=None, nonempty=False):
        return self.value(
            lambda v: is_float(v.dtype)
            and (rank is None or v.rank == rank or (isinstance(rank, range) and v.rank in rank))
            and (not nonempty or v.array.size)
        )

    def random(self, shape, dtype="float32", scale=1.0):
        made = engine.random_array(self.rng, tuple(shape), dtype if np.dtype(dtype).kind in "buifc" else "float32")
        return np.asarray(made * scale, dtype) if is_float(dtype) else np.asarray(made)

    def weights(self, shape, like, fan_in=1):
        return self.constant(self.random(shape, like.dtype, 1 / np.sqrt(max(1, fan_in))))

    def constant(self, array, dtype=None):
        """An initializer, which may also become an input when the graph is done."""
        array = np.asarray(array, dtype)
        name = self.name("c")
        value = Value(name, array, array)
        (self.inputs if self.outer is None and is_float(array.dtype) and self.chance(0.15) else self.constants).append(value)
        return value

    def input(self, array):
        value = Value(self.name("x"), array, disturb(self.rng, array))
        self.inputs.append(value)
        self.pool.append(value)
        return value

    def node(self, op, *operands, outputs=1, domain="", **attributes):
        """Adds a node and gives its results, or rejects it. An operand is a Value, or None where it is left out."""
        names = [self.name("v") for _ in range(outputs)]
        made = helper.make_node(op, [o.name if o else "" for o in operands], names, self.name(op.lower()), domain=domain, **attributes)
        given = {o.name: o for o in operands if o} | {v.name: v for v in self.captured(made)}
        arrays = run_node(made, {n: v.array for n, v in given.items()})
        off = run_node(made, {n: v.off for n, v in given.items()})
        results = []
        for name, array, other in zip(names, arrays, off):
            result = Value(name, array, disturb(self.rng, other))
            if array.size > ELEMENTS or (is_float(array.dtype) and np.abs(array.astype(np.float64)).max(initial=0) > LARGEST):
                raise Rejected
            if distance(result) > AMPLIFIED * OFF.get(result.dtype, 1):
                raise Rejected
            results.append(result)
        self.nodes.append(made)
        self.used |= given.keys()
        self.pool += results
        return results[0] if outputs == 1 else results

    def captured(self, node):
        """The values around the node that its bodies use."""
        wanted = set()
        for attribute in node.attribute:
            for graph in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                own = {i.name for i in graph.input} | {i.name for i in graph.initializer}
                own |= {o for n in graph.node for o in n.output}
                wanted |= {i for n in graph.node for i in n.input if i and i not in own}
        return [v for v in self.pool if v.name in wanted]

    # What comes of it.

    def proto(self, name, outputs, inputs=None):
        inputs = self.inputs if inputs is None else inputs
        return helper.make_graph(
            self.nodes,
            name,
            [info(v.name, v.array) for v in inputs],
            [info(v.name, v.array) for v in outputs],
            [numpy_helper.from_array(v.array, v.name) for v in self.constants],
        )

    def results(self):
        """The values of nodes that no node uses, and a few of the others."""
        made = {o for n in self.nodes for o in n.output}
        found = [v for v in self.pool if v.name in made]
        chosen = [v for v in found if v.name not in self.used or self.chance(0.1)]
        return chosen or found[-1:]


def run_node(node, feeds):
    """The node's results by ONNX Runtime."""
    graph = helper.make_graph(
        [node],
        "node",
        [info(name, array) for name, array in feeds.items()],
        [onnx.ValueInfoProto(name=name) for name in node.output],
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            session = engine.onnxruntime_session(model_of(graph))
            found = session.run(None, {i.name: feeds[i.name] for i in session.get_inputs()})
    except Exception as error:
        raise Rejected(str(error)) from error
    if not all(isinstance(array, (np.ndarray, np.generic)) for array in found):
        raise Rejected
    return [np.asarray(array) for array in found]


def model_of(graph):
    return helper.make_model(
        graph,
        ir_version=10,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)],
    )


def grow(seed, recipes, nodes):
    """(model, feeds, outputs: the Values that it gives) for a seed; `recipes` are (share, function of a Graph)."""
    rng = np.random.default_rng(seed)
    graph = Graph(rng)
    dtype = graph.choose(("float32",) * 8 + ("float16", "float64"))
    batch = graph.size()
    for _ in range(rng.integers(1, 4)):
        shape = [graph.size() for _ in range(rng.integers(0, 5))]
        if shape and graph.chance(0.5):
            shape[0] = batch
        graph.input(graph.random(shape, dtype))
    if graph.chance(0.3):
        graph.input(graph.random([graph.size() for _ in range(rng.integers(0, 3))], graph.choose(("int64", "int32", "bool", "uint8"))))
    fill(graph, recipes, int(rng.integers(5, nodes + 1)))
    outputs = graph.results()
    proto = graph.proto(f"random_{seed}", outputs)
    if graph.chance(0.5):
        unknown(proto, graph)
    model = model_of(proto)
    return model, {v.name: v.array for v in graph.inputs}, outputs


def fill(graph, recipes, nodes):
    """Adds nodes by recipes until there are as many, or too many were rejected."""
    shares = np.array([share for share, _ in recipes], np.float64)
    for _ in range(20 * nodes):
        if len(graph.nodes) >= nodes:
            return
        recipe = recipes[graph.rng.choice(len(recipes), p=shares / shares.sum())][1]
        before = len(graph.nodes), len(graph.constants), len(graph.inputs), len(graph.pool)
        try:
            recipe(graph)
        except Rejected:
            # What a recipe had made before it gave up stays, unless it is of no use.
            if len(graph.nodes) == before[0]:
                del graph.constants[before[1] :], graph.inputs[before[2] :], graph.pool[before[3] :]


def unknown(proto, graph):
    """Makes dims of inputs unknown, each with a name of its own, and forgets what follows from them."""
    for i, value in enumerate(proto.input):
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            if graph.chance(0.7):
                dim.dim_param = f"d{i}_{axis}"
    for value in proto.output:
        for dim in value.type.tensor_type.shape.dim:
            dim.Clear()
