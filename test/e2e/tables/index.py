# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ops that read or write at positions which are data, look for positions, or go along an axis."""

import numpy as np
from tables.row import const, row, x


def spread(low, high):
    return lambda rng, shape: rng.integers(low, high, shape)


def ties(rng, shape):
    return rng.integers(0, 4, shape)


def distinct(size):
    """Each row a permutation of 0..size-1, so that no two writes meet."""
    return lambda rng, shape: np.stack([rng.permutation(size)[: shape[-1]] for _ in range(shape[0])])


def gathers():
    for axis, size in ((0, 5), (1, 7), (-1, 9)):
        at = x(5, 7, 9, dtype="int64", values=spread(-size, size))
        yield row("GatherElements", x(5, 7, 9), at, axis=axis)
    yield row("GatherElements", x("N", 17), x("N", 33, dtype="int32", values=spread(-17, 17)), axis=1)
    yield row("GatherElements", x(5, 7, dtype="int64"), x(3, 7, dtype="int64", values=spread(0, 5)), axis=0)
    yield row("GatherElements", x(4, 5), x(2, 3, dtype="int64", values=spread(0, 5)), axis=1)
    yield row("GatherND", x(5, 7, 9), x("N", 2, dtype="int64", values=spread(-5, 5)))
    yield row("GatherND", x(5, 7, 9), x("N", 3, 1, dtype="int64", values=spread(-5, 5)))
    yield row("GatherND", x(5, 7, 9), x(4, 3, dtype="int64", values=spread(0, 5)))
    yield row("GatherND", x("N", 7, 9), x("N", 4, 1, dtype="int64", values=spread(0, 7)), batch_dims=1)
    yield row("GatherND", x(2, 3, 7, dtype="uint8"), x(2, 3, 1, dtype="int64", values=spread(0, 7)), batch_dims=2)


def scatters():
    for axis in (0, 1):
        at = x(5, 5, dtype="int64", values=distinct(5)) if axis else x(1, 5, dtype="int64", values=spread(-5, 5))
        yield row("ScatterElements", x(5, 5), at, x(*at.dims), axis=axis, opset=18)
    for how in ("add", "mul", "max", "min"):
        at = x("N", 6, dtype="int64", values=spread(-9, 9))
        yield row("ScatterElements", x("N", 9), at, x("N", 6), axis=1, reduction=how, opset=18)
        at = x(6, 1, dtype="int64", values=spread(-9, 9))
        yield row("ScatterND", x(9, 7), at, x(6, 7), reduction=how, opset=18)
    yield row("ScatterND", x(9, 7), x(4, 1, dtype="int64", values=lambda r, s: [[8], [0], [-3], [2]]), x(4, 7))
    yield row("ScatterND", x(3, 4), x(2, 2, dtype="int64", values=lambda r, s: [[2, 3], [-3, 1]]), x(2))
    yield row("Scatter", x(3, 4), x(1, 2, dtype="int64", values=lambda r, s: [[1, 3]]), x(1, 2), axis=1, opset=10)


def cumulated():
    loose = dict(rtol=1e-4, atol=1e-5)
    for axis in (0, 1, -1):
        for exclusive in (0, 1):
            for reverse in (0, 1):
                attributes = dict(exclusive=exclusive, reverse=reverse, tolerance=loose)
                yield row("CumSum", x("N", 7, 9), const(axis), **attributes)
    yield row("CumSum", x("N", 33, dtype="int64"), const(1))
    yield row("CumSum", x("N", 33, dtype="float64"), const(1))


def extremes():
    for op in ("ArgMax", "ArgMin"):
        for axis in (0, 1, -1):
            for last in (0, 1):
                yield row(op, x("N", 7, 33, values=ties), axis=axis, select_last_index=last)
        yield row(op, x("N", 7, 5), axis=1, keepdims=0)
        yield row(op, x("N", 21, "S", 8), axis=1, keepdims=0)
        yield row(op, x("N", 17, dtype="int32", values=ties), axis=1)
        yield row(op, x("N", 17, dtype="uint8", values=ties), axis=1)
        yield row(op, x("N", 1), axis=1)
    for axis in (0, 1, -1):
        yield row("Hardmax", x("N", 7, 5, values=ties), axis=axis)
        yield row("Hardmax", x("N", 7, 5), axis=axis, opset=11)
    yield row("EyeLike", x("N", 7))
    yield row("EyeLike", x(5, 7), k=2)
    yield row("EyeLike", x("N", "S", dtype="int32"), k=-1, dtype=1, reference="onnx")


def pools():
    for op, options in (
        ("LpPool", dict(kernel_shape=[2, 3], strides=[2, 1])),
        ("LpPool", dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1], p=1)),
        ("LpPool", dict(kernel_shape=[2, 2], p=3)),
        ("GlobalLpPool", dict(p=2)),
    ):
        yield row(op, x("N", 3, 7, 9), tolerance=dict(rtol=1e-4), **options)
    for options in (
        dict(kernel_shape=[2, 2], strides=[2, 2]),
        dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]),
        dict(kernel_shape=[3, 2], dilations=[2, 2]),
        dict(kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
        dict(kernel_shape=[2, 2], strides=[2, 2], storage_order=1),
    ):
        yield row("MaxPool", x(2, 3, 9, 11), outputs=2, **options)
    yield row("MaxPool", x("N", 3, 33), outputs=2, kernel_shape=[3], strides=[2])


def rows():
    yield from gathers()
    yield from scatters()
    yield from cumulated()
    yield from extremes()
    yield from pools()
