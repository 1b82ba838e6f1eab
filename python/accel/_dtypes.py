# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Element types: DLPack's code and bits, NumPy's dtype (from ml_dtypes where NumPy has none), ONNX's name and number."""
import numpy as np

from . import _abi

# name in ONNX Runtime's types, DLPack code, bits, dtype (of ml_dtypes if NumPy has no such name), onnx.TensorProto.DataType
_TABLE = [
    ("float", 2, 32, "float32", 1),
    ("uint8", 1, 8, "uint8", 2),
    ("int8", 0, 8, "int8", 3),
    ("uint16", 1, 16, "uint16", 4),
    ("int16", 0, 16, "int16", 5),
    ("int32", 0, 32, "int32", 6),
    ("int64", 0, 64, "int64", 7),
    ("bool", 6, 8, "bool", 9),
    ("float16", 2, 16, "float16", 10),
    ("double", 2, 64, "float64", 11),
    ("uint32", 1, 32, "uint32", 12),
    ("uint64", 1, 64, "uint64", 13),
    ("complex64", 5, 64, "complex64", 14),
    ("complex128", 5, 128, "complex128", 15),
    ("bfloat16", 4, 16, "bfloat16", 16),
    ("float8e4m3fn", 10, 8, "float8_e4m3fn", 17),
    ("float8e4m3fnuz", 11, 8, "float8_e4m3fnuz", 18),
    ("float8e5m2", 12, 8, "float8_e5m2", 19),
    ("float8e5m2fnuz", 13, 8, "float8_e5m2fnuz", 20),
    ("uint4", 1, 4, "uint4", 21),
    ("int4", 0, 4, "int4", 22),
    ("float4e2m1", 17, 4, "float4_e2m1fn", 23),
    ("float8e8m0", 14, 8, "float8_e8m0fnu", 24),
    ("uint2", 1, 2, "uint2", 25),
    ("int2", 0, 2, "int2", 26),
    ("float8e3m4", 7, 8, "float8_e3m4", None),
    ("float8e4m3", 8, 8, "float8_e4m3", None),
    ("float8e4m3b11fnuz", 9, 8, "float8_e4m3b11fnuz", None),
    ("float6e2m3", 15, 6, "float6_e2m3fn", 27),
    ("float6e3m2", 16, 6, "float6_e3m2fn", 28),
]
_BY_CODE = {(code, bits): (name, dtype) for name, code, bits, dtype, _ in _TABLE}
_BY_DTYPE = {dtype: (code, bits) for _, code, bits, dtype, _ in _TABLE}
_BY_ONNX = {number: dtype for _, _, _, dtype, number in _TABLE if number}


def named(name):
    """The NumPy dtype of that name."""
    if name == "bool" or hasattr(np, name):
        return np.dtype(name)
    try:
        import ml_dtypes
    except ImportError:
        raise ImportError(f"a tensor of {name} needs the package ml_dtypes: pip install ml_dtypes") from None
    return np.dtype(getattr(ml_dtypes, name))


def to_numpy(dtype):
    """The NumPy dtype of an _abi.DType."""
    return named(_entry(dtype)[1])


def onnx_name(dtype):
    """What ONNX Runtime calls an _abi.DType, such as 'float' or 'int64'."""
    return _entry(dtype)[0]


def from_numpy(dtype):
    """The _abi.DType of a NumPy dtype."""
    try:
        code, bits = _BY_DTYPE[np.dtype(dtype).name]
    except KeyError:
        raise TypeError(f"no model takes an array of dtype {dtype}") from None
    return _abi.DType(code, bits, 1)


def from_element_type(element_type):
    """The NumPy dtype for what IOBinding takes: a NumPy type or dtype, or a number of onnx.TensorProto.DataType."""
    if isinstance(element_type, int):
        if element_type not in _BY_ONNX:
            raise TypeError(f"no model takes elements of type number {element_type}")
        return named(_BY_ONNX[element_type])
    return np.dtype(element_type)


def _entry(dtype):
    entry = _BY_CODE.get((dtype.code, dtype.bits))
    if entry is None or dtype.lanes != 1:
        raise TypeError(f"NumPy has no dtype for DLPack's code {dtype.code}, {dtype.bits} bits, {dtype.lanes} lanes")
    return entry
