# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Quantized tensors: conversions by tensor, axis and block, and sums of products, which must be exact."""

import numpy as np
from tables.row import const, positive, row, x

EXACT, STEP = dict(rtol=0, atol=0), dict(rtol=0, atol=1)


def spread(low, high):
    return lambda rng, shape: rng.integers(low, high + 1, shape)


def wide(rng, shape):
    return rng.uniform(-40, 40, shape)


def scales(*dims):
    return x(*dims, values=positive(0.05, 0.3))


def conversions():
    for dtype, low, high in (("uint8", 0, 255), ("int8", -128, 127), ("uint16", 0, 65535), ("int16", -32768, 32767)):
        opset = 21 if "16" in dtype else 13
        zero = lambda *dims: x(*dims, dtype=dtype, values=spread(max(low, -9), 9))
        yield row("QuantizeLinear", x("N", 7, values=wide), scales(), zero(), opset=opset, tolerance=EXACT)
        yield row("QuantizeLinear", x("N", 7, 5, values=wide), scales(7), zero(7), axis=1, opset=opset, tolerance=EXACT)
        yield row("DequantizeLinear", x("N", 7, dtype=dtype, values=spread(low, high)), scales(), zero(), opset=opset)
        yield row("DequantizeLinear", x(4, "N", 7, dtype=dtype, values=spread(low, high)), scales(7), zero(7), axis=-1, opset=opset)
    yield row("QuantizeLinear", x("N", 7, values=wide), const(0.17, "float32"), tolerance=EXACT)
    # Halves go to the even number.
    yield row("QuantizeLinear", x(64, values=lambda rng, shape: np.arange(64) / 2 - 16), const(1.0, "float32"), const(3, "int8"), tolerance=EXACT)
    yield row("DequantizeLinear", x("N", 7, dtype="int32", values=spread(-1000, 1000)), const(0.25, "float32"))
    blocks = dict(axis=1, block_size=4, opset=21)
    yield row("QuantizeLinear", x(3, 8, values=wide), scales(3, 2), x(3, 2, dtype="int8", values=spread(-9, 9)), tolerance=EXACT, **blocks)
    yield row("DequantizeLinear", x(3, 8, dtype="int8", values=spread(-128, 127)), scales(3, 2), x(3, 2, dtype="int8", values=spread(-9, 9)), **blocks)
    yield row("DynamicQuantizeLinear", x("N", 9, values=wide), outputs=3, tolerance=EXACT)


def byte(dtype, *dims):
    return x(*dims, dtype=dtype, values=spread(0, 255) if dtype == "uint8" else spread(-128, 127))


def small(dtype, *dims):
    return x(*dims, dtype=dtype, values=spread(0, 9) if dtype == "uint8" else spread(-9, 9))


def products():
    for a, b in (("uint8", "int8"), ("uint8", "uint8"), ("int8", "int8")):
        yield row("MatMulInteger", byte(a, "N", 37), byte(b, 37, 19), small(a), small(b), opset=10, tolerance=EXACT)
        yield row("MatMulInteger", byte(a, 5, 700), byte(b, 700, 3), opset=10, tolerance=EXACT)
        left, right = [byte(a, "N", 37), scales(), small(a)], [byte(b, 37, 19), scales(), small(b)]
        yield row("QLinearMatMul", *left, *right, x(values=positive(20, 40)), small(a), opset=10, tolerance=STEP)
    yield row("MatMulInteger", byte("uint8", 5, 37), byte("int8", 37, 3), small("uint8"), small("int8", 3), opset=10, tolerance=EXACT)
    yield row("MatMulInteger", byte("uint8", 2, 5, 37), byte("uint8", 2, 37, 3), small("uint8"), small("uint8"), opset=10, tolerance=EXACT)


def narrow_floats():
    """Products of float8, in float32; the other operand and the result may be integers."""

    def product(a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero):
        left = (a.astype(np.float64) - a_zero.astype(np.float64)) * a_scale
        sum_ = left @ ((b.astype(np.float64) - b_zero.astype(np.float64)) * b_scale) / y_scale
        if y_zero.dtype.kind in "iu":
            limits = np.iinfo(y_zero.dtype)
            return np.clip(np.round(sum_) + y_zero, limits.min, limits.max).astype(y_zero.dtype)
        return sum_.astype(np.float32).astype(y_zero.dtype)

    floats = {dtype: lambda *dims, dtype=dtype: x(*dims, dtype=dtype) for dtype in ("float8_e4m3fn", "float8_e5m2")}
    for a, b, y in (("float8_e4m3fn", "float8_e4m3fn", "float8_e4m3fn"), ("float8_e5m2", "int8", "float8_e4m3fn"), ("int8", "float8_e5m2", "int8")):
        operand = lambda dtype, *dims: [floats[dtype](*dims) if dtype in floats else byte(dtype, *dims), scales()]
        zero = lambda dtype: const(0, dtype) if dtype in floats else small(dtype)
        yield row("QLinearMatMul", *operand(a, "N", 37), zero(a), *operand(b, 37, 19), zero(b), x(values=positive(1, 3)), zero(y), opset=21,
                  reference=product, tolerance=STEP if y == "int8" else dict(rtol=0.13, atol=0.01))


def convolutions():
    options = dict(opset=10, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    yield row("ConvInteger", byte("uint8", "N", 3, 9, 7), byte("uint8", 5, 3, 3, 3), small("uint8"), small("uint8"), tolerance=EXACT, **options)
    yield row("ConvInteger", byte("uint8", 1, 80, 9, 7), byte("uint8", 5, 80, 3, 3), small("uint8"), tolerance=EXACT, **options)
    for a, b in (("uint8", "int8"), ("uint8", "uint8"), ("int8", "int8")):
        for zeros in ((), (5,)) if b == "int8" else ((),):
            inputs = [byte(a, "N", 3, 9, 7), scales(), small(a), byte(b, 5, 3, 3, 3), scales(*zeros),
                      x(*zeros, dtype=b, values=spread(0, 0)) if zeros else small(b), x(values=positive(20, 40)), small(a)]
            yield row("QLinearConv", *inputs, tolerance=STEP, **options)
    yield row("QLinearConv", byte("uint8", 2, 4, 9, 7), scales(), small("uint8"), byte("int8", 6, 2, 3, 3), scales(), const(0, "int8"),
              x(values=positive(20, 40)), small("uint8"), x(6, dtype="int32", values=spread(-900, 900)),
              tolerance=STEP, group=2, strides=[2, 1], **options)


def rows():
    yield from conversions()
    yield from products()
    yield from narrow_floats()
    yield from convolutions()
