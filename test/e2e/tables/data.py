# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ops whose sizes, axes or positions are data, which the functions of lib/Runtime/CPU/Ops do."""

import numpy as np
from tables.row import Input, const, row, x


class Given(Input):
    """An input of the run with these very values, which tell rows apart."""

    def __str__(self):
        return f"{self.dtype}{self.values(None, None).tolist()}".replace(" ", "")


def ints(*values, dtype="int64"):
    return Given((len(values),), dtype, lambda rng, shape: np.asarray(values))


def floats(*values, dtype="float32"):
    return ints(*values, dtype=dtype)


def number(value, dtype="int64"):
    return Given((), dtype, lambda rng, shape: np.asarray(value))


def few(low, high):
    return lambda rng, shape: rng.integers(low, high, shape)


def shapes():
    yield row("Reshape", x("N", 4, 6), ints(-1, 8))
    yield row("Reshape", x(3, 4, dtype="int8"), ints(0, 2, -1))
    yield row("Expand", x(3, 1), ints(2, 1, 5))
    yield row("Expand", x(7, dtype="bool"), ints(1))
    yield row("ConstantOfShape", ints(3, 0, 2))
    yield row("Squeeze", x(1, 5, 1), ints(-1))
    yield row("Unsqueeze", x("N", 5), ints(0, -1))
    yield row("Tile", x("N", 3), ints(2, 3))
    yield row("Split", x(4, 9), ints(2, 7), axis=1, outputs=2)
    for numbers in ((0, 9, 2), (5, -4, -3), (3, 3, 1)):
        yield row("Range", *(number(n) for n in numbers))
        yield row("Range", *(number(n, "float32") for n in numbers))


def parts():
    yield row("Slice", x("N", 17), ints(-5, dtype="int32"), ints(99, dtype="int32"), ints(1, dtype="int32"))
    yield row("Slice", x(5, 7, 9), ints(4, 1), ints(-99, 6), ints(0, -1), ints(-2, 3))
    for mode in ("constant", "edge", "reflect"):
        yield row("Pad", x(4, 5), ints(1, 2, 0, 3), mode=mode, opset=18)
    yield row("Pad", x(6, 5), ints(-2, 1, 3, -1), number(2.5, "float32"), opset=18)
    yield row("Pad", x(6, 5, 3), ints(4, 5), None, ints(1), mode="wrap", opset=19)


def selections():
    for dtype in ("float32", "int64", "int32", "uint8", "bool"):
        yield row("NonZero", x(7, 11, dtype=dtype, values=few(0, 2)))
    yield row("NonZero", x("N", 3, 5, values=few(0, 2)))
    some = lambda rng, shape: rng.choice(np.array(["", "a", "\u00e9", " "], object), shape)
    given = lambda v: np.array(np.nonzero(v != ""), np.int64)
    yield row("NonZero", x("N", 3, 5, dtype="string", values=some), reference=given)
    yield row("Compress", x("N", 9, 3), x(9, dtype="bool", values=few(0, 2)), axis=1)
    yield row("Compress", x(5, 7), x(20, dtype="bool", values=few(0, 2)))
    yield row("OneHot", x(3, 5, dtype="int64", values=few(-4, 4)), number(6), const([0.5, 2.5], "float32"), axis=1)


def sorts():
    for k in (1, 3, 17):
        yield row("TopK", x("N", 17), const([k]), outputs=2)
        yield row("TopK", x("N", 17, values=few(0, 5)), ints(k), largest=0, outputs=2)
    yield row("TopK", x(5, 33, 7), const([4]), axis=1, outputs=2)
    yield row("TopK", x(3, 1000, dtype="int64"), const([10]), outputs=2)
    yield row("TopK", x(3, 40), k=5, opset=9, outputs=2)
    for order in (0, 1):
        yield row("Unique", x(40, values=few(0, 9)), sorted=order, outputs=4)
        yield row("Unique", x(12, 2, dtype="int64", values=few(0, 2)), sorted=order, axis=0, outputs=4)
    for center in (0, 1):
        limits = (ints(5), x(1, values=lambda rng, shape: [0.3]), x(1, values=lambda rng, shape: [0.2]))
        boxes = x(2, 40, 4, values=lambda rng, shape: rng.uniform(0.1, 1, shape))
        scores = x(2, 3, 40, values=lambda rng, shape: rng.uniform(0, 1, shape))
        yield row("NonMaxSuppression", boxes, scores, *limits, center_point_box=center)


def reductions():
    for op in ("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "LogSumExp", "SumSquare"):
        yield row(f"Reduce{op}", x("N", 5, 7), ints(1, -1), keepdims=0, opset=18)
    yield row("ReduceLogSum", x(3, 5, values=lambda rng, shape: rng.uniform(0.1, 2, shape)), ints(0), opset=18)
    yield row("ReduceSum", x(3, 5, 7, dtype="int64"), ints(1), opset=18)
    yield row("ReduceSum", x(3, 5), x(0, dtype="int64"), noop_with_empty_axes=1, opset=18)


def rows():
    for part in (shapes, parts, selections, sorts, reductions):
        yield from part()
