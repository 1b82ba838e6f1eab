# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tells how a result differs from its reference, in one sentence, or that it does not."""

import numpy as np

# Relative tolerance by dtype: a few thousand roundings of float32, a few of the halves.
RELATIVE = {"float64": 1e-7, "float32": 1e-4, "float16": 1e-2, "bfloat16": 2e-2}


def difference(got, want, rtol=None, atol=1e-6, scaled=1e-5):
    """None if got agrees with want, else what differs.

    A float may be off by rtol of itself, plus atol, plus `scaled` of the largest reference value, since the rounding
    of a sum grows with its largest terms. rtol: a number, or a table by dtype that goes before RELATIVE.
    """
    if want is None:
        return None if got is None else "a value, expected none"
    if isinstance(want, (list, tuple)):
        if not isinstance(got, (list, tuple)) or len(got) != len(want):
            return f"{describe(got)}, expected a sequence of {len(want)}"
        for i, (g, w) in enumerate(zip(got, want)):
            if why := difference(g, w, rtol, atol, scaled):
                return f"element {i}: {why}"
        return None
    got, want = np.asarray(got), np.asarray(want)
    text = {"O", "S", "U", "T"}
    if got.dtype != want.dtype and not (got.dtype.kind in text and want.dtype.kind in text):
        return f"dtype {got.dtype}, expected {want.dtype}"
    if got.shape != want.shape:
        return f"shape {list(got.shape)}, expected {list(want.shape)}"
    inexact = want.dtype.kind in "fc" or str(want.dtype).startswith(("bfloat", "float"))
    if not inexact:
        equal = got.astype(str) == want.astype(str) if want.dtype.kind in text else got == want
        return None if np.all(equal) else first(got, want, np.logical_not(equal))
    if not isinstance(rtol, float):
        rtol = (RELATIVE | (rtol or {})).get(str(want.dtype), 1e-2)
    wide = np.complex128 if want.dtype.kind == "c" else np.float64
    g, w = got.astype(wide), want.astype(wide)
    finite = np.isfinite(w)
    limit = atol + scaled * np.abs(w[finite]).max(initial=0.0) + rtol * np.abs(np.where(finite, w, 0))
    with np.errstate(invalid="ignore"):
        same = np.where(finite, np.abs(g - w) <= limit, (g == w) | (np.isnan(g) & np.isnan(w)))
    return None if same.all() else first(got, want, ~same)


def describe(value):
    return f"{value.dtype}{list(value.shape)}" if isinstance(value, np.ndarray) else type(value).__name__


def first(got, want, wrong):
    where = np.unravel_index(int(np.argmax(wrong)), want.shape)
    at = f" at {[int(i) for i in where]}" if where else ""
    return f"{got[where]!s}, expected {want[where]!s}{at}; {int(wrong.sum())} of {want.size} values differ"


def differences(got, want, **tolerance):
    """The same over all outputs of a model."""
    if len(got) != len(want):
        return f"{len(got)} outputs, expected {len(want)}"
    for i, (g, w) in enumerate(zip(got, want)):
        if why := difference(g, w, **tolerance):
            return f"output {i}: {why}"
    return None


def largest(got, want):
    """The largest difference of a float from its reference, as a share of the largest reference value of its output."""
    shares = [0.0]
    for g, w in zip(got, want):
        g, w = np.asarray(g, np.float64), np.asarray(w, np.float64)
        finite = np.isfinite(w) & np.isfinite(g)
        if scale := np.abs(w[finite]).max(initial=0.0):
            shares.append(np.abs(g - w)[finite].max() / scale)
    return max(shares)
