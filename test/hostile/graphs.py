# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Graphs that make no sense: cycles, missing and doubled names, wrong attributes, nesting without end."""

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, helper

from base import bad, changed, make_model, odd, op, valid

node = helper.make_node


def small(nodes, weights=(), inputs=None, outputs=None, opset=17):
    return make_model(nodes, inputs or {"x": ["n", 4]}, outputs or {"y": ["n", 4]}, weights, opset)


def wiring():
    bad(
        "graph/cycle of two",
        small(
            [node("Add", ["x", "b"], ["a"], "first"), node("Relu", ["a"], ["b"], "second"), node("Relu", ["b"], ["y"])]
        ),
    )
    bad("graph/cycle of one", small([node("Add", ["x", "y"], ["y"], "self")]))
    bad("graph/missing input", small([node("Relu", ["nowhere"], ["y"], "relu")]))
    bad("graph/missing output", small([node("Relu", ["x"], ["z"], "relu")]))
    bad("graph/value made twice", small([node("Relu", ["x"], ["y"], "one"), node("Tanh", ["x"], ["y"], "two")]))
    bad("graph/node makes an input", small([node("Relu", ["x"], ["x"], "one"), node("Relu", ["x"], ["y"])]))
    bad("graph/input twice", changed(lambda m: m.graph.input.append(m.graph.input[0])))
    bad("graph/initializer twice", changed(lambda m: m.graph.initializer.append(m.graph.initializer[0])))
    bad("graph/no nodes and no value", small([]))
    bad("graph/no graph", onnx.ModelProto(ir_version=8, opset_import=[helper.make_opsetid("", 17)]))
    bad("graph/empty", changed(lambda m: m.graph.Clear()))
    bad("graph/no outputs", changed(lambda m: m.graph.ClearField("output")))
    bad("graph/nameless output", changed(lambda m: setattr(m.graph.output[0], "name", "")))
    bad("graph/nameless input of a node", small([node("Relu", [""], ["y"], "relu")]))
    bad("graph/node without inputs", small([node("Relu", [], ["y"], "relu")]))
    bad("graph/node without outputs", small([node("Relu", ["x"], [], "relu")]))
    bad("graph/too many inputs", small([node("Relu", ["x", "x", "x"], ["y"], "relu")]))
    bad("graph/too many outputs", small([node("Relu", ["x"], ["y", "z"], "relu")]))
    bad("graph/no op", small([node("", ["x"], ["y"], "what")]))
    bad("graph/unknown op", small([node("Rellu", ["x"], ["y"], "typo")]))
    bad("graph/unknown domain", small([node("Relu", ["x"], ["y"], "typo", domain="com.example.none")]))
    bad(
        "graph/unknown op with a rude name",
        small([node("R\x1b[31m\x07\n\u202eu", ["x"], ["y"], "n\x1b[2J\r\nerror: fake")]),
    )
    bad("graph/unknown op with a name of 1 MB", small([node("R" * 1000000, ["x"], ["y"], "n" * 1000000)]))
    bad("graph/input of no type", changed(lambda m: m.graph.input[0].ClearField("type")))
    bad("graph/input type 0", changed(lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", 0)))
    bad("graph/input type 9999", changed(lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", 9999)))
    bad("graph/input is a map", changed(lambda m: setattr(m.graph.input[0].type.map_type, "key_type", 7)))
    for opset in (0, -1, 2**31, 2**62):
        bad(f"graph/opset {opset}", valid(opset))
    odd("graph/no opset", changed(lambda m: m.ClearField("opset_import")))
    odd("graph/two opsets", changed(lambda m: m.opset_import.append(helper.make_opsetid("", 9))))
    odd("graph/IR version 2^40", changed(lambda m: setattr(m, "ir_version", 2**40)))
    odd("graph/unsorted", changed(lambda m: m.graph.node.insert(0, m.graph.node.pop())))
    many = [node("Relu", ["x" if i == 0 else f"v{i - 1}"], ["y" if i == 19999 else f"v{i}"]) for i in range(20000)]
    odd("graph/20,000 nodes", small(many), long=True)


def attributes():
    image, weight = ("n", 4, 9, 9), np.ones((4, 4, 3, 3), np.float32)
    conv = lambda **a: op("Conv", image, weights=[weight], **a)
    for name, made in {
        "kernel 0": conv(kernel_shape=[0, 0]),
        "kernel unlike the weight": conv(kernel_shape=[5, 5]),
        "kernel of one": conv(kernel_shape=[3]),
        "stride 0": conv(strides=[0, 1]),
        "stride -1": conv(strides=[-1, 1]),
        "stride 2^62": conv(strides=[2**62, 1], pads=[2**62, 0, 2**62, 0]),
        "dilation 0": conv(dilations=[0, 1]),
        "dilation 2^62": conv(dilations=[2**62, 2**62]),
        "pads 2^62": conv(pads=[2**62] * 4),
        "pads -5": conv(pads=[-5, -5, -5, -5]),
        "three pads": conv(pads=[1, 1, 1]),
        "a million pads": conv(pads=[1] * 1000000),
        "group 0": conv(group=0),
        "group -1": conv(group=-1),
        "group 3": conv(group=3),
        "group 2^62": conv(group=2**62),
        "auto_pad of no kind": conv(auto_pad="SOMEHOW"),
        "strides as a string": conv(strides="big"),
        "group as a float": conv(group=1.5),
        "pads as a tensor": conv(pads=helper.make_tensor("t", 7, [4], [0] * 4)),
        "kernel larger than the image": op("Conv", ("n", 4, 2, 2), weights=[weight]),
    }.items():
        bad(f"conv/{name}", made)
    pool = lambda **a: op("MaxPool", image, **a)
    bad("pool/no kernel", pool())
    bad("pool/kernel 0", pool(kernel_shape=[0, 0]))
    bad("pool/kernel 2^62", pool(kernel_shape=[2**62, 2**62]))
    bad("pool/stride 0", pool(kernel_shape=[2, 2], strides=[0, 0]))
    bad("transpose/out of range", op("Transpose", ("n", 4), perm=[0, 7]))
    bad("transpose/twice the same", op("Transpose", ("n", 4), perm=[1, 1]))
    bad("transpose/too long", op("Transpose", ("n", 4), perm=[0, 1, 2]))
    bad("concat/no axis", op("Concat", ("n", 4), ("n", 4)))
    bad("concat/axis 9", op("Concat", ("n", 4), ("n", 4), axis=9))
    bad("concat/unlike dims", op("Concat", (3, 4), (2, 5), axis=0))
    bad("softmax/axis -2^62", op("Softmax", ("n", 4), axis=-(2**62)))
    bad("flatten/axis 3", op("Flatten", ("n", 4), axis=3))
    bad("gather/axis 2", op("Gather", (3, 4), weights=[np.array([0])], axis=2))
    odd("gather/index 99", op("Gather", (3, 4), weights=[np.array([99])]))
    ints = lambda *v: np.array(v, np.int64)
    for name, shape in {
        "two unknowns": (-1, -1),
        "does not divide": (-1, 7),
        "-2": (-2, 3),
        "2^62": (2**62, 4),
        "wraps": (2**32, 2**32, 12),
        "zero past the rank": (3, 4, 0),
    }.items():
        bad(f"reshape/{name}", op("Reshape", (3, 4), weights=[ints(*shape)]))
    odd("reshape/shape of rank 2", op("Reshape", (3, 4), weights=[ints(3, 4).reshape(1, 2)]))
    bad("expand/unlike", op("Expand", (3, 4), weights=[ints(2, 4)]))
    bad("expand/2^62", op("Expand", (1, 1), weights=[ints(2**62, 2**62)]))
    odd("expand/2^40", op("Expand", (1, 1), weights=[ints(2**40, 1)]), long=True)
    bad("pad/2^62", op("Pad", (3, 4), weights=[ints(2**62, 0, 2**62, 0)]))
    bad("pad/three", op("Pad", (3, 4), weights=[ints(1, 1, 1)]))
    bad("pad/below nothing", op("Pad", (3, 4), weights=[ints(-2, 0, -2, 0)]))
    bad("squeeze/of a 4", op("Squeeze", (3, 4), weights=[ints(1)]))
    bad("squeeze/axis 7", op("Squeeze", (3, 4), weights=[ints(7)]))
    bad("unsqueeze/twice the same", op("Unsqueeze", (3, 4), weights=[ints(0, 0)]))
    bad("split/too much", op("Split", (3, 4), weights=[ints(9)], axis=1))
    bad("slice/step 0", op("Slice", (3, 4), weights=[ints(0), ints(2), ints(0), ints(0)]))
    bad("slice/lengths differ", op("Slice", (3, 4), weights=[ints(0, 0), ints(2)]))
    bad("slice/axis 5", op("Slice", (3, 4), weights=[ints(0), ints(2), ints(5)]))
    bad("reduce/axis 5", op("ReduceSum", (3, 4), weights=[ints(5)]))
    bad("reduce/axes twice the same", op("ReduceSum", (3, 4), weights=[ints(1, -1)]))
    bad("cast/to 99", op("Cast", (3, 4), to=99))
    bad("cast/to nothing", op("Cast", (3, 4)))
    bad("add/unlike dims", op("Add", (3, 4), (3, 5)))
    bad("add/float and int", op("Add", (3, 4), weights=[np.ones((3, 4), np.int64)]))
    bad("matmul/unlike dims", op("MatMul", (3, 4), (5, 6)))
    bad("matmul/scalar", op("MatMul", (3, 4), ()))
    bad("gemm/unlike dims", op("Gemm", (3, 4), (3, 4)))
    bad("gemm/rank 3", op("Gemm", (2, 3, 4), (4, 5)))
    bad("gemm/bias unlike", op("Gemm", (3, 4), (4, 5), (7,)))
    bad("norm/scale unlike", op("BatchNormalization", (2, 3, 4), (9,), (3,), (3,), (3,)))
    odd("elu/alpha NaN", op("Elu", (3, 4), alpha=float("nan")))
    bad(
        "attribute/twice",
        changed(lambda m: [m.graph.node[4].attribute.add(name="axis", type=AttributeProto.INT, i=1) for _ in range(2)]),
    )
    odd(
        "attribute/unknown", changed(lambda m: m.graph.node[1].attribute.add(name="what", type=AttributeProto.INT, i=1))
    )
    odd("attribute/of no type", changed(lambda m: m.graph.node[4].attribute.add(name="axis", i=1)))
    odd(
        "attribute/refers to nothing",
        changed(lambda m: m.graph.node[4].attribute.add(name="axis", type=AttributeProto.INT, ref_attr_name="none")),
    )


def nested(depth):
    """If within If within If."""
    body = helper.make_graph(
        [node("Identity", ["x"], ["y0"])], "leaf", [], [helper.make_tensor_value_info("y0", TensorProto.FLOAT, None)]
    )
    for i in range(1, depth):
        branch = node("If", ["c"], [f"y{i}"], f"if{i}", then_branch=body, else_branch=body if i < 2 else leaf(i))
        body = helper.make_graph(
            [branch], f"level{i}", [], [helper.make_tensor_value_info(f"y{i}", TensorProto.FLOAT, None)]
        )
    top = node("If", ["c"], ["y"], "outermost", then_branch=body, else_branch=leaf(depth))
    made = small([top])
    made.graph.input.append(helper.make_tensor_value_info("c", TensorProto.BOOL, []))
    return made


def leaf(i):
    return helper.make_graph(
        [node("Identity", ["x"], [f"z{i}"])],
        f"leaf{i}",
        [],
        [helper.make_tensor_value_info(f"z{i}", TensorProto.FLOAT, None)],
    )


def length(size):
    out = b""
    while size > 127:
        out, size = out + bytes([size & 127 | 128]), size >> 7
    return out + bytes([size])


def deep_bytes(depth):
    """A graph in an attribute of a node in a graph ..., deeper than any library would write it."""
    graph = b""
    for _ in range(depth):
        attribute = b"\x0a\x01b" + b"\x32" + length(len(graph)) + graph + b"\xa0\x01\x05"
        op_node = b"\x22\x02If" + b"\x2a" + length(len(attribute)) + attribute
        graph = b"\x0a" + length(len(op_node)) + op_node
    return b"\x08\x08\x3a" + length(len(graph)) + graph


def functions(count, calls, recursive=False):
    """f0 calls f1 `calls` times, f1 calls f2, ...: calls ** count nodes when expanded."""
    made = small([node("f0", ["x"], ["y"], "top", domain="own")])
    made.opset_import.append(helper.make_opsetid("own", 1))
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    for i in range(count):
        last = i == count - 1
        callee, domain = ("f0", "own") if last and recursive else ("Relu", "") if last else (f"f{i + 1}", "own")
        names = ["a", *(f"t{j}" for j in range(calls - 1)), "b"]
        body = [node(callee, [names[j]], [names[j + 1]], f"call{j}", domain=domain) for j in range(calls)]
        made.functions.append(helper.make_function("own", f"f{i}", ["a"], ["b"], body, imports))
    return made


def nesting():
    odd("nesting/20 ifs", nested(20))
    bad("nesting/2,000 graphs", deep_bytes(2000))
    bad("nesting/20,000 graphs", deep_bytes(20000))
    bad("functions/recursive", functions(1, 1, recursive=True))
    bad("functions/recursive in a ring", functions(5, 1, recursive=True))
    bad("functions/2^40 calls", functions(40, 2))
    odd("functions/chain of 300", functions(300, 1))
    bad("functions/missing", small([node("f", ["x"], ["y"], "call", domain="own")]))
    twice = functions(1, 1)
    twice.functions.append(twice.functions[0])
    bad("functions/two of a name", twice)


def register():
    wiring()
    attributes()
    nesting()
