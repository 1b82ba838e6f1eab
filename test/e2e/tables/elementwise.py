# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Elementwise ops: functions of one value, of two with broadcasting, of several; comparison, logic, choice, casts."""

import numpy as np

from tables.row import away_from_zero, const, positive, row, x

UNARY = {
    **dict.fromkeys(
        ("Abs", "Neg", "Relu", "Sigmoid", "Tanh", "Exp", "Erf", "Floor", "Ceil", "Round", "Sin", "Cos"), None
    ),
    **dict.fromkeys(("Softplus", "HardSwish", "Elu", "LeakyRelu", "HardSigmoid", "Sign", "Softsign", "Selu"), None),
    **dict.fromkeys(("Log", "Sqrt"), positive()),
    "Reciprocal": away_from_zero,
}
NOT_A_NUMBER = ("Abs", "Neg", "Exp", "Log", "Sqrt", "Sigmoid", "Tanh", "Floor", "Ceil")
EDGES = [
    0.0,
    -0.0,
    1e-30,
    -1e-30,
    0.5,
    -0.5,
    1.5,
    -1.5,
    2.5,
    20.0,
    -20.0,
    87.0,
    -87.0,
    90.0,
    -90.0,
    104.0,
    -104.0,
    1e30,
    -1e30,
    np.inf,
    -np.inf,
]


def wide(rng, shape):
    """Values of very different sizes, so that every branch of an approximation is met."""
    return rng.standard_normal(shape) * 10.0 ** rng.integers(-4, 2, shape)


def unary():
    for op, values in UNARY.items():
        yield row(op, x("N", 17, 97, values=values))
        yield row(op, x(1, values=values))
        yield row(op, x(values=values))
        if values is None:
            yield row(op, x(7, 129, values=wide))
    for op in NOT_A_NUMBER:
        yield row(op, const_input(EDGES + [np.nan]), reference="onnx")
    for op in ("Relu", "Erf", "Softplus"):
        yield row(op, const_input(EDGES), reference="onnx")
    for dtype in ("float64", "float16"):
        for op in ("Relu", "Exp", "Tanh", "Sigmoid", "Sqrt"):
            yield row(op, x("N", 37, dtype=dtype, values=positive() if op == "Sqrt" else None))
    for dtype in ("int32", "int64", "int8"):
        for op in ("Abs", "Neg"):
            yield row(op, x("N", 37, dtype=dtype))
    yield row("Elu", x("N", 17), alpha=0.3)
    yield row("LeakyRelu", x("N", 17), alpha=0.3)
    yield row("HardSigmoid", x("N", 17), alpha=0.4, beta=0.3)
    yield row("Gelu", x("N", 17, 31), opset=20)
    yield row("Gelu", x("N", 17, 31), opset=20, approximate="tanh")
    yield row("Clip", x("N", 17), const(-0.5, "float32"), const(0.7, "float32"))
    yield row("Clip", x("N", 17), const(-0.5, "float32"))
    yield row("Clip", x("N", 17), None, const(0.7, "float32"))
    yield row("Clip", x("N", 17), x(values=lambda r, s: -0.3), x(values=lambda r, s: 0.4))
    yield row("Clip", x("N", 17), opset=6, min=-0.5, max=0.5)
    yield row("Clip", x("N", 17, dtype="int64"), const(-5), const(9))
    yield row("PRelu", x("N", 5, 7), x(5, 1))
    for op in ("Not",):
        yield row(op, x("N", 17, dtype="bool"))


def const_input(values):
    """An input that is fed these values, not random ones."""
    return x(len(values), values=lambda rng, shape: np.array(values, np.float32))


PAIRS = [
    (("N", 17), ("N", 17)),
    (("N", 3, 7, 97), (3, 1, 1)),
    (("N", 7, 97), (97,)),
    (("N", 1, 17), (5, 1)),
    (("N", 17), (1,)),
    ((), ("N", 17)),
    ((1, 7, 1), (5, 1, 13)),
    ((2, 1, 3, 1), (7, 1, 4)),
    (("N", 17), ("N", 1)),
    (("N", 17), ("B", 17)),
    ((7, "N"), ("B",)),
]


def binary():
    for op in ("Add", "Sub", "Mul", "Div"):
        for a, b in PAIRS:
            yield row(op, x(*a), x(*b, values=away_from_zero if op == "Div" else None))
    for op in ("Pow", "Min", "Max", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"):
        for a, b in PAIRS[:5]:
            yield row(op, x(*a, values=positive() if op == "Pow" else None), x(*b))
    yield row("Pow", x("N", 17), const(2.0, "float32"))
    yield row("Pow", x("N", 17), const(3.0, "float32"))
    yield row("Pow", x("N", 17, values=positive()), const(0.5, "float32"))
    yield row("Pow", x("N", 17, values=positive()), const(-1.0, "float32"))
    small = lambda rng, shape: rng.integers(-3, 3, shape)
    for a, b in PAIRS[:5]:
        yield row("Equal", x(*a, dtype="int64", values=small), x(*b, dtype="int64", values=small))
        for op in ("And", "Or", "Xor"):
            yield row(op, x(*a, dtype="bool"), x(*b, dtype="bool"))
    nonzero = lambda rng, shape: rng.integers(1, 9, shape) * rng.choice([-1, 1], shape)
    for dtype in ("float64", "float16", "int32", "int64"):
        for op in ("Add", "Sub", "Mul", "Div", "Max"):
            yield row(
                op,
                x("N", 17, dtype=dtype),
                x(
                    17,
                    dtype=dtype,
                    values=nonzero if op == "Div" and dtype[0] == "i" else away_from_zero if op == "Div" else None,
                ),
            )
    yield row("Add", x("N", 17, dtype="uint8"), x(17, dtype="uint8"))
    yield row("Mod", x("N", 17, dtype="int64"), x(17, dtype="int64", values=nonzero))
    yield row("Mod", x("N", 17), x(17, values=away_from_zero), fmod=1)


def corners(dtype):
    """All pairs of numbers that integer ops make mistakes with."""
    info = np.iinfo(dtype)
    some = [0, 1, 2, 3, 7, info.bits - 1, info.bits, info.bits + 1, info.max, info.max // 2]
    some += [info.min, info.min + 1, -1, -2, -7] if info.min else []
    left, right = (np.array(side, dtype) for side in zip(*[(a, b) for a in some for b in some]))
    inputs = (x(len(left), dtype=dtype, values=lambda rng, shape, side=side: side) for side in (left, right))
    return tuple(inputs)


def quotient(a, b):
    """Truncated; 0 for a divisor of 0."""
    with np.errstate(all="ignore"):
        floor = np.floor_divide(a, b)
        return np.where(b == 0, 0, floor + ((floor * b != a) & ((a < 0) != (b < 0)))).astype(a.dtype)


def integers():
    for dtype in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"):
        for direction in ("LEFT", "RIGHT"):
            yield row("BitShift", *corners(dtype), opset=28, direction=direction, reference="onnx")
        yield row("Div", *corners(dtype), reference=quotient)
        yield row("Mod", *corners(dtype), reference=lambda a, b: np.where(b == 0, 0, np.mod(a, b)).astype(a.dtype))
        yield row("Mod", *corners(dtype), fmod=1, reference=lambda a, b: np.where(b == 0, 0, np.fmod(a, b)).astype(a.dtype))


def several():
    for op in ("Sum", "Mean", "Max", "Min"):
        yield row(op, x("N", 17), x("N", 17), x(17))
        yield row(op, x("N", 17))
    yield row("Where", x("N", 17, dtype="bool"), x("N", 17), x(17))
    yield row("Where", x(1, 17, dtype="bool"), x("N", 1), x())
    yield row("Where", x("N", 17, dtype="bool"), x("N", 17, dtype="int64"), x("N", 17, dtype="int64"))


def casts():
    kinds = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7, "bool": 9, "float16": 10, "float64": 11}
    small = lambda rng, shape: rng.integers(0, 100, shape) + rng.choice([0, 0.25, 0.75], shape)
    for a in kinds:
        for b, code in kinds.items():
            if a != b and (a in ("float32", "int64", "bool") or b == "float32"):
                yield row("Cast", x("N", 17, dtype=a, values=None if a == "bool" else small), to=code)


def rows():
    yield from unary()
    yield from binary()
    yield from integers()
    yield from several()
    yield from casts()
