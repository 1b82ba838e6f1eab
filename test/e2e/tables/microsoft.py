# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The ops of com.microsoft that ONNX Runtime's optimizers write, against ONNX Runtime; experiments of opset 1."""

import numpy as np
from tables.quantize import STEP, byte, scales, small, spread
from tables.row import const, positive, row, x

DOMAIN = "com.microsoft"
OUT = dict(values=positive(0.02, 0.04))


def fused():
    for activation in ("Relu", "Tanh", "Sigmoid"):
        yield row("FusedConv", x("N", 3, 7, 9), x(4, 3, 3, 3), x(4), activation=activation, pads=[1, 1, 1, 1], domain=DOMAIN)
        yield row("FusedGemm", x("N", 5), x(5, 7), x(7), activation=activation, domain=DOMAIN)
    yield row("FusedConv", x(2, 3, 7, 9), x(4, 3, 3, 3), None, x(2, 4, 5, 7), activation="Relu", domain=DOMAIN)
    for name, numbers in (("LeakyRelu", [0.2]), ("Clip", [-0.5, 0.75]), ("HardSigmoid", [0.3, 0.4])):
        yield row("FusedConv", x(1, 3, 7, 9), x(4, 3, 3, 3), x(4), activation=name, activation_params=numbers, domain=DOMAIN)
    yield row("FusedGemm", x(5, "N"), x(7, 5), x(7), activation="LeakyRelu", activation_alpha=0.3, alpha=0.5, beta=2.0, transA=1,
              transB=1, domain=DOMAIN)
    for left in (0, 1):
        for right in (0, 1):
            a, b = [("N", 5, 7), ("N", 7, 5)][left], [("N", 7, 3), ("N", 3, 7)][right]
            yield row("FusedMatMul", x(*a), x(*b), alpha=0.5, transA=left, transB=right, domain=DOMAIN)
    yield row("FusedMatMul", x(4, 2, 7), x(2, 7, 3), transBatchA=1, domain=DOMAIN)
    yield row("FusedMatMul", x(7, 2, 4), x(5, 2, 7), transBatchA=1, transBatchB=1, transA=1, transB=1, domain=DOMAIN)


def softmax(dtype, axis, opset):
    # The row's own opset is the model's; this one is an attribute of the node.
    found = row("QLinearSoftmax", byte(dtype, 3, 5, 7), scales(), small(dtype), const(1 / 256, "float32"), const(0, dtype),
                axis=axis, domain=DOMAIN, tolerance=STEP)
    found.attributes["opset"] = opset
    return found


def functions():
    for dtype in ("uint8", "int8"):
        a, b = [byte(dtype, "N", 7), scales(), small(dtype)], [byte(dtype, "N", 7), scales(), small(dtype)]
        to = [scales(), small(dtype)]
        yield row("QLinearAdd", *a, *b, *to, domain=DOMAIN, tolerance=STEP)
        yield row("QLinearMul", *a, *b, x(values=positive(1, 3)), small(dtype), domain=DOMAIN, tolerance=STEP)
        yield row("QLinearLeakyRelu", *a, *to, alpha=0.2, domain=DOMAIN, tolerance=STEP)
        yield row("QLinearSigmoid", *a, x(values=positive(0.003, 0.01)), small(dtype), domain=DOMAIN, tolerance=STEP)
        for axis, opset in ((-1, 13), (1, 12)):
            yield softmax(dtype, axis, opset)
        image = [byte(dtype, "N", 3, 8, 9), scales(), small(dtype)]
        yield row("QLinearGlobalAveragePool", *image, *to, domain=DOMAIN, tolerance=STEP)
        # Equal scales and an odd zero point: many averages are halves, whose rounding the zero point decides.
        same, odd = const(0.5, "float32"), const(5, dtype)
        for padded in (0, 1):
            yield row("QLinearAveragePool", byte(dtype, 2, 3, 7, 8), same, odd, same, odd, kernel_shape=[2, 2], strides=[2, 2],
                      pads=[1, 1, 1, 1], count_include_pad=padded, domain=DOMAIN, tolerance=dict(rtol=0, atol=0))
        for padded in (0, 1):
            yield row("QLinearAveragePool", *image, *to, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1],
                      count_include_pad=padded, domain=DOMAIN, tolerance=STEP)
        yield row("QLinearConcat", *to, byte(dtype, "N", 3), scales(), small(dtype), byte(dtype, "N", 4), scales(), small(dtype),
                  axis=1, domain=DOMAIN, tolerance=STEP)
        yield row("NhwcMaxPool", byte(dtype, 2, 8, 9, 3), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], domain=DOMAIN,
                  tolerance=STEP)
    yield row("QLinearGlobalAveragePool", byte("uint8", 2, 8, 9, 3), scales(), small("uint8"), scales(), small("uint8"),
              channels_last=1, domain=DOMAIN, tolerance=STEP)


def products():
    for a, b in (("uint8", "int8"), ("uint8", "uint8"), ("int8", "int8")):
        yield row("MatMulIntegerToFloat", byte(a, "N", 37), byte(b, 37, 19), scales(), scales(), small(a), small(b), x(19), domain=DOMAIN)
        yield row("QGemm", byte(a, "N", 37), scales(), small(a), byte(b, 37, 19), scales(), small(b),
                  x(19, dtype="int32", values=spread(-900, 900)), x(values=positive(20, 40)), small(a), domain=DOMAIN, tolerance=STEP)
    yield row("MatMulIntegerToFloat", byte("uint8", 5, 37), byte("int8", 37, 19), scales(), scales(19), small("uint8"), small("int8", 19),
              domain=DOMAIN)
    yield row("QGemm", byte("uint8", 37, 5), scales(), small("uint8"), byte("int8", 19, 37), scales(), small("int8"), transA=1, transB=1,
              alpha=0.5, domain=DOMAIN)
    for zero in (True, False):
        yield row("DynamicQuantizeMatMul", x("N", 37), byte("int8", 37, 19), scales(), small("int8") if zero else None, x(19), domain=DOMAIN)


def attention():
    rows_, heads, width = 5, 3, 24
    parts = lambda b: [byte("uint8", "B", rows_, width), byte(b, width, 3 * width), x(3 * width), x(values=positive(0.003, 0.005)),
                       x(values=positive(0.003, 0.005))]
    loose = dict(rtol=1e-4, atol=1e-5)
    for b in ("int8", "uint8"):
        yield row("QAttention", *parts(b), None, small("uint8"), small(b), num_heads=heads, domain=DOMAIN, tolerance=loose)
    mask = x("B", dtype="int32", values=spread(1, rows_))
    yield row("QAttention", *parts("int8"), mask, small("uint8"), small("int8"), num_heads=heads, domain=DOMAIN, tolerance=loose)
    past = x(2, "B", heads, 4, width // heads)
    yield row("QAttention", *parts("int8"), None, small("uint8"), small("int8"), past, num_heads=heads, unidirectional=1, outputs=2,
              domain=DOMAIN, tolerance=loose)


def blocks():
    rows_, block = 5, 16
    for k in (32, 40):
        count = -(-k // block)
        shape = dict(K=k, N=rows_, block_size=block, domain=DOMAIN)
        table = lambda bits: byte("uint8", rows_, count, block * bits // 8)
        yield row("MatMulNBits", x("N", k), table(4), scales(rows_ * count), bits=4, **shape)
        yield row("MatMulNBits", x(3, "N", k), table(4), scales(rows_ * count), byte("uint8", rows_ * -(-count // 2)), bits=4, **shape)
        yield row("MatMulNBits", x("N", k), table(8), scales(rows_ * count), byte("uint8", rows_ * count), bits=8, **shape)
    yield row("MatMulNBits", x("N", 32), byte("uint8", 5, 2, 8), scales(10), None, None, x(5), K=32, N=5, bits=4, block_size=16, domain=DOMAIN)
    index = x("N", dtype="int64", values=spread(0, 6))
    for bits in (4, 8):
        wide = 64 * bits // 8
        yield row("GatherBlockQuantized", byte("uint8", 7, wide), index, scales(7, 4), bits=bits, block_size=16, domain=DOMAIN)
        yield row("GatherBlockQuantized", byte("uint8", 7, wide), index, scales(7, 4), byte("uint8", 7, 4 * bits // 8), bits=bits,
                  block_size=16, domain=DOMAIN)


def experiments():
    """ONNX Runtime has forgotten them: against formulas."""
    yield row("Affine", x("N", 3), opset=1, alpha=2.0, beta=0.5, reference=lambda v: np.float32(2) * v + np.float32(0.5))
    yield row("ImageScaler", x(2, 3, 4, 5), opset=1, scale=0.5, bias=[1.0, 2.0, 3.0],
              reference=lambda v: v * np.float32(0.5) + np.array([1, 2, 3], np.float32).reshape(3, 1, 1))
    yield row("Crop", x(2, 3, 8, 9), opset=1, border=[1, 2, 3, 1], reference=lambda v: v[:, :, 2:7, 1:6])
    yield row("Crop", x(2, 3, 8, 9), opset=1, border=[1, 2, 0, 0], scale=[4, 5], reference=lambda v: v[:, :, 2:6, 1:6])


def rows():
    yield from fused()
    yield from functions()
    yield from products()
    yield from attention()
    yield from blocks()
    yield from experiments()
