# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ops that move or shape values without computing: their results must be equal to the bit."""

from tables.row import const, row, x


def views():
    for shape in ([-1, 119], [0, -1], [0, 17, 7], [0, 0, -1, 1]):
        yield row("Reshape", x("N", 7, 17), const(shape))
    yield row("Reshape", x(4, 6), const([2, 3, 4]))
    yield row("Reshape", x(1), const([1, 1, 1]))
    for axis in (0, 1, 2, 3, -1):
        yield row("Flatten", x("N", 3, 4, 5), axis=axis)
    yield row("Squeeze", x("N", 1, 7, 1), const([1, 3]))
    yield row("Squeeze", x("N", 1, 7, 1), const([-1]))
    yield row("Squeeze", x(1, 7, 1))
    yield row("Squeeze", x("N", 1, 7), opset=11, axes=[1])
    yield row("Unsqueeze", x("N", 7), const([0, 3]))
    yield row("Unsqueeze", x("N", 7), const([-1]))
    yield row("Unsqueeze", x("N", 7), opset=11, axes=[1])
    yield row("Identity", x("N", 7))
    yield row("Identity", x("N", 7, dtype="bool"))
    yield row("Dropout", x("N", 7))
    yield row("Dropout", x("N", 7), opset=7)


def moves():
    for perm in ([1, 0, 2], [2, 1, 0], [0, 2, 1], [1, 2, 0], [0, 1, 2]):
        yield row("Transpose", x("N", 17, 97), perm=perm)
    yield row("Transpose", x("N", 7, 5, 3))
    yield row("Transpose", x("N", 3, 17, 19), perm=[0, 2, 3, 1])
    yield row("Transpose", x("N", 17, 19, 3), perm=[0, 3, 1, 2])
    yield row("Transpose", x("N", 7, 5, dtype="int64"), perm=[2, 0, 1])
    yield row("Transpose", x("N", 7, 5, dtype="uint8"), perm=[2, 0, 1])
    yield row("Concat", x("N", 7), x("N", 5), axis=1)
    yield row("Concat", x("N", 7), x("N", 5), x("N", 1), axis=-1)
    yield row("Concat", x("N", 7), x("N", 7), axis=0)
    yield row("Concat", x("N", 3, 5, 5), x("N", 4, 5, 5), axis=1)
    yield row("Concat", x(2, 7, dtype="int64"), x(3, 7, dtype="int64"), axis=0)
    yield row("Split", x("N", 12), outputs=3, axis=1)
    yield row("Split", x("N", 12), const([2, 7, 3]), outputs=3, axis=1)
    yield row("Split", x("N", 7, 5), const([1, 6]), outputs=2, axis=-2)
    yield row("Split", x("N", 12), outputs=2, opset=11, axis=1, split=[5, 7])
    yield row("Split", x("N", 10), outputs=3, opset=18, axis=1, num_outputs=3)
    yield row("Slice", x("N", 17, 9), const([1, 2]), const([9, 8]), const([1, 2]))
    yield row("Slice", x("N", 17, 9), const([-9]), const([2**62]), const([1]))
    yield row("Slice", x("N", 17, 9), const([0]), const([100]), const([1]), const([3]))
    yield row("Slice", x("N", 17, 9), const([-1]), const([-100]), const([2]), const([-2]))
    yield row("Slice", x(0, 5), const([-1, 3]), const([-(2**31), 4]), const([0, 1]), const([-1, 1]))
    yield row("Slice", x(5, 17, 9), const([0]), const([1]), const([0]))
    yield row("Slice", x("N", 17), opset=9, starts=[2], ends=[-3], axes=[1])
    yield row("Pad", x("N", 5, 7), const([0, 1, 2, 0, 3, 0]))
    yield row("Pad", x("N", 5, 7), const([0, 1, 2, 0, 3, 0]), const(1.5, "float32"))
    yield row("Pad", x("N", 5, 7), const([0, 1, 2, 0, 3, 3]), mode="reflect")
    yield row("Pad", x("N", 5, 7), const([0, 1, 2, 0, 3, 1]), mode="edge")
    yield row("Pad", x("N", 5, 7), const([0, -1, 2, 0, -2, 0]))
    yield row("Pad", x("N", 5), opset=2, pads=[0, 1, 0, 2], value=0.5)


def choices():
    for indices, axis in (([0, 2, 1, 2], 1), ([[0, 1], [-1, 3]], 1), (2, 1), ([0, 0], 0), ([-1], 2)):
        yield row("Gather", x("N", 7, 5), const(indices), axis=axis)
    spread = lambda rng, shape: rng.integers(-7, 7, shape)
    yield row("Gather", x(7, 5), x("N", dtype="int64", values=spread), axis=0)
    yield row("Gather", x(7, 5), x("N", 3, dtype="int32", values=spread), axis=0)
    yield row("Expand", x("N", 1, 7), const([1, 5, 1]))
    yield row("Expand", x(7), const([3, 7]))
    yield row("Expand", x(3, 1), const([2, 1, 6]))
    yield row("Shape", x("N", 7, "S"))
    yield row("Shape", x("N", 7, 5), start=1)
    yield row("Shape", x("N", 7, 5), start=-2, end=-1)
    yield row("Size", x("N", 7, 5))


def rows():
    yield from views()
    yield from moves()
    yield from choices()
