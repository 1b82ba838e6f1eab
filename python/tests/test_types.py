# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Element types of NumPy and ml_dtypes, strings, sequences, optionals and maps, there and back."""
import ml_dtypes
import numpy as np
import pytest

import accel
from accel import _dtypes

ROWS = [row for row in _dtypes._TABLE]


@pytest.mark.parametrize("name, code, bits, dtype, number", ROWS, ids=[row[0] for row in ROWS])
def test_elements(build, rng, name, code, bits, dtype, number):
    dtype = _dtypes.named(dtype)
    session = accel.InferenceSession(build("copy", CODE=code, BITS=bits, BYTES=dtype.itemsize))
    assert session.get_inputs()[0].type == f"tensor({name})"
    x = rng.integers(0, 2, (2, 3)).astype(dtype) if bits < 8 else rng.integers(0, 100, (2, 3)).astype(np.float32).astype(dtype)
    for given in (x, x.T.copy().T, x[::-1].copy()[::-1]):
        (y,) = session.run(None, {"x": given})
        assert y.dtype == dtype and y.tobytes() == x.tobytes()
    with pytest.raises(accel.InvalidArgument, match=f"expected {dtype}"):
        session.run(None, {"x": x.astype(np.int16 if dtype != np.int16 else np.int32)})


def test_element_types_have_onnx_numbers():
    import onnx

    for name, _, _, dtype, number in ROWS:
        if number is not None:
            assert onnx.helper.tensor_dtype_to_np_dtype(number) == _dtypes.named(dtype), name
            assert _dtypes.from_element_type(number) == _dtypes.named(dtype)


def echo(build, kind, code=2, bits=32):
    return accel.InferenceSession(build("echo", KIND=kind, CODE=code, BITS=bits))


def test_strings(build):
    session = accel.InferenceSession(build("strings"))
    assert session.get_inputs()[0].type == "tensor(string)"
    for x in (np.array([["a", "", "gr\u00fc\u00df"], ["\0nul", "x" * 1000, "z"]], object), np.array([["ab", "c"]]), np.empty((0, 2), object)):
        (y,) = session.run(None, {"x": x})
        assert y.dtype == object and y.shape == x.shape and y.tolist() == x.tolist()
    with pytest.raises(accel.InvalidArgument, match="holds a int, expected strings"):
        session.run(None, {"x": [[1]]})
    with pytest.raises(accel.InvalidArgument, match=r"expected string\[n, m\], found string|expected rank 2, found rank 1"):
        session.run(None, {"x": ["a"]})
    # Outputs of one run are inputs of the next, and equal strings are one.
    (y,) = session.run(None, {"x": [["a", "b"], ["b", "\0"]]})
    for _ in range(5):
        (y,) = session.run(None, {"x": np.concatenate([y, y])})
    assert y.tolist() == [["a", "b"], ["b", "\0"]] * 32


def test_sequences(build, rng):
    session = echo(build, "ACCEL_SEQUENCE")
    assert session.get_inputs()[0].type == "seq(tensor(float))"
    x = [rng.standard_normal(shape, np.float32) for shape in ((2, 3), (), (0, 4), (5,))]
    (y,) = session.run(None, {"x": x})
    assert isinstance(y, list) and [a.shape for a in y] == [a.shape for a in x]
    for got, want in zip(y, x):
        np.testing.assert_array_equal(got, want)
    assert session.run(None, {"x": []}) == [[]]
    with pytest.raises(accel.InvalidArgument, match=r"'x\[1\]' is an array of float64, expected float32"):
        session.run(None, {"x": [x[0], x[0].astype(np.float64)]})
    with pytest.raises(accel.InvalidArgument, match="is a ndarray, expected a list"):
        session.run(None, {"x": x[0]})


def test_optionals(build, rng):
    session = echo(build, "ACCEL_OPTIONAL")
    x = rng.standard_normal((2, 2), np.float32)
    np.testing.assert_array_equal(session.run(None, {"x": x})[0], x)
    assert session.run(None, {"x": None}) == [None]
    (y,) = session.run(None, {"x": [x, x[:1]]})
    assert [a.shape for a in y] == [(2, 2), (1, 2)]


def test_maps(build):
    session = echo(build, "ACCEL_MAP")
    for x in ({1: 2.5, -3: 4.0}, {"a": 0.5, "b": -1.0}):
        assert session.run(None, {"x": x}) == [x]


def test_bound_ml_dtypes(build, rng):
    session = accel.InferenceSession(build("copy", CODE=4, BITS=16, BYTES=2))
    x, y = rng.standard_normal((2, 3)).astype(ml_dtypes.bfloat16), np.zeros((2, 3), ml_dtypes.bfloat16)
    binding = session.io_binding()
    binding.bind_cpu_input("x", x)
    binding.bind_output("y", "cpu", 0, ml_dtypes.bfloat16, y.shape, y.ctypes.data)
    session.run_with_iobinding(binding)
    assert x.tobytes() == y.tobytes()
