# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""include/accel-rt/Model.h as ctypes: its structs, its constants and the table of functions."""
import ctypes as c

ABI = 1
MODEL_SYMBOL = "accel_model"
UNKNOWN_DIM = -(2**63)

OK, INVALID_ARGUMENT, OUT_OF_MEMORY, UNSUPPORTED, INCOMPATIBLE, CANCELLED, BUSY, RUN_FAILED, UNIMPLEMENTED = range(9)
NONE, TENSOR, STRING_TENSOR, SEQUENCE, OPTIONAL, MAP = range(6)
KIND_BITS = 3  # of each kind in Port.flags
UNWANTED = 1
CPU = 1


class DType(c.Structure):
    _fields_ = [("code", c.c_uint8), ("bits", c.c_uint8), ("lanes", c.c_uint16)]


class Tensor(c.Structure):
    _fields_ = [
        ("data", c.c_void_p),
        ("device_type", c.c_int32),
        ("device_id", c.c_int32),
        ("ndim", c.c_int32),
        ("dtype", DType),
        ("shape", c.POINTER(c.c_int64)),
        ("strides", c.POINTER(c.c_int64)),
        ("byte_offset", c.c_uint64),
    ]


class String(c.Structure):
    _fields_ = [("data", c.c_void_p), ("size", c.c_int64)]


class StringTensor(c.Structure):
    _fields_ = [("data", c.POINTER(String)), ("ndim", c.c_int64), ("shape", c.POINTER(c.c_int64))]


class Value(c.Structure):
    pass


class Sequence(c.Structure):
    _fields_ = [("items", c.POINTER(Value)), ("count", c.c_int64)]


class Optional(c.Structure):
    _fields_ = [("item", c.POINTER(Value))]


class Map(c.Structure):
    _fields_ = [("keys", c.POINTER(Value)), ("values", c.POINTER(Value))]


class _Union(c.Union):
    _fields_ = [("tensor", Tensor), ("strings", StringTensor), ("sequence", Sequence), ("optional", Optional), ("map", Map)]


Value._anonymous_ = ("u",)
Value._fields_ = [("kind", c.c_int32), ("flags", c.c_uint32), ("capacity", c.c_uint64), ("u", _Union)]


class Port(c.Structure):
    _fields_ = [
        ("name", c.c_char_p),
        ("dims", c.POINTER(c.c_int64)),
        ("kind", c.c_int32),
        ("rank", c.c_int32),
        ("dtype", DType),
        ("flags", c.c_uint32),
    ]


class Symbol(c.Structure):
    _fields_ = [("name", c.c_char_p), ("min", c.c_int64), ("max", c.c_int64)]


class SiteInfo(c.Structure):
    _fields_ = [("kernel", c.c_char_p), ("nodes", c.c_char_p), ("flops", c.c_double), ("bytes", c.c_double)]


class ModelInfo(c.Structure):
    _fields_ = [
        ("size", c.c_uint64),
        ("name", c.c_char_p),
        ("target", c.c_char_p),
        ("metadata", c.c_void_p),
        ("metadata_bytes", c.c_int64),
        ("inputs", c.c_int32),
        ("outputs", c.c_int32),
        ("symbols", c.c_int32),
        ("sites", c.c_int32),
        ("arena_bytes", c.c_int64),
        ("weights_bytes", c.c_int64),
        ("cpu_features", c.c_uint64),
        ("weights", c.c_void_p),
        ("states", c.c_int32),
        ("reserved", c.c_int32),
    ]


class State(c.Structure):
    _fields_ = [
        ("size", c.c_uint64),
        ("input", c.c_char_p),
        ("output", c.c_char_p),
        ("tensor", Tensor),
        ("axis", c.c_int32),
        ("reserved", c.c_int32),
        ("capacity", c.c_int64),
    ]


class Options(c.Structure):
    """accel_options; the hooks, which this package does not use, are kept as plain addresses."""

    _fields_ = [
        ("size", c.c_uint64),
        ("threads", c.c_int32),
        ("profile", c.c_int32),
        ("allocator", c.c_void_p * 3),
        ("executor", c.c_void_p * 2),
        ("log", c.c_void_p),
        ("log_user", c.c_void_p),
        ("cancelled", c.c_void_p),
        ("cancelled_user", c.c_void_p),
        ("stream", c.c_void_p),
    ]


class PlanInfo(c.Structure):
    _fields_ = [
        ("size", c.c_uint64),
        ("arena_bytes", c.c_int64),
        ("output_bytes", c.c_int64),
        ("scratch_bytes", c.c_int64),
        ("output_dims", c.POINTER(c.c_int64)),
    ]


class MemoryInfo(c.Structure):
    _fields_ = [
        ("size", c.c_uint64),
        ("arena_bytes", c.c_int64),
        ("output_bytes", c.c_int64),
        ("staging_bytes", c.c_int64),
        ("scratch_bytes", c.c_int64),
        ("total_bytes", c.c_int64),
        ("peak_bytes", c.c_int64),
        ("allocations", c.c_int64),
        ("state_bytes", c.c_int64),
    ]


class Event(c.Structure):
    _fields_ = [
        ("site", c.c_int32),
        ("threads", c.c_int32),
        ("items", c.c_int64),
        ("start_ns", c.c_int64),
        ("finish_ns", c.c_int64),
    ]


class Profile(c.Structure):
    _fields_ = [
        ("size", c.c_uint64),
        ("events", c.POINTER(Event)),
        ("count", c.c_int64),
        ("dropped", c.c_int64),
        ("start_ns", c.c_int64),
        ("finish_ns", c.c_int64),
        ("threads", c.c_int32),
        ("wakeups", c.c_int32),
    ]


def _function(result, *arguments):
    return c.CFUNCTYPE(result, *arguments)


# Values travel as addresses, which ctypes passes faster than typed pointers.
_ADDRESS, _STATUS, _I32 = c.c_void_p, c.c_int32, c.c_int32


class Api(c.Structure):
    """accel_api; a field reads as a function that may be called."""

    _fields_ = [
        ("size", c.c_uint32),
        ("abi", c.c_uint32),
        ("info", _function(_STATUS, _ADDRESS, c.POINTER(ModelInfo))),
        ("input", _function(c.POINTER(Port), _ADDRESS, _I32)),
        ("output", _function(c.POINTER(Port), _ADDRESS, _I32)),
        ("symbol", _function(c.POINTER(Symbol), _ADDRESS, _I32)),
        ("site", _function(_STATUS, _ADDRESS, _I32, c.POINTER(SiteInfo))),
        ("create", _function(_STATUS, _ADDRESS, c.POINTER(Options), c.POINTER(_ADDRESS), c.c_char_p, c.c_size_t)),
        ("destroy", _function(None, _ADDRESS)),
        ("run", _function(_STATUS, _ADDRESS, _ADDRESS, _I32, _ADDRESS, _I32)),
        ("result", _function(_STATUS, _ADDRESS, _I32, _ADDRESS)),
        ("plan", _function(_STATUS, _ADDRESS, _ADDRESS, _I32, c.POINTER(PlanInfo))),
        ("reserve", _function(_STATUS, _ADDRESS, _ADDRESS, _I32)),
        ("bind", _function(_STATUS, _ADDRESS, _ADDRESS, _I32, _ADDRESS, _I32)),
        ("message", _function(c.c_char_p, _ADDRESS)),
        ("cancel", _function(None, _ADDRESS)),
        ("set_profiling", _function(_STATUS, _ADDRESS, _I32)),
        ("profile", _function(_STATUS, _ADDRESS, c.POINTER(Profile))),
        ("memory", _function(_STATUS, _ADDRESS, c.POINTER(MemoryInfo))),
        ("state", _function(_STATUS, _ADDRESS, _I32, c.POINTER(State))),
        ("reset", _function(_STATUS, _ADDRESS)),
        ("rewind", _function(_STATUS, _ADDRESS, c.c_int64)),
        ("fork", _function(_STATUS, _ADDRESS, c.POINTER(_ADDRESS), c.c_char_p, c.c_size_t)),
        ("save", _function(_STATUS, _ADDRESS, _ADDRESS, c.c_int64, c.POINTER(c.c_int64))),
        ("load", _function(_STATUS, _ADDRESS, _ADDRESS, c.c_int64)),
    ]


class Model(c.Structure):
    _fields_ = [("api", c.POINTER(Api)), ("program", c.c_void_p)]
