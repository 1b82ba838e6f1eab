# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles ONNX models to standalone libraries and runs them on NumPy arrays.

    import accel
    session = accel.InferenceSession(accel.compile("model.onnx", output="model.so"))
    (scores,) = session.run(None, {"input": image})
"""
from ._binding import IOBinding, OrtValue
from ._cmake import cmake_dir
from ._compile import compile
from ._library import Port as NodeArg
from ._session import InferenceSession, ModelMetadata, SessionOptions
from ._state import State
from .errors import (
    Busy,
    Cancelled,
    CompileError,
    Error,
    Incompatible,
    InvalidArgument,
    InvalidModel,
    NoSuchFile,
    OutOfMemory,
    RunFailed,
    Unimplemented,
    Unsupported,
)

__version__ = "0.1.0"

__all__ = [
    "Busy",
    "Cancelled",
    "CompileError",
    "Error",
    "IOBinding",
    "Incompatible",
    "InferenceSession",
    "InvalidArgument",
    "InvalidModel",
    "ModelMetadata",
    "NoSuchFile",
    "NodeArg",
    "OrtValue",
    "OutOfMemory",
    "RunFailed",
    "SessionOptions",
    "State",
    "Unimplemented",
    "Unsupported",
    "cmake_dir",
    "compile",
]
