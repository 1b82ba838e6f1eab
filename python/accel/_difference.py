# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How far an array is from its reference, and how far it may be."""
import numpy as np

# By dtype: (relative to the element, relative to the largest element of the tensor). Errors of a chain of nodes add up,
# and those of a sum are as large as its largest terms.
TOLERANCES = {
    "float64": (1e-9, 1e-10),
    "float32": (1e-3, 1e-4),
    "float16": (1e-2, 1e-2),
    "bfloat16": (5e-2, 5e-2),
}
_NARROW = (0.25, 0.125)  # floats of 8 bits and less
# What follows from a rounding to 8 bits: a step of that rounding.
QUANTIZED = 0.03
ABSOLUTE = 1e-6


class Difference:
    """One array beside its reference: what = '' where they can be compared, else why they cannot."""

    __slots__ = ("what", "absolute", "relative", "where", "got", "expected", "wrong", "elements")

    def __init__(self, what=""):
        self.what, self.absolute, self.relative, self.where = what, 0.0, 0.0, None
        self.got = self.expected = None
        self.wrong = self.elements = 0

    @property
    def ok(self):
        return not self.what and not self.wrong


def is_float(dtype):
    """Whether elements are rounded: floats and complex numbers, those of ml_dtypes included."""
    return dtype.kind in "fc" or "float" in dtype.name


def measure(got, expected, dtype, relative=None, absolute=None, quantized=False):
    """The Difference of two arrays of this dtype; the reference's may be wider.
    relative, absolute: instead of the dtype's; quantized: a rounding to 8 bits is before it."""
    if isinstance(expected, list):
        return _measure_lists(got, expected, dtype, relative, absolute, quantized)
    got, expected = np.asarray(got), np.asarray(expected)
    if got.shape != expected.shape:
        return Difference(f"shape {list(got.shape)}, expected {list(expected.shape)}")
    if got.dtype.kind in "OSUT" or expected.dtype.kind in "OSU":
        return _measure_texts(got, expected)
    result = Difference()
    result.elements = expected.size
    if not expected.size:
        return result
    exact = not is_float(dtype)
    # 64-bit integers have more digits than a double, so that equality is asked of them as they are
    wide = np.complex128 if expected.dtype.kind == "c" else np.float64
    g, e = got.astype(wide), expected.astype(wide)
    with np.errstate(invalid="ignore"):
        same = (g == e) | (np.isnan(g) & np.isnan(e))
        error = np.where(same, 0.0, np.abs(g - e))
    error = np.where(np.isnan(error), np.inf, error)
    size = np.abs(np.where(np.isfinite(e), e, 0))
    largest = size.max()
    if exact and got.dtype == expected.dtype and dtype.itemsize == 8:
        error = np.where(got == expected, 0.0, np.maximum(error, 1.0))
    limit = _limit(dtype, exact, relative, absolute, quantized, size, largest)
    result.wrong = int(np.count_nonzero(~(error <= limit)))
    worst = int(np.argmax(error - limit if result.wrong else error))
    place = np.unravel_index(worst, error.shape)
    result.absolute = float(error[place])
    result.relative = float(result.absolute / largest) if largest else (np.inf if result.absolute else 0.0)
    result.where = [int(i) for i in place]
    result.got, result.expected = g[place].item(), e[place].item()
    if exact:
        result.got, result.expected = got[place].item(), expected[place].item()
    return result


def _limit(dtype, exact, relative, absolute, quantized, size, largest):
    """What each element may be off by."""
    if exact:
        is_rounded = quantized and dtype.kind in "iu" and dtype.itemsize == 1
        return np.full_like(size, max(1.0, QUANTIZED * largest) if is_rounded else 0.0)
    of_element, of_tensor = TOLERANCES.get(dtype.name, _NARROW)
    if relative is not None:
        of_element = of_tensor = relative
    elif quantized:
        of_tensor = max(of_tensor, QUANTIZED)
    return (ABSOLUTE if absolute is None else absolute) + of_element * size + of_tensor * largest


def _measure_texts(got, expected):
    result = Difference()
    result.elements = expected.size
    wrong = np.asarray(got.astype(str) != expected.astype(str))
    result.wrong = int(np.count_nonzero(wrong))
    if result.wrong:
        place = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        result.where, result.got, result.expected = [int(i) for i in place], got[place], expected[place]
        result.absolute = result.relative = np.inf
    return result


def _measure_lists(got, expected, dtype, relative, absolute, quantized):
    """Sequences of maps, as ONNX Runtime and this package give them: their keys and values."""
    if not isinstance(got, list) or len(got) != len(expected) or any(set(g) != set(e) for g, e in zip(got, expected)):
        return Difference("other maps than expected")
    rows = [[list(row[key] for key in sorted(row)) for row in rows] for rows in (got, expected)]
    return measure(np.array(rows[0]), np.array(rows[1]), dtype, relative, absolute, quantized)
