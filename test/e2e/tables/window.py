# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Conv and pooling in one, two and three dimensions: groups, strides, dilations, uneven pads, auto_pad, ceil_mode."""

from tables.row import row, x


def conv():
    weights = [
        ((3, 17, 17), (8, 3, 3, 3), {}),
        ((3, 17, 17), (8, 3, 3, 3), dict(pads=[1, 1, 1, 1])),
        ((3, 17, 17), (8, 3, 3, 3), dict(pads=[0, 1, 2, 3])),
        ((3, 17, 17), (8, 3, 3, 3), dict(strides=[2, 2], pads=[1, 1, 1, 1])),
        ((3, 17, 19), (7, 3, 5, 3), dict(strides=[3, 1], pads=[2, 1, 2, 1])),
        ((3, 17, 17), (8, 3, 3, 3), dict(dilations=[2, 3])),
        ((3, 17, 17), (8, 3, 3, 3), dict(auto_pad="SAME_UPPER", strides=[2, 2])),
        ((3, 17, 17), (8, 3, 4, 4), dict(auto_pad="SAME_LOWER")),
        ((3, 17, 17), (8, 3, 3, 3), dict(auto_pad="VALID")),
        ((16, 9, 9), (24, 16, 1, 1), {}),
        ((16, 9, 9), (24, 16, 1, 1), dict(strides=[2, 2])),
        ((8, 11, 11), (8, 1, 3, 3), dict(group=8, pads=[1, 1, 1, 1])),
        ((8, 11, 11), (16, 1, 3, 3), dict(group=8, strides=[2, 2])),
        ((6, 11, 11), (9, 2, 3, 3), dict(group=3)),
        ((64, 14, 14), (48, 64, 3, 3), dict(pads=[1, 1, 1, 1])),
        ((16, 9, 45), (32, 16, 3, 3), dict(pads=[1, 1, 1, 1])),
        ((16, 9, 45), (32, 16, 3, 3), dict(pads=[2, 0, 0, 3], strides=[2, 3], dilations=[1, 2])),
        ((16, 3, 3), (20, 16, 5, 5), dict(pads=[4, 30, 5, 16])),
        ((32, 9, 9), (48, 16, 3, 3), dict(group=2, pads=[1, 1, 1, 1])),
        ((32, 9, 9), (64, 4, 3, 3), dict(group=8, pads=[1, 1, 1, 1])),
        ((24, 9, 9), (24, 1, 5, 5), dict(group=24, pads=[2, 2, 2, 2])),
        ((24, 9, 40), (24, 1, 3, 3), dict(group=24, pads=[1, 0, 2, 5], strides=[2, 2])),
        ((1, 28, 28), (8, 1, 5, 5), dict(auto_pad="SAME_UPPER")),
        ((5, 1, 1), (7, 5, 1, 1), {}),
        ((16, 61, 1), (40, 16, 5, 1), dict(pads=[2, 0, 1, 0])),
        ((16, 61, 1), (32, 16, 3, 3), dict(pads=[1, 1, 1, 1], strides=[2, 1])),
        ((5, 4, 4), (7, 5, 4, 4), {}),
    ]
    for data, weight, attributes in weights:
        yield row("Conv", x("N", *data), x(*weight), x(weight[0]), **attributes)
    yield row("Conv", x("N", 3, 17, 17), x(8, 3, 3, 3), kernel_shape=[3, 3])
    yield row("Conv", x("N", 3, "S", 40), x(8, 3, 3, 3), pads=[1, 1, 1, 1])
    # Windows whose elements lie apart, some of them outside at all positions.
    for weight, attributes in (
        ((32, 16, 3, 3), dict(pads=[6, 6, 6, 6], dilations=[6, 6])),
        ((40, 16, 3, 3), dict(pads=[36, 30, 36, 30], dilations=[36, 30])),
        ((32, 16, 3, 3), dict(pads=[20, 30, 21, 31], dilations=[20, 30], strides=[2, 3])),
        ((16, 1, 5, 5), dict(pads=[4, 20, 4, 20], dilations=[2, 10], group=16)),
    ):
        yield row("Conv", x("N", 16, "S", "S"), x(*weight), x(weight[0]), **attributes)
    yield row("Conv", x("N", 3, 33), x(5, 3, 4), x(5), pads=[2, 1], strides=[2])
    yield row("Conv", x("N", 4, 33), x(4, 1, 3), group=4, dilations=[4])
    yield row("Conv", x("N", 3, 7, 8, 9), x(5, 3, 3, 2, 3), x(5), pads=[1, 0, 1, 1, 1, 1])
    yield row("Conv", x("N", 3, 9, 9, dtype="float64"), x(5, 3, 3, 3, dtype="float64"))
    # Half precision sums in f32, through the same layouts.
    for data, weight, attributes in weights[1:14:3] + weights[14:22] + weights[23:]:
        half = (x(*dims, dtype="float16") for dims in (("N", *data), weight, weight[:1]))
        yield row("Conv", *half, **attributes, tolerance=dict(scaled=2e-3))
    for data, weight, attributes in (weights[1], weights[14], weights[18], weights[20]):
        half = (x(*dims, dtype="bfloat16") for dims in (("N", *data), weight, weight[:1]))
        yield row("Conv", *half, **attributes, opset=22, tolerance=dict(scaled=2e-2), reference="onnx")


def pools():
    plane = ("N", 5, 17, 19)
    options = [
        dict(kernel_shape=[2, 2], strides=[2, 2]),
        dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        dict(kernel_shape=[3, 2], pads=[0, 1, 2, 0]),
        dict(kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
        dict(kernel_shape=[2, 2], auto_pad="SAME_UPPER"),
        dict(kernel_shape=[3, 3], auto_pad="SAME_LOWER", strides=[2, 2]),
        dict(kernel_shape=[1, 1]),
        dict(kernel_shape=[17, 19]),
    ]
    for op in ("MaxPool", "AveragePool"):
        half = x(*plane, dtype="float16")
        yield row(op, half, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], tolerance=dict(scaled=2e-3))
        for attributes in options:
            yield row(op, x(*plane), **attributes)
        yield row(op, x("N", 5, 33), kernel_shape=[3], strides=[2])
        yield row(op, x("N", 2, 7, 8, 9), kernel_shape=[2, 3, 2], strides=[2, 2, 1])
        yield row(op, x("N", 3, "S", 12), kernel_shape=[2, 2], strides=[2, 2])
    yield row("MaxPool", x(*plane), kernel_shape=[3, 3], dilations=[2, 2])
    yield row("MaxPool", x("N", 20, "S", "S"), kernel_shape=[3, 3], dilations=[2, 2], pads=[2, 2, 2, 2])
    yield row("AveragePool", x(*plane), kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
    yield row(
        "AveragePool",
        x(*plane),
        kernel_shape=[3, 3],
        pads=[1, 1, 1, 1],
        strides=[2, 2],
        ceil_mode=1,
        count_include_pad=1,
    )
    for op in ("GlobalAveragePool", "GlobalMaxPool"):
        for dims in (plane, ("N", 5, 33), ("N", 3, 4, 5, 6), (1, 1, 1, 1), ("N", 3, "S", 7)):
            yield row(op, x(*dims))


def rows():
    yield from conv()
    yield from pools()
