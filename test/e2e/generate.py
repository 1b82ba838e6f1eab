# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small models made by script, in the manner of real ones: shapes of networks, and habits of exporters.

MODELS is name -> (a function that makes the ModelProto, the sizes of its named dims to try).
usage: generate.py DIR    writes them all as DIR/name.onnx
"""

import os
import sys

import numpy as np
import onnx
from onnx import helper

from builder import Builder, float_data, weights_as_inputs, weights_as_nodes

MODELS = {}


def model(*sizes):
    def register(make):
        MODELS[make.__name__] = (make, list(sizes) or [{}])
        return make

    return register


BATCHES = ({"batch": 1}, {"batch": 5}, {"batch": 32})


@model(*BATCHES)
def mlp():
    b = Builder("mlp")
    x = b.input("x", ["batch", 97])
    for i, o in ((97, 64), (64, 33)):
        x = b.node("Relu", b.linear(x, i, o))
    b.output(b.node("Softmax", b.linear(x, 33, 10), axis=-1))
    return b.model()


def small_cnn(batch):
    b = Builder("cnn")
    x = b.input("image", [batch, 3, 28, 28])
    x = b.node("Relu", b.batch_norm(b.conv(x, 3, 16, 3), 16))
    x = b.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = b.node("Relu", b.batch_norm(b.conv(x, 16, 24, 3), 24))
    x = b.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    b.output(b.node("LogSoftmax", b.linear(b.node("Flatten", x), 24 * 7 * 7, 10), axis=1))
    return b.model()


@model({"height": 14, "width": 10, "n": 3}, {"height": 5, "width": 7, "n": 0}, {"height": 23, "width": 16, "n": 20})
def joined_dynamic():
    """Concatenations of sizes that only a run knows: of channels, within each other; of rows that are parts of rows."""
    b = Builder("joined")
    image = b.input("image", [1, 16, "height", "width"])
    features = [b.node("Relu", b.conv(image, 16, 32, 3))]
    for i in range(3):
        joined = b.node("Concat", *features, axis=1) if i else features[0]
        features.append(b.node("Relu", b.conv(b.node("Relu", joined), 32 * (i + 1), 32, 3)))
    b.output(b.conv(b.node("Concat", image, *features, features[0], axis=1), 176, 16, 1))
    rows = b.input("rows", ["n", 32])
    ends = b.constant(np.array([5], np.int64))
    head = b.node("Slice", rows, b.constant(np.array([0], np.int64)), ends)
    rest = b.node("Slice", rows, ends, b.constant(np.array([1 << 40], np.int64)))
    joined = b.node("Concat", b.node("Softmax", rest), b.node("Softmax", rows), b.node("Softmax", head), axis=0)
    b.output(b.node("Softmax", joined, axis=0))
    first, second = b.node("Softmax", rows), b.node("Softmax", rows, axis=0)
    b.output(b.node("Add", b.node("Concat", first, second, axis=0), b.constant(np.float32(1))))
    b.output(b.node("Concat", rows, first, b.node("Concat", second, b.node("Relu", second), axis=0), axis=0))
    return b.model()


@model()
def dense_block():
    """Concatenations within concatenations; of an input, of one value twice, and at odd places."""
    b = Builder("dense")
    image = b.input("image", [1, 16, 14, 14])
    features = [b.node("Relu", b.conv(image, 16, 32, 3))]
    for i in range(4):
        joined = b.node("Concat", *features, axis=1) if i else features[0]
        features.append(b.node("Relu", b.conv(b.node("Relu", joined), 32 * (i + 1), 32, 3)))
    x = b.node("Concat", *features, axis=1)
    y = b.conv(x, 160, 16, 1)
    z = b.node("Concat", image, y, y, axis=1)
    odd = b.node("Concat", b.conv(z, 48, 5, 1), b.conv(z, 48, 11, 1), y, axis=1)
    flat = b.node("Concat", b.node("Flatten", odd), b.node("Flatten", z), axis=1)
    b.output(b.linear(flat, 80 * 14 * 14, 7))
    b.output(b.node("Concat", features[0], y, axis=1))
    return b.model()


@model()
def cnn_static():
    return small_cnn(1)


@model(*BATCHES)
def cnn_dynamic():
    return small_cnn("batch")


@model(*BATCHES)
def residual():
    """A block with a skip, and one whose skip has a strided 1x1."""
    b = Builder("residual")
    x = b.input("x", ["batch", 16, 17, 17])
    y = b.batch_norm(b.conv(b.node("Relu", b.conv(x, 16, 16, 3)), 16, 16, 3), 16)
    x = b.node("Relu", b.node("Add", x, y))
    y = b.conv(b.node("Relu", b.conv(x, 16, 32, 3, strides=[2, 2])), 32, 32, 3)
    x = b.node("Relu", b.node("Add", y, b.conv(x, 16, 32, 1, strides=[2, 2], pads=[0, 0, 0, 0])))
    b.output(b.node("Flatten", b.node("GlobalAveragePool", x)))
    return b.model()


@model()
def few_positions():
    """Deep convolutions of small pictures, whose sums are computed in blocks of channels: edges, strides, a skip."""
    b = Builder("few_positions")
    x = b.input("x", [1, 320, 7, 6])
    y = b.node("Relu", b.conv(x, 320, 320, 3))
    x = b.node("Relu", b.node("Add", x, b.conv(y, 320, 320, 3)))
    wide = b.node("Sigmoid", b.conv(x, 320, 2080, 1, pads=[0] * 4))
    narrow = b.node("Relu", b.conv(wide, 2080, 64, 1, pads=[0] * 4))
    strided = b.node("Relu", b.conv(x, 320, 64, 5, strides=[2, 1]))
    b.output(narrow, strided)
    return b.model()


@model(*BATCHES)
def separable():
    """Depthwise and 1x1, hard-swish, squeeze and excite."""
    b = Builder("separable")
    x = b.input("x", ["batch", 8, 14, 14])
    y = b.node("HardSwish", b.conv(x, 8, 24, 1, pads=[0] * 4))
    y = b.conv(y, 24, 24, 3, group=24)
    gate = b.node("Relu", b.conv(b.node("GlobalAveragePool", y), 24, 6, 1, pads=[0] * 4))
    gate = b.node("HardSigmoid", b.conv(gate, 6, 24, 1, pads=[0] * 4))
    y = b.conv(b.node("Mul", y, gate), 24, 8, 1, pads=[0] * 4)
    b.output(b.node("Clip", b.node("Add", x, y), b.constant(0.0, np.float32), b.constant(6.0, np.float32)))
    return b.model()


@model(*BATCHES)
def branches():
    """Parallel convolutions joined along channels, split again, one half gated by the other."""
    b = Builder("branches")
    x = b.input("x", ["batch", 5, 13, 11])
    parts = [b.conv(x, 5, n, k) for n, k in ((4, 1), (6, 3), (2, 5))]
    pooled = b.node("AveragePool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    joined = b.node("Concat", *parts, b.conv(pooled, 5, 4, 1), axis=1)
    left, right = b.node("Split", joined, outputs=2, axis=1)
    b.output(b.node("Mul", left, b.node("Sigmoid", right)))
    return b.model()


@model({"batch": 1}, {"batch": 3})
def one_column():
    """Signals as pictures of one column: register tiles take their rows along the other spatial dim."""
    b = Builder("one_column")
    x = b.input("x", ["batch", 16, 203, 1])
    x = b.node("Relu", b.node("Conv", x, b.weight(40, 16, 5, 1), b.weight(40), pads=[2, 0, 2, 0]))
    x = b.node("Add", x, b.conv(x, 40, 40, 3))
    x = b.node("Conv", x, b.weight(64, 40, 7, 1), strides=[2, 1], dilations=[3, 1])
    b.output(b.node("Conv", b.node("Sigmoid", x), b.weight(64, 1, 3, 1), group=64))
    return b.model()


def small_stages(batch, height=123, width=117):
    """Convolutions read by windows, or by sums over channels, whose pictures leave the second cache: two in one kernel.
    Odd sizes, strides that skip rows, windows that reach far into padding, and what stands between and behind them."""
    b = Builder("stages")
    image = b.input("image", [batch, 16, height, width])
    low, high = b.constant(0.0, np.float32), b.constant(6.0, np.float32)

    def wide(kernel=1, **attributes):
        return b.conv(image, 16, 40, kernel, **attributes)

    def depthwise(x, kernel=3, **attributes):
        return b.conv(x, 40, 40, kernel, group=40, **attributes)

    def pool(kind, x, kernel, stride, **attributes):
        return b.node(kind, x, kernel_shape=[kernel] * 2, strides=[stride] * 2, **attributes)

    ones = [1, 1, 1, 1]
    b.output(
        pool("MaxPool", b.node("Relu", wide(3)), 3, 2),
        pool("MaxPool", wide(), 3, 2, pads=ones, ceil_mode=1),
        pool("MaxPool", b.node("HardSwish", wide(3)), 2, 2),
        pool("MaxPool", wide(), 2, 3),
        pool("AveragePool", b.node("Relu", wide()), 3, 2, pads=[0, 1, 2, 1]),
        pool("AveragePool", wide(), 5, 3, pads=[4, 0, 4, 4], count_include_pad=1),
        b.node("Clip", depthwise(b.node("Clip", wide(), low, high), strides=[2, 2]), low, high),
        b.node("Relu", depthwise(wide(3), pads=[0, 2, 1, 0])),
        depthwise(b.node("Sigmoid", wide()), 5, dilations=[3, 1], pads=[6, 2, 6, 2], strides=[1, 2]),
    )
    shared = wide()
    b.output(b.node("Relu", b.node("Add", b.conv(b.node("Relu", depthwise(shared, 5)), 40, 40, 1), shared)))
    b.output(b.conv(b.node("Relu", depthwise(wide(), pads=[2, 0, 0, 2])), 40, 24, 1, strides=[2, 2]))
    b.output(pool("MaxPool", depthwise(wide()), 2, 2))
    return b.model()


@model()
def stages_static():
    return small_stages(1)


@model({"batch": 1}, {"batch": 3})
def stages_dynamic():
    return small_stages("batch")


@model(*({"height": h, "width": w} for h, w in ((123, 117), (9, 13), (37, 601), (65, 257))))
def stages_any_size():
    """Rows of up to 256 columns are an item's: longer ones are cut."""
    return small_stages(1, "height", "width")


@model({"height": 40, "width": 320}, {"height": 320, "width": 320})
def padding_alone():
    """Windows that lie in padding alone: behind convolutions that would else share a kernel with their reader."""
    b = Builder("padding")
    image = b.input("image", [1, 16, "height", "width"])
    x = b.node("Relu", b.conv(image, 16, 48, 1, pads=[0] * 4))
    b.output(b.conv(x, 48, 48, 3, group=48, pads=[40, 1, 5, 8]))
    y = b.node("Relu", b.conv(image, 16, 16, 3, group=16))
    b.output(b.conv(y, 16, 24, 1, pads=[9, 4, 2, 9]))
    return b.model()


PICTURES = [
    {"batch": b, "height": h, "width": w}
    for b, h, w in ((1, 1, 1), (1, 2, 3), (2, 5, 9), (1, 16, 8), (1, 9, 27), (2, 33, 21), (1, 7, 61), (1, 3, 602))
]


@model(*PICTURES)
def any_size():
    """Windows over pictures whose height and width are named: the first and the last ones reach into padding."""
    b = Builder("any_size")
    image = b.input("image", ["batch", 3, "height", "width"])
    x = b.node("Relu", b.conv(image, 3, 16, 3, strides=[2, 2]))
    wide = b.conv(x, 16, 40, 3)
    x = b.node("Add", x, b.conv(wide, 40, 16, 5, dilations=[1, 2], pads=[2, 4, 2, 4]))
    deep = b.node("HardSwish", b.conv(x, 16, 16, 3, group=16))
    uneven = b.conv(deep, 16, 16, 5, group=16, pads=[4, 1, 0, 3], strides=[1, 2])
    grouped = b.conv(deep, 16, 32, 3, group=2)
    most = b.node("MaxPool", wide, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1)
    mean = b.node("AveragePool", b.conv(image, 3, 8, 1), kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    up = b.node("ConvTranspose", x, b.weight(16, 8, 2, 2), strides=[2, 2])
    twice = b.node("Resize", grouped, "", b.constant([1, 1, 2, 2], np.float32), mode="nearest")
    line = b.node("Conv", b.node("ReduceMean", wide, axes=[2], keepdims=0), b.weight(8, 40, 5), pads=[3, 1])
    b.output(uneven, most, mean, up, twice, line)
    return b.model()


@model({"batch": 1, "seq": 17}, {"batch": 3, "seq": 1}, {"batch": 2, "seq": 64})
def attention():
    """One encoder layer, with batch and sequence named; reshapes take their shape from Shape."""
    b, width, heads = Builder("attention"), 32, 4
    x = b.input("x", ["batch", "seq", width])
    split = b.constant([0, 0, heads, width // heads], np.int64)

    def project(y):
        return b.node("Add", b.node("MatMul", y, b.weight(width, width)), b.weight(width))

    q, k, v = (b.node("Reshape", project(x), split) for _ in range(3))
    q, v = (b.node("Transpose", y, perm=[0, 2, 1, 3]) for y in (q, v))
    scores = b.node("MatMul", q, b.node("Transpose", k, perm=[0, 2, 3, 1]))
    scores = b.node("Softmax", b.node("Div", scores, b.constant(np.sqrt(width // heads), np.float32)), axis=-1)
    y = b.node("Transpose", b.node("MatMul", scores, v), perm=[0, 2, 1, 3])
    shape = b.node("Shape", x)
    y = b.node(
        "Reshape",
        y,
        b.node("Concat", b.node("Slice", shape, b.constant([0]), b.constant([2])), b.constant([width]), axis=0),
    )
    x = b.node("LayerNormalization", b.node("Add", x, project(y)), b.weight(width, scale=1.0), b.weight(width))
    y = b.node("MatMul", x, b.weight(width, 4 * width))
    y = b.node(
        "Mul",
        b.node("Mul", y, b.constant(0.5, np.float32)),
        b.node("Add", b.node("Erf", b.node("Div", y, b.constant(np.sqrt(2), np.float32))), b.constant(1, np.float32)),
    )
    b.output(b.node("Add", x, b.node("MatMul", y, b.weight(4 * width, width))))
    return b.model()


@model({"n": 1}, {"n": 19})
def several_ports():
    """Inputs of several dtypes, one unused; outputs that are an input, a constant, a boolean, a middle value, the same twice."""
    b = Builder("ports")
    x, k, flag = b.input("x", ["n", 7]), b.input("k", ["n", 7], "int64"), b.input("flag", ["n", 1], "bool")
    b.input("unused", ["n", 2])
    middle = b.node("Mul", x, b.node("Cast", k, to=1))
    chosen = b.node("Where", flag, middle, x)
    b.output(
        middle, chosen, b.node("Greater", chosen, b.constant(0, np.float32)), b.node("Add", k, b.constant(1, np.int64))
    )
    b.output(
        b.node("Identity", x), b.node("Identity", b.constant([[1.5, -2.0]], np.float32)), b.node("Identity", middle)
    )
    return b.model()


@model({"n": 1}, {"n": 130})
def long_chain():
    """Sixty elementwise ops in a row: one kernel or many, the numbers are the same."""
    b = Builder("chain")
    first = x = b.input("x", ["n", 33])
    for i in range(20):
        x = b.node(
            "Tanh", b.node("Add", b.node("Mul", x, b.weight(33, scale=1.0)), first if i % 3 else b.weight(1, 33))
        )
    b.output(x)
    return b.model()


@model()
def deep():
    """Two hundred layers."""
    b = Builder("deep")
    x = b.input("x", [1, 16])
    for _ in range(200):
        x = b.node("Tanh", b.linear(x, 16, 16))
    b.output(x)
    return b.model()


@model({"batch": 2}, {"batch": 7})
def odd_names():
    """Names that no identifier, file or shell would stand; two that differ only in such characters."""
    b = Builder('a "graph"; $(touch /x) \n')
    x = b.input("in/put:0", ["batch", 5])
    y = b.node("Relu", x, name="layer 1/relu;`id`", out="out.1")
    z = b.node("Tanh", y, name="layer 1/relu;'id'", out="out/1")
    b.output(b.node("Add", y, z, name="\u00fcml\u00e4ut \u6f22\u5b57", out="\u03c3(x)"), "out/1")
    return b.model()


@model({"batch": 1}, {"batch": 9})
def flattened_by_shape():
    """As older exporters write a flatten: Shape, Gather, Unsqueeze, Concat, Reshape; and weights as Constant nodes."""
    b = Builder("flatten", opset=11)
    x = b.node("Relu", b.conv(b.input("x", ["batch", 2, 6, 5]), 2, 4, 3))
    batch = b.node("Gather", b.node("Shape", x), b.constant(0, np.int64), axis=0)
    shape = b.node("Concat", b.node("Unsqueeze", batch, axes=[0]), b.constant([-1]), axis=0)
    b.output(b.node("Gemm", b.node("Reshape", x, shape), b.weight(120, 7), b.weight(7)))
    return weights_as_nodes(b.model())


@model(*BATCHES)
def old_file():
    """Opset 7: initializers among the inputs, weights as float_data, Softmax over flattened dims, Dropout to drop."""
    b = Builder("old", opset=7)
    x = b.node("Relu", b.conv(b.input("x", ["batch", 2, 8, 8]), 2, 3, 3))
    x = b.node("Dropout", b.node("Sum", x, x, x), ratio=0.5)
    b.output(b.node("Softmax", x, axis=1))
    made = b.model()
    made.ir_version = 3
    return weights_as_inputs(float_data(made))


@model({"n": 3}, {"n": 1})
def local_function():
    """A function of the model's own, called twice with different attributes."""
    b = Builder("functions")
    b.opsets["own"] = 1
    body = [
        helper.make_node("LeakyRelu", ["a"], ["t"], "leak"),
        helper.make_node("Add", ["t", "b"], ["y"], "plus"),
    ]
    attribute = body[0].attribute.add()
    attribute.name, attribute.ref_attr_name, attribute.type = "alpha", "slope", onnx.AttributeProto.FLOAT
    b.functions.append(
        helper.make_function("own", "LeakyAdd", ["a", "b"], ["y"], body, [helper.make_opsetid("", 17)], ["slope"])
    )
    x = b.input("x", ["n", 6])
    y = b.node("LeakyAdd", x, b.weight(6), domain="own", slope=0.1)
    b.output(b.node("LeakyAdd", y, x, domain="own", slope=0.7))
    return b.model()


@model({"n": 4}, {"n": 1})
def integers():
    """Arithmetic on int64 and int32 stays exact."""
    b = Builder("integers")
    x, y = b.input("x", ["n", 7], "int64"), b.input("y", ["n", 7], "int32")
    product = b.node("Mul", b.node("Sub", x, b.constant(3, np.int64)), b.node("Cast", y, to=7))
    b.output(
        b.node("ReduceSum", product, b.constant([1])),
        b.node("MatMul", y, b.constant(np.arange(21).reshape(7, 3) - 9, np.int32)),
    )
    return b.model()


@model({"n": 2})
def nothing_left():
    """Every output is known while compiling, or is an input."""
    b = Builder("folded")
    x = b.input("x", ["n", 3])
    a = b.node("Mul", b.constant([1.0, 2.0], np.float32), b.constant([3.0, 0.5], np.float32))
    b.output(b.node("Add", a, a), b.node("Identity", x))
    return b.model()


@model({"n": 0}, {"n": 2}, {"n": 0})
def empty_batch():
    """A batch of none gives outputs of none."""
    b = Builder("empty")
    x = b.node("Relu", b.linear(b.input("x", ["n", 9]), 9, 4))
    b.output(x, b.node("ReduceSum", x, b.constant([0])))
    return b.model()


@model({"a": 3, "b": 5}, {"a": 1, "b": 1}, {"a": 17, "b": 2})
def sums_of_names():
    """Dims that add and multiply: Concat of two named dims, a reshape of their product."""
    b = Builder("dims")
    x, y = b.input("x", ["a", 4]), b.input("y", ["b", 4])
    both = b.node("Concat", x, y, axis=0)
    b.output(both, b.node("Reshape", b.node("MatMul", x, b.node("Transpose", y, perm=[1, 0])), b.constant([-1])))
    b.output(b.node("ReduceMax", both, axes=[0], keepdims=0))
    return b.model()


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, (make, _) in MODELS.items():
        onnx.save(make(), os.path.join(sys.argv[1], f"{name}.onnx"))


if __name__ == "__main__":
    main()
