# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Elements of a byte and less: every value of every such type to wider types, and back to the nearest one."""

import ml_dtypes
import numpy as np
from onnx import TensorProto

from tables.row import np_dtype, row, x

# dtype: ONNX's number, the first opset of Cast that has it
FLOATS = {
    "float8_e4m3fn": (TensorProto.FLOAT8E4M3FN, 19),
    "float8_e4m3fnuz": (TensorProto.FLOAT8E4M3FNUZ, 19),
    "float8_e5m2": (TensorProto.FLOAT8E5M2, 19),
    "float8_e5m2fnuz": (TensorProto.FLOAT8E5M2FNUZ, 19),
    "float6_e2m3fn": (TensorProto.FLOAT6E2M3, 28),
    "float6_e3m2fn": (TensorProto.FLOAT6E3M2, 28),
    "float4_e2m1fn": (TensorProto.FLOAT4E2M1, 23),
}
SCALE = ("float8_e8m0fnu", TensorProto.FLOAT8E8M0, 24)
INTEGERS = {
    "int4": (TensorProto.INT4, 21),
    "uint4": (TensorProto.UINT4, 21),
    "int2": (TensorProto.INT2, 25),
    "uint2": (TensorProto.UINT2, 25),
}
WIDE = {
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "float64": TensorProto.DOUBLE,
}
EXACT = {"rtol": 0.0, "atol": 0.0, "scaled": 0.0}


def every(name):
    """All values of a type; of integers with anything in the bits above them."""
    bits = ml_dtypes.finfo(np_dtype(name)).bits if name.startswith("float") else 8
    values = np.arange(2**bits, dtype=np.uint8).view(np_dtype(name))
    return x(len(values), dtype=name, values=lambda rng, shape: values)


def nearest(name, saturate):
    """Rounding to the nearest value of a type, halves to the even code, by a search in the list of all values."""
    dtype = np_dtype(name)
    codes = np.arange(2 ** ml_dtypes.finfo(dtype).bits, dtype=np.uint8)
    values = codes.view(dtype).astype(np.float64)
    nan = np.isnan(values)
    finite = np.isfinite(values) & (codes < (len(codes) // 2))
    largest, grid, order = values[finite].max(), values[finite], codes[finite]
    # What comes after the largest value, if the next code were one.
    after = 2 * grid[-1] - grid[-2]

    def cast(given):
        wide = np.asarray(given).astype(np.float64)
        size = np.abs(wide)
        if saturate:
            size = np.minimum(size, largest)
        at = np.clip(np.searchsorted(grid, size, side="right") - 1, 0, len(grid) - 1)
        above = np.append(grid, after)[at + 1]
        up = (size - grid[at] > above - size) | ((size - grid[at] == above - size) & (order[at] % 2 == 1))
        code = order[at].astype(int) + up
        over = code > order[-1]
        result = values[np.minimum(code, order[-1])]
        infinite = np.isinf(values).any()
        beyond = np.inf if infinite else np.nan if nan.any() else largest
        result = np.where(over, beyond, result)
        result = np.where(np.isnan(wide), np.nan if nan.any() else -0.0, np.copysign(result, wide))
        return result.astype(dtype)

    return cast


def grid(name):
    """Values of a type, the numbers half way between them, and those next to each; large, tiny and special ones."""
    values = np.unique(np.arange(256, dtype=np.uint8).view(np_dtype(name)).astype(np.float64))
    values = values[np.isfinite(values)]
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e30, -1e30, 1e-30, 65504.0]

    def make(rng, shape, dtype=np.float32):
        points = np.concatenate([values, (values[1:] + values[:-1]) / 2, 2.0 ** np.arange(-20, 20), special])
        with np.errstate(all="ignore"):
            points = points.astype(dtype)
            return np.concatenate(
                [points, np.nextafter(points, dtype(np.inf)), np.nextafter(points, dtype(-np.inf))]
            )

    return make


def cast(number, opset, given, reference, tolerance=EXACT, **attributes):
    return row("Cast", given, opset=opset, to=number, reference=reference, tolerance=tolerance, **attributes)


def floats():
    for name, (number, opset) in FLOATS.items():
        for wide, code in WIDE.items():
            yield cast(code, opset, every(name), lambda v, wide=wide: v.astype(np.float32).astype(np_dtype(wide)))
        for wide in (np.float32, np.float64, np.float16):
            made = grid(name)(None, None, wide)
            given = x(len(made), dtype=np.dtype(wide).name, values=lambda rng, shape, made=made: made)
            yield cast(number, opset, given, nearest(name, saturate=True))
            if name.startswith("float8"):
                yield cast(number, opset, given, nearest(name, saturate=False), saturate=0)
        yield cast(TensorProto.INT32, opset, every(name), lambda v: to_int(v.astype(np.float32)))
        yield cast(TensorProto.BOOL, opset, every(name), lambda v: v.astype(np.float32) != 0)
        numbers = x(600, dtype="int32", values=lambda rng, shape: np.arange(-300, 300))
        yield cast(number, opset, numbers, nearest(name, saturate=True))
    for name in ("float8_e5m2", "float8_e4m3fnuz"):
        to, opset = FLOATS["float8_e4m3fn"]
        yield cast(to, opset, every(name), nearest("float8_e4m3fn", saturate=True))
    row_of = lambda op, name: row(op, every(name), opset=20, reference=lambda v: NUMPY[op](v.astype(np.float32)))
    for op, names in {"IsNaN": FLOATS, "IsInf": FLOATS}.items():
        yield from (row_of(op, name) for name in names if name.startswith("float8"))


NUMPY = {"IsNaN": np.isnan, "IsInf": np.isinf}


def to_int(values):
    """Truncated; the least integer where there is none."""
    fits = np.abs(values) < 2.0**31
    return np.where(fits, np.where(fits, values, 0).astype(np.int32), np.int32(-(2**31)))


def scales():
    name, number, opset = SCALE
    yield cast(TensorProto.FLOAT, opset, every(name), lambda v: v.astype(np.float32))
    yield cast(TensorProto.DOUBLE, opset, every(name), lambda v: v.astype(np.float64))
    powers = np.concatenate([m * 2.0 ** np.arange(-126, 127) for m in (1, 1.25, 1.5, 1.75, 1 + 2**-23, 2 - 2**-23)])
    powers = powers.astype(np.float32)
    given = x(len(powers), values=lambda rng, shape: powers)
    for mode in ("up", "down", "nearest"):
        exponent = {
            "up": lambda v: np.ceil(np.log2(v.astype(np.float64))),
            "down": lambda v: np.floor(np.log2(v.astype(np.float64))),
            "nearest": lambda v: np.floor(np.log2(v.astype(np.float64) / 1.5)) + 1,
        }[mode]
        yield cast(
            number,
            opset,
            given,
            lambda v, exponent=exponent: (exponent(v) + 127).astype(np.uint8).view(np_dtype(name)),
            round_mode=mode,
        )
    edges = np.array([0, np.inf, np.nan, 3.4e38, 1e-40, 2.0**-127, 2.0**127], np.float32)
    given = x(len(edges), values=lambda rng, shape: edges)
    saturated = np.array([0, 254, 255, 254, 0, 0, 254], np.uint8).view(np_dtype(name))
    yield cast(number, opset, given, lambda v: saturated)
    strict = np.array([255, 255, 255, 255, 255, 0, 254], np.uint8).view(np_dtype(name))
    yield cast(number, opset, given, lambda v: strict, saturate=0, round_mode="nearest")


def integers():
    for name, (number, opset) in INTEGERS.items():
        low, dtype = (1 << int(name[-1])) - 1, np_dtype(name)
        wrap = lambda v, low=low, dtype=dtype: (v.astype(np.int64) & low).astype(np.uint8).view(dtype)
        for wide, code in (("float32", 1), ("int8", 3), ("uint8", 2), ("int64", 7), ("float16", 10)):
            yield cast(code, opset, every(name), lambda v, wide=wide: v.astype(np.int32).astype(wide))
        yield cast(TensorProto.BOOL, opset, every(name), lambda v: v.astype(np.int32) != 0)
        for wide in ("int8", "uint8", "int64"):
            yield cast(number, opset, x(256, dtype=wide, values=lambda rng, shape: np.arange(256)), wrap)
        spread = lambda rng, shape: np.linspace(-40, 40, 400)
        yield cast(number, opset, x(400, values=spread), wrap)
        for other, (code, since) in INTEGERS.items():
            if other != name:
                bits = (1 << int(other[-1])) - 1
                yield cast(
                    code,
                    max(opset, since),
                    every(name),
                    lambda v, bits=bits, other=other: (v.astype(np.int32) & bits).astype(np.uint8).view(np_dtype(other)),
                )
        # Moved as they are, and padded.
        yield row("Transpose", reshaped(name), opset=max(opset, 25), perm=[1, 0], reference=lambda v: v.T, tolerance=EXACT)
        yield row("Flatten", reshaped(name), opset=max(opset, 25), reference=lambda v: v, tolerance=EXACT)


def reshaped(name):
    values = np.arange(256, dtype=np.uint8).view(np_dtype(name)).reshape(8, 32)
    return x(8, 32, dtype=name, values=lambda rng, shape: values)


def rows():
    yield from floats()
    yield from scales()
    yield from integers()
