# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reduces a model that fails to as few nodes as still fail."""

import numpy as np
import onnx
from onnx import helper

import engine
from graph import Value, info


def every_value(model, feeds):
    """name -> array, of all values of the main graph, by ONNX Runtime."""
    whole = onnx.ModelProto()
    whole.CopyFrom(model)
    del whole.graph.output[:]
    names = [o for n in model.graph.node for o in n.output if o]
    whole.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    found = engine.onnxruntime_session(whole).run(None, feeds)
    return dict(zip(names, map(np.asarray, found))) | dict(feeds)


def inner_uses(graph):
    for node in graph.node:
        yield from node.input
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from inner_uses(attribute.g)
                yield from (o.name for o in attribute.g.output)


def uses(node):
    """The names that a node reads, its bodies included."""
    found = {i for i in node.input if i}
    for attribute in node.attribute:
        if attribute.HasField("g"):
            found |= set(inner_uses(attribute.g)) | {o.name for o in attribute.g.output}
    return found


def part(model, nodes, outputs, values):
    """(model, feeds) of some nodes and what the outputs need of them; what the other nodes made becomes an input."""
    needed, kept = set(outputs), []
    for node in reversed(nodes):
        if needed & set(node.output):
            kept.insert(0, node)
            needed |= uses(node)
    made = {o for n in kept for o in n.output}
    constants = [c for c in model.graph.initializer if c.name in needed]
    held = {c.name for c in constants}
    old = {i.name: i for i in model.graph.input}
    feeds = {n: values[n] for n in values if n in needed and n not in made and n not in held}
    small = onnx.ModelProto()
    small.CopyFrom(model)
    small.graph.CopyFrom(
        helper.make_graph(
            kept,
            model.graph.name,
            [old.get(n) or info(n, a) for n, a in feeds.items()],
            [info(n, values[n]) for n in outputs],
            constants,
        )
    )
    if any(d.dim_param for i in small.graph.input for d in i.type.tensor_type.shape.dim):
        for output in small.graph.output:
            for dim in output.type.tensor_type.shape.dim:
                dim.Clear()
    return small, feeds


def reduce(model, feeds, wanted, attempt, why):
    """(model, feeds, why): `attempt` gives the failure of a model, its feeds and its wanted outputs."""
    values = every_value(model, feeds)
    expected = {v.name: v for v in wanted}
    wanted_of = lambda names: [expected.get(n) or Value(n, values[n], values[n]) for n in names]

    def fails(nodes, outputs):
        made = {o for n in nodes for o in n.output}
        if not outputs or not set(outputs) <= made:
            return None
        small, inputs = part(model, nodes, outputs, values)
        said = attempt(small, inputs, wanted_of(outputs))
        return said and (small, inputs, said)

    nodes, outputs = list(model.graph.node), [o.name for o in model.graph.output]
    best = (model, feeds, why)
    going = True
    while going:
        going = False
        nodes = list(best[0].graph.node)
        without = lambda node: [n for n in nodes if n is not node]
        for change in candidates(nodes, outputs, without):
            if found := fails(*change):
                best, outputs, going = found, change[1], True
                break
    return best


def candidates(nodes, outputs, without):
    """(nodes, outputs) that are a little less: fewer outputs, an input for a node, or what the last nodes read."""
    if len(outputs) > 2:
        yield from ((nodes, [name]) for name in outputs)
    for name in outputs:
        yield nodes, [o for o in outputs if o != name]
    for node in nodes:
        yield without(node), outputs
    for node in nodes:
        reads = [i for i in node.input if any(i in n.output for n in nodes)]
        if reads and set(node.output) & set(outputs):
            yield without(node), [*reads, *(o for o in outputs if o not in node.output)]
