# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints the coefficients of lib/Target/CPU/Math: minimax polynomials, by Remez' exchange algorithm, rounded to floats.

Each coefficient is rounded in turn, from the lowest power on, and the others are fitted again around it. The comment
behind a table is the largest error before and after that, in units of 2^-24 of the function's value.

usage: minimax.py [NAME...]        needs mpmath (pip install mpmath), which nothing else here does
"""

import struct
import sys
from dataclasses import dataclass, field

import mpmath as m
from mpmath import mpf

m.mp.prec = 160


def to_float(x):
    return mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


@dataclass
class Fit:
    """A polynomial p of `degree` on [low, high] with the least max |weight(x) (p(x) - function(x))|."""

    function: object
    low: object
    high: object
    degree: int
    weight: object
    fixed: dict = field(default_factory=dict)  # power -> coefficient that is given
    double: bool = False  # coefficients for f64, not rounded to f32


def minimax(fit, fixed):
    """Coefficients by power, those of `fixed` included, and the error."""
    free = [k for k in range(fit.degree + 1) if k not in fixed]
    if not free:
        return dict(fixed), mpf(0)
    count, low, high = len(free), mpf(fit.low), mpf(fit.high)
    target = lambda x: fit.function(x) - sum((c * x**k for k, c in fixed.items()), mpf(0))
    middle, radius = (low + high) / 2, (high - low) / 2
    fine = 60 * (count + 1)
    grid = [middle - radius * m.cos(m.pi * i / fine) for i in range(fine + 1)]
    values, weights = [target(x) for x in grid], [fit.weight(x) for x in grid]
    powers = [[x**k for k in free] for x in grid]
    # Chebyshev nodes, moved a little, so that none lies where a weight is 0.
    nodes = [
        middle - radius * (m.cos(m.pi * (2 * i + 1) / (2 * (count + 1))) * mpf("0.997") + mpf("0.0022"))
        for i in range(count + 1)
    ]
    for _ in range(30):
        a, b = m.matrix(count + 1, count + 1), m.matrix(count + 1, 1)
        for i, x in enumerate(nodes):
            for j, k in enumerate(free):
                a[i, j] = x**k
            a[i, count] = (-1) ** i / fit.weight(x)
            b[i] = target(x)
        solved = m.lu_solve(a, b)
        coefficients, level = [solved[j] for j in range(count)], abs(solved[count])
        errors = [(m.fdot(coefficients, p) - v) * w for p, v, w in zip(powers, values, weights)]
        largest = max(map(abs, errors))
        peaks = alternating(errors, count + 1)
        if peaks is None or largest < level * mpf("1.001"):
            break
        nodes = [grid[i] for i in peaks]
    return dict(zip(free, coefficients)) | fixed, largest


def alternating(errors, wanted):
    """Indices of as many extrema of alternating sign, the largest; None if there are fewer."""
    peaks, i = [], 0
    while i < len(errors):
        j = best = i
        while j < len(errors) and (errors[j] >= 0) == (errors[i] >= 0):
            best = j if abs(errors[j]) > abs(errors[best]) else best
            j += 1
        peaks.append(best)
        i = j
    size = lambda k: abs(errors[peaks[k]])
    while len(peaks) > wanted:
        last = len(peaks) - 1
        k = min(range(len(peaks)), key=size)
        if len(peaks) == wanted + 1 or k in (0, last):
            peaks.pop(0 if size(0) < size(last) else last)
        else:  # a pair, so that signs go on alternating
            other = k + 1 if size(k + 1) < size(k - 1) else k - 1
            peaks = [p for n, p in enumerate(peaks) if n not in (k, other)]
    return peaks if len(peaks) == wanted else None


def rounded(fit):
    fixed = {k: mpf(c) for k, c in fit.fixed.items()}
    coefficients, first = minimax(fit, fixed)
    if fit.double:
        return coefficients, first, first
    for k in range(fit.degree + 1):
        if k not in fixed:
            fixed[k] = to_float(minimax(fit, fixed)[0][k])
    points = [mpf(fit.low) + (mpf(fit.high) - mpf(fit.low)) * i / 2000 for i in range(2001)]
    error = lambda x: abs(fit.weight(x) * (sum(c * x**k for k, c in fixed.items()) - fit.function(x)))
    return fixed, first, max(map(error, points))


def odd(function, third, low, high, degree):
    """(function(x) - x) / x^3 in s = x^2, whose limit at 0 is `third`, for the relative error of the function."""
    root = m.sqrt
    return Fit(
        lambda s: third if s < 1e-20 else (function(root(s)) - root(s)) / root(s) ** 3,
        low,
        high,
        degree,
        lambda s: abs(root(s) ** 3 / function(root(s))) if s else mpf(0),
    )


def relative(function, low, high, degree, **more):
    return Fit(function, low, high, degree, lambda x: 1 / abs(function(x)), **more)


LN2_HALF = m.log(2) / 2 * mpf("1.002")
LEAST = m.sqrt(mpf(1) / 2)
QUARTER = (m.pi / 4 * mpf("1.001")) ** 2
SLOPE = 2 / m.sqrt(m.pi)


def erf_rest(t):
    if t < 1e-12:
        return SLOPE - to_float(SLOPE)
    return 4 * (1 - m.power(m.erfc(t), mpf(1) / 4)) / t - to_float(SLOPE)


def erf_weight(t):
    """What an error of the fourth root costs erf: not its derivative, which vanishes where the root does."""
    if t < 1e-12:
        return 1 / SLOPE
    cost = mpf(2) ** -26
    root = m.power(m.erfc(t) + cost, mpf(1) / 4) - m.power(m.erfc(t), mpf(1) / 4)
    return cost * t / (4 * root * m.erf(t))


FITS = {
    "kExp": relative(m.exp, -LN2_HALF, LN2_HALF, 6, fixed={0: 1}),
    "kExp2": relative(lambda x: mpf(2) ** x, -0.501, 0.501, 6, fixed={0: 1}),
    "kExpm1": Fit(
        lambda r: mpf(1) / 2 if abs(r) < 1e-15 else (m.expm1(r) - r) / r**2,
        -LN2_HALF,
        LN2_HALF,
        4,
        lambda r: abs(r**2 / m.expm1(r)) if r else mpf(0),
    ),
    "kLog": Fit(
        lambda f: mpf(-1) / 2 if abs(f) < 1e-15 else (m.log1p(f) - f) / f**2,
        LEAST - 1,
        2 * LEAST - 1,
        7,
        lambda f: abs(f**2 / m.log1p(f)) if f else mpf(0),
    ),
    "kLog2": relative(
        lambda f: 1 / m.log(2) if abs(f) < 1e-20 else m.log1p(f) / f / m.log(2),
        LEAST - 1,
        2 * LEAST - 1,
        11,
        double=True,
    ),
    "kErf": Fit(erf_rest, 0, 4.05, 9, erf_weight),
    "kSin": odd(m.sin, mpf(-1) / 6, 0, QUARTER, 2),
    "kCos": Fit(
        lambda s: mpf(1) / 24 if s < 1e-20 else (m.cos(m.sqrt(s)) - 1 + s / 2) / s**2,
        0,
        QUARTER,
        2,
        lambda s: s**2 / m.cos(m.sqrt(s)),
    ),
    "kSinh": odd(m.sinh, mpf(1) / 6, 0, 1.001, 3),
    "kTan": odd(m.tan, mpf(1) / 3, 0, QUARTER, 6),
    "kAtan": odd(m.atan, mpf(-1) / 3, 0, 1, 7),
    "kAsin": odd(m.asin, mpf(1) / 6, 0, 0.2501, 4),
    "kAsinh": odd(m.asinh, mpf(-1) / 6, 0, 0.2501, 4),
    "kAtanh": odd(m.atanh, mpf(1) / 3, 0, 0.2501, 5),
}


def main():
    for name in sys.argv[1:] or FITS:
        fit = FITS[name]
        coefficients, before, after = rounded(fit)
        suffix = "" if fit.double else "f"
        texts = []
        for k in range(fit.degree + 1):
            mantissa, exponent = float(coefficients[k]).hex().split("p")
            texts.append(f"{mantissa.rstrip('0').rstrip('.')}p{exponent}{suffix}")
        unit = lambda e: m.nstr(e * 2**24, 2)
        print(f"static constexpr {'double' if fit.double else 'float'} {name}[] = {{{', '.join(texts)}}};")
        print(f"// {unit(before)}, rounded {unit(after)}", flush=True)


if __name__ == "__main__":
    main()
