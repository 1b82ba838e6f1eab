# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Python values to arguments of a run and back: arrays, strings, sequences, optionals and maps."""
import ctypes

import numpy as np

from . import _abi, _dtypes, errors
from ._context import Values, address, tensor_to_array


def as_array(name, value, dtype):
    """value as a C-contiguous array of this dtype, or InvalidArgument. Arrays are never converted to another type."""
    if not isinstance(value, np.ndarray):
        return _from_other(name, value, dtype)
    if value.dtype != dtype:
        if value.dtype.newbyteorder("=") != dtype:
            raise errors.InvalidArgument(
                f"input '{name}' is an array of {value.dtype}, expected {dtype}; convert it with .astype('{dtype}')"
            )
        value = value.astype(dtype)
    # not ascontiguousarray, which makes a vector of a scalar
    return np.asarray(value, order="C")


def _from_other(name, value, dtype):
    """Lists, scalars and what has an array interface; a scalar type of its own must be the model's."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise errors.InvalidArgument(f"input '{name}' is a {type(value).__name__}, expected an array of {dtype}: {error}") from None
    plain = isinstance(value, (bool, int, float, complex, list, tuple))
    if array.dtype != dtype and not (plain and np.can_cast(array.dtype, dtype, "same_kind") or plain and array.size == 0):
        raise errors.InvalidArgument(f"input '{name}' is a {type(value).__name__} of {array.dtype}, expected an array of {dtype}")
    converted = np.asarray(array, dtype, order="C")
    if array.dtype.kind in "iu" and converted.dtype.kind in "iu" and not np.array_equal(converted, array):
        limits = np.iinfo(dtype)
        raise errors.InvalidArgument(f"input '{name}' holds a number outside of the {limits.min}..{limits.max} of {dtype}")
    return converted


def run(context, feeds, wanted=None):
    """Runs a model with inputs or outputs that are not tensors; feeds are in the model's order."""
    library, keep = context.library, []
    inputs, outputs = Values(len(library.inputs)), Values(len(library.outputs))
    for i, (port, feed) in enumerate(zip(library.inputs, feeds)):
        _fill(inputs.values[i], port.name, port.kind, port.dtype, feed, keep, port.kinds)
    numbers = range(outputs.count) if wanted is None else wanted
    for i in set(range(outputs.count)).difference(numbers):
        outputs.set_unwanted(i)
    context.run_values(inputs, outputs)
    return [from_value(outputs.values[i]) for i in numbers]


def from_value(value):
    """An accel_value as Python's own: an array, a list, a dict or None, with copies of all data."""
    if value.kind == _abi.NONE:
        return None
    if value.kind == _abi.TENSOR:
        return tensor_to_array(value.u.tensor)
    if value.kind == _abi.STRING_TENSOR:
        return _strings_to_array(value.u.strings)
    if value.kind == _abi.SEQUENCE:
        return [from_value(value.u.sequence.items[i]) for i in range(value.u.sequence.count)]
    if value.kind == _abi.OPTIONAL:
        return from_value(value.u.optional.item.contents) if value.u.optional.item else None
    if value.kind == _abi.MAP:
        keys, values = from_value(value.u.map.keys.contents), from_value(value.u.map.values.contents)
        return dict(zip(keys.tolist(), values if isinstance(values, list) else values.tolist()))
    raise errors.Unimplemented(f"the model returned a value of unknown kind {value.kind}")


def _strings_to_array(strings):
    shape = tuple(strings.shape[: strings.ndim]) if strings.ndim else ()
    result = np.empty(shape, object)
    flat = result.reshape(-1)
    for i in range(flat.size):
        item = strings.data[i]
        flat[i] = ctypes.string_at(item.data, item.size).decode("utf-8", "replace") if item.size else ""
    return flat.reshape(shape)


def _fill(value, name, kind, dtype, item, keep, kinds=0):
    """Describes item, of this kind, in an accel_value; what it points to is appended to keep.

    kinds: what the model says of it and of what is in it (accel_port.flags), or 0.
    """
    within = kinds >> _abi.KIND_BITS
    value.kind, value.flags, value.capacity = kind, 0, 0
    if kind == _abi.TENSOR:
        _fill_tensor(value, as_array(name, item, dtype), keep)
    elif kind == _abi.STRING_TENSOR:
        _fill_strings(value, name, item, keep)
    elif kind == _abi.SEQUENCE:
        if not isinstance(item, (list, tuple)):
            raise errors.InvalidArgument(f"input '{name}' is a {type(item).__name__}, expected a list of arrays")
        items = (_abi.Value * max(len(item), 1))()
        for i, element in enumerate(item):
            _fill(items[i], f"{name}[{i}]", _kind_of(element, dtype), dtype, element, keep, within)
        value.u.sequence.items, value.u.sequence.count = items, len(item)
        keep.append(items)
    elif kind == _abi.OPTIONAL:
        if item is not None:
            inner = _abi.Value()
            _fill(inner, name, _kind_of(item, dtype), dtype, item, keep, within)
            value.u.optional.item = ctypes.pointer(inner)
            keep.append(inner)
    elif kind == _abi.MAP:
        _fill_map(value, name, within, dtype, item, keep)
    else:
        raise errors.Unimplemented(f"input '{name}' is of unknown kind {kind}")


def _kind_of(item, dtype):
    """The kind that an element of a sequence or an optional has."""
    if isinstance(item, (list, tuple)):
        return _abi.SEQUENCE
    if isinstance(item, dict):
        return _abi.MAP
    return _abi.STRING_TENSOR if dtype is None else _abi.TENSOR


def _fill_tensor(value, array, keep):
    one = Values(1)
    one.set_tensor(0, address(array), _dtypes.from_numpy(array.dtype), array.shape)
    ctypes.memmove(ctypes.addressof(value), one.address, ctypes.sizeof(_abi.Value))
    keep.append((array, one))


def _fill_strings(value, name, item, keep):
    array = np.asarray(item, object)
    strings, shape = (_abi.String * max(array.size, 1))(), (ctypes.c_int64 * max(array.ndim, 1))(*array.shape)
    for i, text in enumerate(array.reshape(-1)):
        if not isinstance(text, (str, bytes)):
            raise errors.InvalidArgument(f"input '{name}' holds a {type(text).__name__}, expected strings")
        try:
            data = text.encode() if isinstance(text, str) else bytes(text)
        except UnicodeEncodeError as error:
            raise errors.InvalidArgument(f"input '{name}' holds a str that UTF-8 cannot express: {error}; pass it as bytes") from None
        buffer = ctypes.create_string_buffer(data, len(data) + 1)
        strings[i].data, strings[i].size = ctypes.addressof(buffer), len(data)
        keep.append(buffer)
    value.kind = _abi.STRING_TENSOR
    value.u.strings.data, value.u.strings.ndim = strings, array.ndim
    value.u.strings.shape = ctypes.cast(shape, ctypes.POINTER(ctypes.c_int64))
    keep += [strings, shape]


def _fill_map(value, name, kinds, dtype, item, keep):
    """kinds: those of the keys and the values, or 0. dtype: the values', None for strings."""
    if not isinstance(item, dict):
        raise errors.InvalidArgument(f"input '{name}' is a {type(item).__name__}, expected a dict")
    keys, values = _abi.Value(), _abi.Value()
    key_kind = kinds & (1 << _abi.KIND_BITS) - 1
    has_text = key_kind == _abi.STRING_TENSOR if key_kind else any(isinstance(key, (str, bytes)) for key in item)
    _fill_vector(keys, f"{name}.keys()", None if has_text else np.dtype(np.int64), list(item.keys()), keep)
    _fill_vector(values, f"{name}.values()", dtype, list(item.values()), keep)
    value.u.map.keys, value.u.map.values = ctypes.pointer(keys), ctypes.pointer(values)
    keep += [keys, values]


def _fill_vector(value, name, dtype, items, keep):
    if dtype is None:
        _fill_strings(value, name, items, keep)
        return
    array = as_array(name, items, dtype)
    if array.ndim != 1:
        raise errors.InvalidArgument(f"input '{name}' holds arrays, expected single numbers of {dtype}")
    value.kind = _abi.TENSOR
    _fill_tensor(value, array, keep)
