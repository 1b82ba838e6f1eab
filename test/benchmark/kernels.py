# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times single ops, at the shapes that they have in real models, on Accel and on its peers.

docs/performance.md says how it measures and what the columns mean.
"""

import os
import sys

import numpy as np
import onnx

import bench
import catalogue
import flops
import traffic
from measure import Case

import engine
from builder import Builder

CASES = {}  # name -> (a function that makes the ModelProto, the sizes of its named dims)
CALL = "call"


def case(name, make, **dims):
    CASES[name] = make, dims


def one(op, *shapes, dtype="float32", opset=17, constants=(), weights=(), **attributes):
    """A model of one node: inputs of these shapes, then constants (None: not given), then random weights."""

    def make():
        b = Builder("kernel", opset)
        names = [b.input(f"x{i}", shape, dtype) for i, shape in enumerate(shapes)]
        names += ["" if c is None else b.constant(c) for c in constants]
        names += [b.weight(*dims) for dims in weights]
        b.output(b.node(op, *names, **attributes))
        return b.model()

    return make


def dense(m, k, n, bias=False, relu=False):
    def make():
        b = Builder("kernel")
        x = b.node("MatMul", b.input("x", [m, k]), b.weight(k, n))
        x = b.node("Add", x, b.weight(n)) if bias else x
        b.output(b.node("Relu", x) if relu else x)
        return b.model()

    return make


def dense_half():
    b = Builder("kernel")
    weight = b.constant((b.rng.standard_normal((768, 768)) / 28).astype(np.float16))
    b.output(b.node("MatMul", b.input("x", [128, 768], "float16"), weight))
    return b.model()


def dense_int8():
    """The integer product of dynamically quantized models: activations of 8 bits without a sign, weights with one."""
    b = Builder("kernel")
    weight = b.constant(b.rng.integers(-127, 128, (768, 768)).astype(np.int8))
    zero = b.constant(np.uint8(128))
    b.output(b.node("MatMulInteger", b.input("x", [128, 768], "uint8"), weight, zero))
    return b.model()


def convolution_int8(channels, size):
    """A convolution of a statically quantized model, between QuantizeLinear and DequantizeLinear as exporters put them."""

    def make():
        b = Builder("kernel")
        scale, zero = b.constant(np.float32(0.02)), b.constant(np.uint8(128))
        weight = b.constant(b.rng.integers(-127, 128, (channels, channels, 3, 3)).astype(np.int8))
        scales = b.constant(b.rng.uniform(0.001, 0.002, channels).astype(np.float32))
        signed = b.constant(np.zeros(channels, np.int8))
        x = b.node("DequantizeLinear", b.input("x", [1, channels, size, size], "uint8"), scale, zero)
        w = b.node("DequantizeLinear", weight, scales, signed, axis=0)
        y = b.node("Conv", x, w, pads=[1, 1, 1, 1])
        b.output(b.node("QuantizeLinear", y, b.constant(np.float32(0.2)), zero))
        return b.model()

    return make


def convolution(channels, size, filters, kernel, stride=1, group=1, batch=1):
    """With bias and Relu, as it stands in every network."""

    def make():
        b = Builder("kernel")
        x = b.input("x", [batch, channels, size, size])
        b.output(b.node("Relu", b.conv(x, channels, filters, kernel, strides=[stride, stride], group=group)))
        return b.model()

    return make


def gelu():
    """As exporters before opset 20 write it."""
    b = Builder("kernel")
    x = b.input("x", [128, 3072])
    scaled = b.node("Div", x, b.constant(np.float32(np.sqrt(2))))
    b.output(b.node("Mul", b.node("Mul", x, b.node("Add", b.node("Erf", scaled), b.constant(np.float32(1)))), b.constant(np.float32(0.5))))
    return b.model()


def rms_norm():
    """As exporters before opset 23 write it."""
    b = Builder("kernel")
    x = b.input("x", [128, 768])
    mean = b.node("ReduceMean", b.node("Mul", x, x), axes=[-1], keepdims=1)
    root = b.node("Sqrt", b.node("Add", mean, b.constant(np.float32(1e-6))))
    b.output(b.node("Mul", b.node("Div", x, root), b.weight(768, scale=1.0)))
    return b.model()


def attention(tokens=128, heads=12, size=64, batch=1):
    """Self-attention of BERT as PyTorch exports it."""
    width = heads * size
    b = Builder("kernel")
    x = b.input("x", [batch, tokens, width])
    mask = b.input("mask", [batch, 1, 1, tokens])

    def linear(value):
        return b.node("Add", b.node("MatMul", value, b.weight(width, width)), b.weight(width))

    def split(value, order):
        return b.node("Transpose", b.node("Reshape", value, b.constant([0, 0, heads, size])), perm=order)

    q, k, v = (split(linear(x), order) for order in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]))
    scores = b.node("Div", b.node("MatMul", q, k), b.constant(np.float32(np.sqrt(size))))
    weights = b.node("Softmax", b.node("Add", scores, mask), axis=-1)
    joined = b.node("Transpose", b.node("MatMul", weights, v), perm=[0, 2, 1, 3])
    b.output(linear(b.node("Reshape", joined, b.constant([0, 0, width]))))
    return b.model()


def embedding():
    b = Builder("kernel")
    b.output(b.node("Gather", b.weight(30522, 768), b.input("ids", [1, 128], "int64"), axis=0))
    return b.model()


def resize(mode, scale, **attributes):
    scales = np.array([1, 1, scale, scale], np.float32)
    return one("Resize", [1, 64, 40, 40], constants=[None, scales], mode=mode, **attributes)


def concat():
    b = Builder("kernel")
    b.output(b.node("Concat", *(b.input(f"x{i}", [1, 64, 56, 56]) for i in range(4)), axis=1))
    return b.model()


def norm():
    b = Builder("kernel")
    b.output(b.node("LayerNormalization", b.input("x", [128, 768]), b.weight(768, scale=1.0), b.weight(768), axis=-1))
    return b.model()


def norm_as_nodes():
    """As exporters before opset 17 write it."""
    b = Builder("kernel")
    x = b.input("x", [128, 768])
    centred = b.node("Sub", x, b.node("ReduceMean", x, axes=[-1]))
    variance = b.node("ReduceMean", b.node("Pow", centred, b.constant(np.float32(2))), axes=[-1])
    root = b.node("Sqrt", b.node("Add", variance, b.constant(np.float32(1e-5))))
    b.output(b.node("Add", b.node("Mul", b.node("Div", centred, root), b.weight(768, scale=1.0)), b.weight(768)))
    return b.model()


# What a call costs when there is nothing to do.
case(CALL, one("Neg", [1]))

for m, k, n in ((128, 768, 768), (128, 768, 3072), (128, 3072, 768), (512, 512, 512), (1, 3072, 768), (4, 3072, 768)):
    case(f"gemm {m}x{k}x{n}", dense(m, k, n))
case("gemm bias relu 197x768x768", dense(197, 768, 768, bias=True, relu=True))
case("gemm 64x784x64", dense(64, 784, 64))
case("gemm of unknown rows 128x768x768", dense("rows", 768, 768), rows=128)
case("gemm float16 128x768x768", dense_half)
case("gemm int8 128x768x768", dense_int8)
case("matmul attention scores 12x128x64x128", one("MatMul", [1, 12, 128, 64], [1, 12, 64, 128]))
case("matmul attention values 12x128x128x64", one("MatMul", [1, 12, 128, 128], [1, 12, 128, 64]))

for channels, size in ((64, 56), (128, 28), (256, 14), (512, 7)):
    case(f"conv 3x3 {channels}@{size}", convolution(channels, size, channels, 3))
case("conv 3x3 batch 8 128@28", convolution(128, 28, 128, 3, batch=8))
case("conv 3x3 stride 2 128@56", convolution(128, 56, 128, 3, stride=2))
case("conv 7x7 stem 3@224", convolution(3, 224, 64, 7, stride=2))
for channels, size, filters in ((64, 56, 256), (256, 56, 64), (512, 28, 128), (256, 14, 1024), (2048, 7, 512)):
    case(f"conv 1x1 {channels}to{filters}@{size}", convolution(channels, size, filters, 1))
case("conv 1x1 stride 2 256to512@56", convolution(256, 56, 512, 1, stride=2))
case("conv 3x3 groups 32 128@56", convolution(128, 56, 128, 3, group=32))
case("depthwise 3x3 96@56", convolution(96, 56, 96, 3, group=96))
case("depthwise 3x3 stride 2 96@112", convolution(96, 112, 96, 3, stride=2, group=96))
case("depthwise 5x5 240@28", convolution(240, 28, 240, 5, group=240))
case("conv int8 3x3 128@28", convolution_int8(128, 28))
case(
    "conv transpose 2x2 64@40",
    one("ConvTranspose", [1, 64, 40, 40], weights=[(64, 32, 2, 2)], strides=[2, 2]),
)

window = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}
case("max pool 3x3 stride 2 64@112", one("MaxPool", [1, 64, 112, 112], **window))
case("average pool 3x3 stride 2 64@112", one("AveragePool", [1, 64, 112, 112], **window))
case("global average pool 2048@7", one("GlobalAveragePool", [1, 2048, 7, 7]))

case("softmax 1536x128", one("Softmax", [1536, 128], axis=-1))
case("softmax 768x128", one("Softmax", [768, 128], axis=-1))
case("softmax of unknown rows 1536x128", one("Softmax", ["rows", 128], axis=-1), rows=1536)
case("layer norm 128x768", norm)
case("layer norm as nodes 128x768", norm_as_nodes)
case("rms norm 128x768", rms_norm)

for op in ("Exp", "Erf", "Tanh", "Sigmoid"):
    case(f"{op.lower()} 98304", one(op, [98304]))
case("add 98304", one("Add", [98304], [98304]))
case("exp 16M", one("Exp", [1 << 24]))
case("add 16M", one("Add", [1 << 24], [1 << 24]))
case("gelu 128x3072", gelu)
case("add bias 128x3072", one("Add", [128, 3072], weights=[(3072,)]))

for axis, name in ((2, "last"), (1, "middle"), (0, "first")):
    case(f"sum over the {name} axis 64x128x256", one("ReduceSum", [64, 128, 256], constants=[[axis]], keepdims=0))
case("max over the last axis 64x128x256", one("ReduceMax", [64, 128, 256], axes=[2], keepdims=0))
case("argmax 128x30522", one("ArgMax", [128, 30522], axis=1, keepdims=0))

case("transpose NCHW to NHWC 64@56", one("Transpose", [1, 64, 56, 56], perm=[0, 2, 3, 1]))
case("transpose NHWC to NCHW 64@56", one("Transpose", [1, 56, 56, 64], perm=[0, 3, 1, 2]))
case("transpose attention heads 128x12x64", one("Transpose", [1, 128, 12, 64], perm=[0, 2, 1, 3]))
case("transpose matrix 768x3072", one("Transpose", [768, 3072], perm=[1, 0]))

case("gather embedding 128 of 30522x768", embedding)
case("concat channels 4x64@56", concat)
case("resize nearest x2 64@40", resize("nearest", 2, nearest_mode="floor", coordinate_transformation_mode="asymmetric"))
case("resize linear x2 64@40", resize("linear", 2, coordinate_transformation_mode="half_pixel"))

case("attention BERT 128 tokens", attention)
case("attention BERT 128 tokens, unknown batch", lambda: attention(batch="batch"), batch=1)


def least_bytes(model, feeds, dims):
    """What a run must at least read and write; of a table as much as is gathered from it."""
    total = traffic.read(model, feeds)
    gathered = {name for node in model.graph.node if node.op_type == "Gather" for name in node.output}
    for value in model.graph.output:
        tensor = value.type.tensor_type
        size = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type).itemsize
        count = int(np.prod([dims[d.dim_param] if d.dim_param else d.dim_value for d in tensor.shape.dim]))
        total += count * size * (2 if value.name in gathered else 1)
    return total


def load(name, folder):
    make, dims = CASES[name]
    model = make()
    path = os.path.join(folder, "kernel.onnx")
    onnx.save(model, path)
    feeds = engine.random_feeds(model, dims)
    feeds = {n: abs(a) if a.dtype.kind == "i" else a for n, a in feeds.items()}  # indices
    counted = flops.count(model, feeds)
    assert not counted.unknown
    work = {"flops": counted.flops, "bytes": least_bytes(model, feeds, dims)}
    return Case(name, path, feeds, **work, loose=catalogue.rounds_elsewhere(model), mean=name != CALL)


def main():
    parser = bench.parser(__doc__)
    run = bench.Run("kernels", parser)
    with run.measuring():
        for name in filter(run.chosen, CASES):
            run.add(load(name, run.folder.name))
    return run.finish()


if __name__ == "__main__":
    sys.exit(main())
