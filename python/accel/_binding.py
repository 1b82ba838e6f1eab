# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""IOBinding and OrtValue: inputs and outputs bound once, for runs that neither copy nor allocate."""
import ctypes

import numpy as np

from . import _abi, _dtypes, errors
from ._context import Values, address, tensor_to_array


class OrtValue:
    """A tensor in host memory, as ONNX Runtime's class of that name."""

    def __init__(self, array):
        self._array = array

    @staticmethod
    def ortvalue_from_numpy(array, device_type="cpu", device_id=0):
        _require_cpu(device_type)
        return OrtValue(np.array(array, order="C"))

    @staticmethod
    def ortvalue_from_shape_and_type(shape, element_type=np.float32, device_type="cpu", device_id=0):
        _require_cpu(device_type)
        return OrtValue(np.empty(tuple(shape), _dtypes.from_element_type(element_type)))

    def numpy(self):
        """The array itself, without a copy."""
        return self._array

    def shape(self):
        return list(self._array.shape)

    def data_type(self):
        return f"tensor({_dtypes.onnx_name(_dtypes.from_numpy(self._array.dtype))})"

    def data_ptr(self):
        return self._array.ctypes.data

    def device_name(self):
        return "cpu"

    def has_value(self):
        return True

    def is_tensor(self):
        return True

    def update_inplace(self, array):
        np.copyto(self._array, array, casting="no")


class IOBinding:
    """The arguments of a session's runs. Bound memory belongs to the caller, who keeps it while it is bound."""

    def __init__(self, session):
        self._library = session._library
        if not session._only_tensors:
            raise errors.Unimplemented("a model with inputs or outputs that are not tensors cannot be bound; use run")
        self._inputs = [None] * len(self._library.inputs)  # (data, dtype, shape, strides in elements, what is kept)
        self._outputs = [None] * len(self._library.outputs)  # "own", or as above
        self._prepared = self._results = None

    def bind_cpu_input(self, name, array):
        """Binds an array as it is: later changes of its elements are seen by later runs."""
        index, port = self._find(self._library.inputs, name, "input")
        array = np.asarray(array)
        self._check(port, "input", array.dtype)
        self._inputs[index] = _describe(array, port)
        self._prepared = None

    def bind_input(self, name, device_type, device_id, element_type, shape, buffer_ptr):
        """Binds memory, row-major without gaps, at an address."""
        index, port = self._find(self._library.inputs, name, "input")
        self._inputs[index] = self._at(port, "input", device_type, element_type, shape, buffer_ptr)
        self._prepared = None

    def bind_ortvalue_input(self, name, value):
        self.bind_cpu_input(name, value.numpy())

    def bind_output(self, name, device_type="cpu", device_id=0, element_type=None, shape=None, buffer_ptr=None):
        """Binds memory at an address; without one, each run makes a new array."""
        index, port = self._find(self._library.outputs, name, "output")
        if buffer_ptr is None:
            _require_cpu(device_type)
            self._outputs[index] = "own"
        else:
            self._outputs[index] = self._at(port, "output", device_type, element_type, shape, buffer_ptr)
        self._prepared = None

    def bind_ortvalue_output(self, name, value):
        """Binds an array that the runs write."""
        index, port = self._find(self._library.outputs, name, "output")
        array = value.numpy()
        self._check(port, "output", array.dtype)
        if not array.flags.writeable:
            raise errors.InvalidArgument(f"output '{name}' is bound to a read-only array")
        self._outputs[index] = _describe(array, port)
        self._prepared = None

    def clear_binding_inputs(self):
        self._inputs = [None] * len(self._inputs)
        self._prepared = None

    def clear_binding_outputs(self):
        self._outputs = [None] * len(self._outputs)
        self._prepared = None

    def synchronize_inputs(self):
        """Nothing: all memory is the host's."""

    def synchronize_outputs(self):
        """Nothing: all memory is the host's."""

    def get_outputs(self):
        """The bound outputs of the last run, without copies, as OrtValues."""
        if self._results is None:
            raise errors.Error("the binding holds no outputs yet; call run_with_iobinding first")
        return [OrtValue(array) for array in self._results]

    def copy_outputs_to_cpu(self):
        """The bound outputs of the last run, as arrays of their own."""
        return [np.array(value.numpy()) for value in self.get_outputs()]

    def _run(self, context):
        if self._prepared is None:
            self._prepare(context)
        inputs, outputs, own, bound = self._prepared
        if not own:
            context.run_values(inputs, outputs)
            self._results = bound
            return
        results = {}
        for index, shape in own:
            if shape is None:
                outputs.set_none(index)
            else:
                results[index] = array = np.empty(shape, self._library.outputs[index].dtype)
                outputs.values[index].u.tensor.data = address(array)
        context.run_values(inputs, outputs)
        for index, shape in own:
            if shape is None:
                results[index] = tensor_to_array(outputs.values[index].u.tensor)
        wanted = [i for i, what in enumerate(self._outputs) if what is not None]
        self._results = [results[i] if i in results else bound[n] for n, i in enumerate(wanted)]

    def _prepare(self, context):
        for what, ports, kind in ((self._inputs, self._library.inputs, "input"), (self._outputs, self._library.outputs, "output")):
            if None in what and (kind == "input" or not any(what)):
                name = ports[what.index(None)].name
                raise errors.InvalidArgument(f"{kind} '{name}' is not bound; call bind_{'cpu_' if kind == 'input' else ''}{kind} first")
        inputs, outputs = Values(len(self._inputs)), Values(len(self._outputs))
        for i, (data, dtype, shape, strides, _) in enumerate(self._inputs):
            inputs.set_tensor(i, data, dtype, shape, strides)
        shapes, own, bound = None, [], []
        for i, what in enumerate(self._outputs):
            if what == "own":
                shapes = shapes or context.output_shapes(inputs)
                own.append((i, shapes[i]))
                bound.append(None)
                if shapes[i] is not None:
                    outputs.set_tensor(i, None, self._library.outputs[i].abi_dtype, shapes[i])
            elif what is not None:
                data, dtype, shape, strides, keep = what
                outputs.set_tensor(i, data, dtype, shape, strides)
                bound.append(keep)
            else:
                outputs.set_unwanted(i)
        self._prepared = inputs, outputs, own, bound

    def _find(self, ports, name, kind):
        for index, port in enumerate(ports):
            if port.name == name:
                return index, port
        raise errors.InvalidArgument(f"unknown {kind} '{name}'; the model has {[port.name for port in ports]}")

    def _check(self, port, kind, dtype):
        if dtype != port.dtype:
            raise errors.InvalidArgument(f"{kind} '{port.name}' is bound to {dtype}, expected {port.dtype}")

    def _at(self, port, kind, device_type, element_type, shape, buffer_ptr):
        _require_cpu(device_type)
        dtype = _dtypes.from_element_type(port.dtype if element_type is None else element_type)
        self._check(port, kind, dtype)
        if shape is None:
            raise errors.InvalidArgument(f"{kind} '{port.name}' is bound to an address without a shape")
        shape = tuple(int(d) for d in shape)
        memory = (ctypes.c_char * (int(np.prod(shape, dtype=np.int64)) * dtype.itemsize)).from_address(buffer_ptr)
        return buffer_ptr, port.abi_dtype, shape, None, np.frombuffer(memory, np.uint8).view(dtype).reshape(shape)


def _describe(array, port):
    strides = None
    if not array.flags.c_contiguous:
        if any(s % array.itemsize for s in array.strides):
            raise errors.InvalidArgument(f"'{port.name}' is bound to an array whose strides are no multiple of its elements")
        strides = [s // array.itemsize for s in array.strides]
    return array.ctypes.data, port.abi_dtype, array.shape, strides, array


def _require_cpu(device_type):
    if device_type != "cpu":
        raise errors.InvalidArgument(f"device '{device_type}' is not supported; this package binds memory of 'cpu'")
