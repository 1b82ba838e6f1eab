# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reductions, softmax and normalizations: axes as attribute and as input, old and new meanings, one-sized dims."""

import numpy as np

from tables.row import const, positive, row, x

REDUCTIONS = ("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSum", "LogSumExp")


def reductions():
    for kind in REDUCTIONS:
        op, values = f"Reduce{kind}", positive(0.5, 1.5) if kind in ("Prod", "LogSum") else None
        new = 13 if kind == "Sum" else 18
        for axes in ([1], [-1], [0], [1, 2], [0, 2], [0, 1, 2]):
            yield row(op, x("N", 7, 97, values=values), const(axes), opset=new if kind == "Sum" else 18)
        yield row(op, x("N", 7, 17, values=values), const([1]), opset=18, keepdims=0)
        yield row(op, x("N", 7, 17, values=values), opset=18)
        yield row(op, x("N", 7, 17, values=values), opset=18, keepdims=0)
        yield row(op, x("N", 7, 17, values=values), opset=11, axes=[1, -1], keepdims=0)
        yield row(op, x("N", 1, 17, values=values), const([1]), opset=18)
    yield row("ReduceSum", x("N", 7, 17), opset=18, noop_with_empty_axes=1)
    yield row("ReduceSum", x("N", 7, "S"), const([2]))
    yield row("ReduceMax", x("N", 7, "S"), const([1, 2]), opset=18)
    for dtype in ("float64", "int32", "int64"):
        yield row("ReduceSum", x("N", 7, 17, dtype=dtype), const([1]))
        yield row("ReduceMax", x("N", 7, 17, dtype=dtype), const([1]), opset=18)


def large(spread):
    return lambda rng, shape: 2000 + spread * rng.standard_normal(shape)


def mean(*axes):
    return lambda value, *rest: value.astype(np.float64).mean(axes, keepdims=True).astype(np.float32)


def of_squares(*axes, finish=np.asarray):
    return lambda value, *rest: finish((value.astype(np.float64) ** 2).sum(axes, keepdims=True)).astype(np.float32)


def total(*axes):
    return lambda value, *rest: value.astype(np.float64).sum(axes, keepdims=True).astype(np.float32)


def instance_norm(value, *rest):
    value = value.astype(np.float64)
    middle, spread = value.mean((2, 3), keepdims=True), value.var((2, 3), keepdims=True)
    return ((value - middle) / np.sqrt(spread + 1e-5)).astype(np.float32)


def long_sums():
    """Sums of so many terms that a chain of additions in f32 would lose half of the digits."""
    near = dict(rtol=3e-6, atol=0.0, scaled=0.0)
    for dims, axes in ((("L",), [0]), ((2, "L"), [1]), (("L", 3), [0]), (("L", 32), [0]), ((2, "H", 800), [1, 2]), (("H", 800, 2), [0, 1])):
        given = x(*dims, values=large(1))
        yield row("ReduceMean", given, const(axes), opset=18, reference=mean(*axes), tolerance=near)
        yield row("ReduceSum", given, const(axes), opset=18, reference=total(*axes), tolerance=near)
        # What is summed up is computed in the same loop.
        yield row("ReduceSumSquare", given, const(axes), opset=18, reference=of_squares(*axes), tolerance=near)
        yield row("ReduceL2", given, const(axes), opset=18, reference=of_squares(*axes, finish=np.sqrt), tolerance=near)
    yield row("GlobalAveragePool", x(1, 3, "H", 800, values=large(1)), reference=mean(2, 3), tolerance=near)
    for channels in (2, 16):
        given = x(1, channels, "H", 800, values=large(40)), const(np.ones(channels), "float32"), const(np.zeros(channels), "float32")
        yield row("InstanceNormalization", *given, reference=instance_norm, tolerance=dict(rtol=0.0, atol=3e-5, scaled=0.0))


def not_numbers(rng, shape):
    """A row with a NaN, one with an element of no weight, and one of numbers."""
    values = rng.standard_normal(shape)
    values[0, -1], values[1, 0] = np.nan, -np.inf
    return values


def softmaxes():
    for op in ("Softmax", "LogSoftmax"):
        for dims, axis in (
            (("N", 10), -1),
            (("N", 10), 0),
            (("N", 7, 97), 1),
            (("N", 7, 97), 2),
            (("N", 1, 5), 1),
            ((1,), 0),
            (("N", "S"), 1),
        ):
            yield row(op, x(*dims), axis=axis)
        for dims, axis in (
            (("N", 10), 1),
            (("N", 7, 17), 1),
            (("N", 7, 17), 2),
            (("N", 7, 17), 0),
            (("N", 3, 4, 5), 2),
        ):
            yield row(op, x(*dims), opset=11, axis=axis)
        yield row(op, x("N", 10), opset=9)
        yield row(op, x("N", 10, values=lambda rng, shape: 100 * rng.standard_normal(shape)))
        yield row(op, x("N", 10, dtype="float64"))
        for columns in (7, 40, 700, "S"):
            yield row(op, x(3, columns, values=not_numbers))


def even_lrn(x):
    """LRN of size 4: the squares of one channel before, the channel itself and two after it."""
    wide = np.pad(x.astype(np.float64), ((0, 0), (1, 2), (0, 0), (0, 0)))
    total = sum(wide[:, i : i + x.shape[1]] ** 2 for i in range(4))
    return (x / (2.0 + 0.01 / 4 * total) ** 0.5).astype(x.dtype)


def normalizations():
    for dims in (("N", 5, 7, 9), ("N", 5), ("N", 5, 13), ("N", 5, 3, 4, 2)):
        c = (5,)
        yield row("BatchNormalization", x(*dims), x(*c), x(*c), x(*c), x(*c, values=positive()))
    yield row("BatchNormalization", x("N", 5, 7), x(5), x(5), x(5), x(5, values=positive()), epsilon=0.1)
    yield row("BatchNormalization", x("N", 5, 7), x(5), x(5), x(5), x(5, values=positive()), opset=9)
    yield row("LayerNormalization", x("N", 7, 97), x(97), x(97))
    yield row("LayerNormalization", x("N", 7, 97), x(97), axis=-1, epsilon=1e-2)
    yield row("LayerNormalization", x("N", 7, 5), x(7, 5), x(7, 5), axis=1)
    yield row("InstanceNormalization", x("N", 5, 7, 9), x(5), x(5))
    yield row("LRN", x("N", 7, 5, 6), size=3)
    # ONNX Runtime has odd sizes only, and the onnx package's evaluator counts channels by the batch.
    yield row("LRN", x("N", 7, 5, 6), size=4, alpha=0.01, beta=0.5, bias=2.0, reference=even_lrn)
    yield row("LpNormalization", x("N", 7, 5), axis=1, p=2)


def rows():
    yield from reductions()
    yield from long_sums()
    yield from softmaxes()
    yield from normalizations()
