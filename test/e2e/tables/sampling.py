# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ops that read pictures and volumes between their elements: GridSample, RoiAlign, MaxRoiPool, DeformConv."""

import numpy as np
from tables.row import row, x

LOOSE = dict(rtol=1e-4, atol=1e-5)


def around(rng, shape):
    """Coordinates inside and outside of -1..1; corners, too."""
    values = rng.uniform(-1.6, 1.6, shape)
    values.reshape(-1)[:4] = [-1, 1, 0, 2.5]
    return values


def sampled():
    for mode in ("bilinear", "nearest", "bicubic"):
        for border in ("zeros", "border", "reflection"):
            for align in (0, 1):
                attributes = dict(mode=mode, padding_mode=border, align_corners=align, opset=16, tolerance=LOOSE)
                yield row("GridSample", x("N", 3, 7, 10), x("N", 5, 6, 2, values=around), **attributes)
    plane = dict(mode="linear", opset=20, tolerance=LOOSE)
    yield row("GridSample", x(2, 70, "S", "T"), x(2, "T", 31, 2, values=around), **plane)
    yield row("GridSample", x(1, 3, 1, 1), x(1, 4, 4, 2, values=around), padding_mode="reflection", align_corners=1, **plane)
    volume = dict(opset=20, tolerance=LOOSE)
    for mode in ("linear", "nearest"):
        for border in ("zeros", "border", "reflection"):
            grid = x(2, 3, 5, 6, 3, values=around)
            yield row("GridSample", x(2, 3, 4, 5, 6), grid, mode=mode, padding_mode=border, **volume)
    yield row("GridSample", x(1, 2, 3, 4, 5), x(1, 2, 2, 3, 3, values=around), mode="cubic", reference="onnx", **volume)
    yield row("GridSample", x(2, 3, 9), x(2, 7, 1, values=around), mode="linear", reference="onnx", **volume)
    exact = dict(opset=22, reference="onnx")
    half = dict(tolerance=dict(scaled=2e-3), **exact)
    yield row("GridSample", x(2, 3, 5, 6, dtype="float16"), x(2, 4, 4, 2, values=around), mode="linear", **half)
    yield row("GridSample", x(2, 3, 5, 6, dtype="float64"), x(2, 4, 4, 2, dtype="float64", values=around), **exact)
    for dtype in ("uint8", "int16", "int64", "bool", "float16", "bfloat16"):
        yield row("GridSample", x(2, 3, 5, 6, dtype=dtype), x(2, 4, 4, 2, values=around), mode="nearest", **exact)
    # More than one block of places, more than one group of channels.
    yield row("GridSample", x(1, 130, 9, 11), x(1, 29, 31, 2, values=around), opset=16, tolerance=LOOSE)


def regions(size, low=-3.0, high=40.0, first=None):
    """Two corners each, some of them outside of the picture; before them the picture's number."""

    def make(rng, shape):
        corners = np.sort(rng.uniform(low, high, (shape[0], 2, 2)), axis=1).reshape(shape[0], 4)
        if first is None:
            return corners
        return np.concatenate([rng.integers(0, first, (shape[0], 1)), corners], axis=1)

    return x("S", size, values=make)


def numbers(count):
    return x("S", dtype="int64", values=lambda rng, shape: rng.integers(0, count, shape))


def pooled():
    for coordinates in ("half_pixel", "output_half_pixel"):
        for samples in (0, 2):
            for mode in ("avg", "max"):
                yield row(
                    "RoiAlign",
                    x(2, 5, 14, 17),
                    regions(4),
                    numbers(2),
                    opset=16,
                    output_height=3,
                    output_width=4,
                    sampling_ratio=samples,
                    spatial_scale=0.5,
                    mode=mode,
                    coordinate_transformation_mode=coordinates,
                    tolerance=LOOSE,
                )
    yield row("RoiAlign", x(2, 70, 9, 9), regions(4), numbers(2), opset=10, output_height=17, output_width=16, tolerance=LOOSE)
    # Regions far larger than the picture: only samples in it take time.
    huge = lambda rng, shape: np.array([[-3e3, -5, 4e3, 20], [2, -2e4, 9, 2e4], [-30, -30, 60, 45]])
    for mode in ("avg", "max"):
        yield row("RoiAlign", x(2, 3, 9, 11), x(3, 4, values=huge), x(3, dtype="int64", values=lambda rng, shape: [0, 1, 0]),
                  opset=16, output_height=3, output_width=2, mode=mode, tolerance=LOOSE)
    wide = dict(opset=16, output_height=2, output_width=2, sampling_ratio=2)
    yield row("RoiAlign", x(2, 3, 9, 9, dtype="float64"), row_of(regions(4), "float64"), numbers(2), **wide)
    yield row("MaxRoiPool", x(2, 5, 14, 17), regions(5, first=2), pooled_shape=[3, 4], spatial_scale=0.5, opset=16)
    yield row("MaxRoiPool", x(2, 3, "T", 9), regions(5, first=2), pooled_shape=[5, 2])


def row_of(given, dtype):
    given.dtype = dtype
    return given


def deformed():
    # ONNX Runtime lacks some of these; the evaluator is slow.
    shift = lambda rng, shape: rng.uniform(-1.5, 1.5, shape)
    settings = dict(opset=19, reference="onnx", tolerance=LOOSE)
    weights = x(4, 3, 2, 2)
    yield row("DeformConv", x("N", 3, 5, 6), weights, x("N", 8, 4, 5, values=shift), kernel_shape=[2, 2], **settings)
    yield row(
        "DeformConv",
        x(2, 4, 5, 6),
        x(6, 2, 3, 2),
        x(2, 24, 3, 4, values=shift),
        x(6),
        x(2, 12, 3, 4),
        group=2,
        offset_group=2,
        strides=[2, 2],
        pads=[1, 1, 1, 1],
        **settings,
    )
    yield row("DeformConv", x(1, 2, 7, 7), x(3, 2, 2, 2), x(1, 8, 5, 4, values=shift), dilations=[2, 3], **settings)


def rows():
    yield from sampled()
    yield from pooled()
    yield from deformed()
