# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Parts of pictures and sequences where they belong: Col2Im, MaxUnpool, CenterCropPad, ReverseSequence, AffineGrid."""

import numpy as np
from tables.data import ints
from tables.row import const, row, x


def folded():
    yield row("Col2Im", x("N", 12, 30), const([7, 6]), const([2, 2]), opset=18)
    yield row("Col2Im", x(2, 12, 30), ints(7, 6), ints(2, 2), opset=18, strides=[1, 1])
    settings = dict(opset=18, dilations=[2, 1], pads=[1, 0, 2, 3], strides=[2, 3])
    yield row("Col2Im", x(2, 18, 20), const([8, 11]), const([3, 2]), **settings)
    yield row("Col2Im", x(1, 16, 24), const([3, 4, 5]), const([2, 2, 2]), opset=18, reference="onnx")
    yield row("Col2Im", x(2, 6, 8), const([10]), const([3]), opset=18, reference="onnx")
    for dtype in ("float16", "float64", "int32", "uint8"):
        loose = dict(tolerance=dict(scaled=2e-3)) if dtype == "float16" else {}
        yield row("Col2Im", x(1, 8, 9, dtype=dtype), const([4, 4]), const([2, 2]), opset=18, reference="onnx", **loose)


def places(*dims):
    """An index in each window of two by two: no two alike."""

    def make(rng, shape):
        n, c, h, w = shape
        grid = np.indices(shape)
        row_at = 2 * grid[2] + rng.integers(0, 2, shape)
        return ((grid[0] * c + grid[1]) * 2 * h + row_at) * 2 * w + 2 * grid[3] + rng.integers(0, 2, shape)

    return x(*dims, dtype="int64", values=make)


def unpooled():
    window = dict(kernel_shape=[2, 2], strides=[2, 2], opset=11)
    yield row("MaxUnpool", x("N", 3, 4, 5), places("N", 3, 4, 5), **window)
    yield row("MaxUnpool", x(2, 3, 4, 5, dtype="float16"), places(2, 3, 4, 5), reference="onnx", **window)
    sized = dict(reference="onnx", **window)
    yield row("MaxUnpool", x(2, 3, 4, 5), places(2, 3, 4, 5), const([2, 3, 9, 12]), **sized)
    yield row("MaxUnpool", x(2, 3, 4, 5), places(2, 3, 4, 5), ints(2, 3, 8, 11), **sized)


def centred():
    settings = dict(opset=18, reference="onnx")
    for make in (const, lambda sizes: ints(*sizes)):
        yield row("CenterCropPad", x("N", 7, 8), make([4, 10, 3]), **settings)
        yield row("CenterCropPad", x(5, 9, 3), make([8, 6]), axes=[-2, 0], **settings)
        yield row("CenterCropPad", x(5, 9, dtype="int8"), make([2, 9]), **settings)
        yield row("CenterCropPad", x(3, 4, dtype="bool"), make([6, 0]), **settings)


def reversed_rows():
    for time in (0, 1):
        lengths = x("N", dtype="int64", values=lambda rng, shape: rng.integers(1, 8, shape))
        dims = ("N", 7) if time else (7, "N")
        for tail in ((), (3,), (2, 5)):
            yield row("ReverseSequence", x(*dims, *tail), lengths, time_axis=time, batch_axis=1 - time)
    for dtype in ("int64", "bool", "float16"):
        yield row("ReverseSequence", x(4, 3, 2, dtype=dtype), ints(4, 1, 3), reference="onnx")


def grids():
    for align in (0, 1):
        settings = dict(align_corners=align, opset=20)
        yield row("AffineGrid", x("N", 2, 3), const([2, 3, 5, 6]), reference="onnx", **settings)
        yield row("AffineGrid", x(2, 2, 3), ints(2, 3, 7, 4), **settings)
        yield row("AffineGrid", x(2, 3, 4), ints(2, 3, 4, 5, 6), **settings)
        yield row("AffineGrid", x(1, 3, 4, dtype="float64"), const([1, 3, 3, 2, 7]), **settings)


def rows():
    yield from folded()
    yield from unpooled()
    yield from centred()
    yield from reversed_rows()
    yield from grids()
