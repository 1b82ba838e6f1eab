# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The main graph of an ONNX file: its nodes in order, and the same model with other outputs."""
import heapq

from . import errors

# Ops whose results are rounded to few bits: what follows from them is off by whole steps of that rounding.
_QUANTIZING = ("QuantizeLinear", "DynamicQuantizeLinear")


def need(package, purpose):
    """The module of that name, or an Error that says how to get it."""
    try:
        return __import__(package)
    except ImportError:
        raise errors.Error(f"{purpose} needs the package {package}, which is not installed: pip install {package}") from None


class Node:
    """A node of the graph: its name as accel-compile says it, op, values read and made."""

    __slots__ = ("name", "op", "inputs", "outputs")

    def __init__(self, proto):
        self.outputs = [name for name in proto.output if name]
        self.name = proto.name or f"{proto.op_type}({proto.output[0] if proto.output else ''})"
        self.op = proto.op_type
        self.inputs = _reads(proto)


class Graph:
    """What is asked of a model's main graph."""

    def __init__(self, path):
        self.onnx = need("onnx", "comparing the values of a model")
        self.path = path
        try:
            self.model = self.onnx.load(path, load_external_data=False)
        except Exception as error:  # the package says DecodeError, of protobuf
            raise errors.InvalidModel(f"cannot read '{path}' as an ONNX model: {error}") from None
        graph = self.model.graph
        self.outputs = [value.name for value in graph.output]
        self.nodes = _in_order([Node(proto) for proto in graph.node])
        self.producers = {name: node for node in self.nodes for name in node.outputs}
        self.quantized = self._quantized()

    def values(self):
        """The names of all values that nodes make, producers first."""
        return [name for node in self.nodes for name in node.outputs]

    def with_outputs(self, names, as_float=()):
        """The model, as bytes, with these outputs instead of its own; those as_float are cast to f32, for NumPy."""
        model = self.onnx.ModelProto()
        model.CopyFrom(self.model)
        graph = model.graph
        declared = {value.name: value for value in graph.output}
        outputs = []
        for name in names:
            if name in as_float:
                cast = name + ":as_float"
                graph.node.append(self.onnx.helper.make_node("Cast", [name], [cast], to=self.onnx.TensorProto.FLOAT))
                outputs.append(self.onnx.ValueInfoProto(name=cast))
            else:
                outputs.append(declared.get(name, self.onnx.ValueInfoProto(name=name)))
        del graph.output[:]
        graph.output.extend(outputs)
        try:
            return model.SerializeToString()
        except ValueError as error:
            raise errors.Error(f"cannot hand '{self.path}' to the reference: {error}; save it with external data") from None

    def _quantized(self):
        """Values that a rounding to few bits is before."""
        found = set()
        for node in self.nodes:
            rounds = node.op in _QUANTIZING or node.op.startswith("QLinear") or node.op.endswith("Integer")
            if rounds or any(name in found for name in node.inputs):
                found.update(node.outputs)
        return found


def _reads(proto):
    """The names that a node reads, those that its subgraphs take from the graph around them included."""
    names = [name for name in proto.input if name]
    for attribute in proto.attribute:
        for graph in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
            own = {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer}
            own.update(name for node in graph.node for name in node.output)
            inner = [name for node in graph.node for name in _reads(node)] + [value.name for value in graph.output]
            names += [name for name in inner if name not in own]
    return names


def _in_order(nodes):
    """Producers first, and else in the file's order."""
    producers = {name: i for i, node in enumerate(nodes) for name in node.outputs}
    users, missing = [[] for _ in nodes], [0] * len(nodes)
    for i, node in enumerate(nodes):
        for producer in {producers[name] for name in node.inputs if name in producers}:
            users[producer].append(i)
            missing[i] += 1
    ready = [i for i, count in enumerate(missing) if not count]
    order = []
    while ready:
        i = heapq.heappop(ready)
        order.append(nodes[i])
        for user in users[i]:
            missing[user] -= 1
            if not missing[user]:
                heapq.heappush(ready, user)
    return order
