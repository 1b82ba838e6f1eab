# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A context of a model and its calls: the arguments of a run, prepared once for each set of input shapes."""
import ctypes
import weakref
from collections import OrderedDict

import numpy as np

from . import _abi, _dtypes, errors

_VALUE_BYTES = ctypes.sizeof(_abi.Value)
_VALUE_WORDS = _VALUE_BYTES // 8
_DATA_WORD = (_abi.Value.u.offset + _abi.Tensor.data.offset) // 8
_MOST_CALLS = 256  # sets of input shapes that a context remembers

_address_of = ctypes.addressof
_from_buffer = ctypes.c_char.from_buffer


def address(array):
    """Where a C-contiguous array's elements begin."""
    try:
        return _address_of(_from_buffer(array))
    except (TypeError, ValueError, BufferError):  # read-only, empty, or of a dtype of ml_dtypes
        return array.ctypes.data


class Values:
    """An array of accel_value for tensors, with the shapes that they point to."""

    def __init__(self, count):
        self.count = count
        self.values = (_abi.Value * max(count, 1))()
        self.address = ctypes.addressof(self.values)
        self.words = memoryview(self.values).cast("B").cast("Q")
        self.keep = [None] * count

    def set_tensor(self, index, data, dtype, shape, strides=None, capacity=0):
        """Describes a tensor in host memory; strides count elements."""
        dims = (ctypes.c_int64 * max(len(shape), 1))(*shape)
        steps = (ctypes.c_int64 * max(len(shape), 1))(*strides) if strides is not None else None
        self.keep[index] = dims, steps
        value = self.values[index]
        value.kind, value.flags, value.capacity = _abi.TENSOR, 0, capacity
        tensor = value.u.tensor
        tensor.data, tensor.device_type, tensor.device_id = data, _abi.CPU, 0
        tensor.ndim, tensor.dtype, tensor.byte_offset = len(shape), dtype, 0
        tensor.shape = ctypes.cast(dims, ctypes.POINTER(ctypes.c_int64))
        tensor.strides = ctypes.cast(steps, ctypes.POINTER(ctypes.c_int64))

    def set_none(self, index):
        """An output that the context shall own."""
        ctypes.memset(self.address + index * _VALUE_BYTES, 0, _VALUE_BYTES)
        self.keep[index] = None

    def set_unwanted(self, index):
        """An output that the run need not compute."""
        self.set_none(index)
        self.values[index].flags = _abi.UNWANTED


class Call:
    """A run's arguments for one set of input shapes and outputs, complete but for the addresses of the data."""

    def __init__(self, context, arrays, wanted=None):
        """What a run yields may depend on what the context holds, if it has states; it owns the outputs then."""
        library = context.library
        self.inputs, self.outputs = Values(len(library.inputs)), Values(len(library.outputs))
        for i, (port, array) in enumerate(zip(library.inputs, arrays)):
            self.inputs.set_tensor(i, address(array), port.abi_dtype, array.shape)
        shapes = [None] * len(library.outputs) if library.num_states else context.output_shapes(self.inputs)
        # An output that only the run can size stays the context's and is copied out after it.
        self.fixed, self.owned = [], []
        for i, (port, shape) in enumerate(zip(library.outputs, shapes)):
            if wanted is not None and i not in wanted:
                self.outputs.set_unwanted(i)
            elif shape is None:
                self.owned.append(i)
            else:
                self.outputs.set_tensor(i, None, port.abi_dtype, shape)
                self.fixed.append((i * _VALUE_WORDS + _DATA_WORD, shape, port.dtype))


class Context:
    """accel_context: belongs to one caller at a time."""

    def __init__(self, library, threads=0, profile=False, fork=None):
        self.library = library
        pointer, message = ctypes.c_void_p(), ctypes.create_string_buffer(1024)
        if fork is None:
            options = _abi.Options(size=ctypes.sizeof(_abi.Options), threads=threads, profile=int(profile))
            status = library.api.create(library.model, options, pointer, message, len(message))
        else:
            status = library.api.fork(fork.pointer, pointer, message, len(message))
        if status:
            raise errors.of_status(status, message.value)
        self.pointer = pointer.value
        # library: it may not be unloaded before its contexts are gone
        weakref.finalize(self, _destroy, library, self.pointer).atexit = False
        self._run = library.api.run
        self._calls = OrderedDict()
        self._input_words = [i * _VALUE_WORDS + _DATA_WORD for i in range(len(library.inputs))]

    def raise_status(self, status):
        raise errors.of_status(status, self.library.api.message(self.pointer))

    def run(self, arrays, wanted=None):
        """The outputs, as arrays of their own, for C-contiguous arrays of the right dtypes, in the model's order.
        wanted: numbers of those to be computed, ascending; None: all."""
        key = wanted, tuple([array.shape for array in arrays])
        call = self._calls.get(key)
        if call is None:
            call = self._prepare(key, arrays)
        inputs, outputs = call.inputs, call.outputs
        words = inputs.words
        for word, array in zip(self._input_words, arrays):
            words[word] = address(array)
        words = outputs.words
        results = []
        for word, shape, dtype in call.fixed:
            result = np.empty(shape, dtype)
            words[word] = address(result)
            results.append(result)
        for i in call.owned:
            outputs.set_none(i)
        status = self._run(self.pointer, inputs.address, inputs.count, outputs.address, outputs.count)
        if status:
            self.raise_status(status)
        for i in call.owned:
            place = i if wanted is None else wanted.index(i)
            results.insert(place, tensor_to_array(outputs.values[i].u.tensor))
        return results

    def run_values(self, inputs, outputs):
        """Runs on arguments that the caller has filled in."""
        status = self._run(self.pointer, inputs.address, inputs.count, outputs.address, outputs.count)
        if status:
            self.raise_status(status)

    def output_shapes(self, inputs):
        """The shape of each output for these inputs; None for those that only the run knows."""
        library, api = self.library, self.library.api
        symbols = (ctypes.c_int64 * max(len(library.symbols), 1))()
        status = api.bind(self.pointer, inputs.address, inputs.count, ctypes.addressof(symbols), len(library.symbols))
        if status:
            self.raise_status(status)
        dims = (ctypes.c_int64 * max(sum(len(port.dims) for port in library.outputs), 1))()
        info = _abi.PlanInfo(size=ctypes.sizeof(_abi.PlanInfo), output_dims=dims)
        status = api.plan(self.pointer, ctypes.addressof(symbols), len(library.symbols), info)
        if status:
            self.raise_status(status)
        shapes, at = [], 0
        for port in library.outputs:
            shape = tuple(dims[at : at + len(port.dims)])
            at += len(port.dims)
            shapes.append(None if port.kind != _abi.TENSOR or _abi.UNKNOWN_DIM in shape else shape)
        return shapes

    def memory(self):
        """What the context holds, in bytes, by name."""
        info = _abi.MemoryInfo(size=ctypes.sizeof(_abi.MemoryInfo))
        status = self.library.api.memory(self.pointer, info)
        if status:
            self.raise_status(status)
        return {name: getattr(info, name) for name, _ in info._fields_ if name != "size"}

    def events(self):
        """(events, start, finish) of the last run: an event is (site, threads, items, start, finish), times in ns."""
        profile = _abi.Profile(size=ctypes.sizeof(_abi.Profile))
        status = self.library.api.profile(self.pointer, profile)
        if status:
            self.raise_status(status)
        events = [profile.events[i] for i in range(profile.count)]
        return [(e.site, e.threads, e.items, e.start_ns, e.finish_ns) for e in events], profile.start_ns, profile.finish_ns

    def _prepare(self, key, arrays):
        call = Call(self, arrays, key[0])
        if len(self._calls) >= _MOST_CALLS:
            self._calls.popitem(last=False)
        self._calls[key] = call
        return call


def _destroy(library, pointer):
    library.api.destroy(pointer)


def tensor_to_array(tensor):
    """A copy of a tensor in host memory, row-major without gaps."""
    shape = tuple(tensor.shape[: tensor.ndim]) if tensor.ndim else ()
    result = np.empty(shape, _dtypes.to_numpy(tensor.dtype))
    if result.nbytes:
        if tensor.strides:
            raise errors.Unimplemented("the model returned a strided tensor")
        ctypes.memmove(result.ctypes.data, tensor.data + tensor.byte_offset, result.nbytes)
    return result
