# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How far each function may be from its value: a row each, in units in the last place (ulp) of f32."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass
class Function:
    """An ONNX op of one or two inputs, or the op `math` of MLIR's dialect, which ONNX has no op for."""

    name: str
    reference: object  # of f64 arrays
    limit: float  # ulp
    unfused: float = 0.0  # where the CPU has no fused multiply-add; 0: the same
    math: str = ""
    scale: object = None  # the value whose ulp is the unit, where that is not the result
    inputs: int = 1

    def bound(self, fused):
        return self.limit if fused else self.unfused or self.limit


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1.0) / (1 + e)


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def erf(x):
    return np.frompyfunc(math.erf, 1, 1)(x).astype(np.float64)


def gelu(x):
    return x * 0.5 * (1 + erf(x / math.sqrt(2)))


def mish(x):
    return x * np.tanh(softplus(x))


FUNCTIONS = [
    Function("Acos", np.arccos, 1.2),
    Function("Acosh", np.arccosh, 2.0),
    Function("Asin", np.arcsin, 1.7),
    Function("Asinh", np.arcsinh, 1.7, unfused=1.9),
    Function("Atan", np.arctan, 1.4),
    Function("Atanh", np.arctanh, 1.2),
    Function("Cos", np.cos, 1.6),
    Function("Cosh", np.cosh, 1.5, unfused=1.7),
    Function("Erf", erf, 1.8, unfused=2.6),
    Function("Exp", np.exp, 0.9, unfused=1.2),
    Function("Exp2", np.exp2, 1.0, unfused=1.1, math="math.exp2"),
    Function("Expm1", np.expm1, 1.6, unfused=1.7, math="math.expm1"),
    # Near its zero at -0.75 an error of x itself is more than one of the result.
    Function("Gelu", gelu, 3.0, scale=np.abs),
    Function("Log", np.log, 1.2),
    Function("Log10", np.log10, 2.0, unfused=2.5, math="math.log10"),
    Function("Log1p", np.log1p, 1.7, unfused=1.8, math="math.log1p"),
    Function("Log2", np.log2, 1.4, unfused=2.3, math="math.log2"),
    # Where exp(x) is subnormal, its last place times x.
    Function("Mish", mish, 4.2, scale=lambda x: np.maximum(np.abs(mish(x)), np.abs(x) * 2.0**-126)),
    Function("Pow", np.power, 1.0, unfused=1.2, inputs=2),
    Function("Reciprocal", np.reciprocal, 0.5),
    Function("Sigmoid", sigmoid, 2.4),
    Function("Sin", np.sin, 1.6),
    Function("Sinh", np.sinh, 1.6, unfused=1.7),
    Function("Softplus", softplus, 2.0),
    Function("Sqrt", np.sqrt, 0.5),
    Function("Tan", np.tan, 2.4),
    Function("Tanh", np.tanh, 2.4),
]


def points():
    """A million floats: every exponent with special and random mantissas and both signs, and those near the origin."""
    rng = np.random.default_rng(1)
    special = [0, 1, 2, 3, (1 << 22) - 1, 1 << 22, (1 << 22) + 1, 0x3504F3, 0x3504F4, (1 << 23) - 2, (1 << 23) - 1]
    mantissas = rng.integers(0, 1 << 23, (255, 1600), dtype=np.uint32)
    mantissas[:, : len(special)] = special
    bits = (np.arange(255, dtype=np.uint32)[:, None] << 23) | mantissas
    some = bits.ravel().view(np.float32)
    near = np.concatenate([np.linspace(-limit, limit, 50001) for limit in (1, 10, 100, 1000)]).astype(np.float32)
    halves = np.arange(-64, 64, dtype=np.float32) / 2
    return np.concatenate([some, -some, near, halves, np.array([np.inf, -np.inf, np.nan], np.float32)])


def arguments(function):
    x = points()
    if function.inputs == 1:
        return [x]
    # Bases and exponents of every size, and pairs whose power is finite; ends meet ends.
    rng = np.random.default_rng(2)
    base, exponent = x.copy(), rng.permutation(x)
    many = len(x) // 2
    base[:many] = np.exp(rng.uniform(-3, 3, many)) * rng.choice([-1, 1, 1, 1], many)
    exponent[:many] = np.where(rng.random(many) < 0.2, rng.integers(-40, 40, many), rng.uniform(-60, 60, many))
    ends = [0, 1, 0.5, 2, 3, 2.5, 2**24, 2**24 - 1, 2**25 + 4, 1e-40, 3e38, np.inf, np.nan, 1 - 2**-24, 1 + 2**-23]
    ends = np.array([s * e for e in ends for s in (1, -1)], np.float32)
    pairs = np.array(np.meshgrid(ends, ends), np.float32).reshape(2, -1)
    return [np.concatenate([base, pairs[0]]), np.concatenate([exponent, pairs[1]])]


def ulps(got, want, unit=None):
    """Errors in ulp of f32 at `unit` (where none is given, at the f64 value `want`); what is not finite must be equal,
    zeros with their signs. A value past the largest float may be that or infinity, as it rounds."""
    largest = float(np.finfo(np.float32).max)
    with np.errstate(all="ignore"):
        exponents = np.frexp(want if unit is None else unit)[1] - 24
        step = np.ldexp(1.0, np.clip(exponents, -149, 104))
        wide = got.astype(np.float64)
        bounded = np.isfinite(want) & np.isinf(got)
        wide = np.where(bounded, np.copysign(largest + 2.0**104, wide), wide)
        error = np.abs(wide - want) / step
        rounded = want.astype(np.float32)
        error = np.where(np.isinf(rounded) & np.isinf(got) & (rounded == got), 0, error)
        error = np.where(np.isnan(want) | np.isnan(got), np.where(np.isnan(want) & np.isnan(got), 0, np.inf), error)
        sign = (want == 0) & (got == 0) & (np.signbit(want) != np.signbit(got))
        return np.where(np.isinf(want) & (want != got) | sign, np.inf, error)
