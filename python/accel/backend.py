# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX's backend interface (onnx.backend.base): prepare, run_model, supports_device."""
import collections

from . import _compile
from ._session import InferenceSession, SessionOptions


class Representation:
    """A compiled model, ready to run."""

    def __init__(self, session):
        self._session = session
        names = [port.name for port in session.get_outputs()]
        # Fields of a namedtuple must be identifiers; others are reached by position.
        self._type = collections.namedtuple("Outputs", names, rename=True)

    def run(self, inputs, **kwargs):
        """Outputs as a named tuple, for a list of arrays in the model's order, a dict, or the only array."""
        ports = self._session.get_inputs()
        if not isinstance(inputs, dict):
            values = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
            if len(values) != len(ports):
                raise ValueError(f"expected {len(ports)} inputs, found {len(values)}")
            inputs = {port.name: value for port, value in zip(ports, values)}
        return self._type(*self._session.run(None, inputs))


def supports_device(device):
    return device.split(":")[0].upper() == "CPU"


def is_compatible(model, device="CPU", **kwargs):
    """Whether the model compiles for the device."""
    try:
        with _compile.temporary(model, kwargs):
            return supports_device(device)
    except _compile.CompileError:
        return False


def prepare(model, device="CPU", threads=0, **kwargs):
    """Compiles the model; keyword arguments are those of accel.compile."""
    _require(device)
    options = SessionOptions()
    options.intra_op_num_threads, options.compile_options = threads, kwargs
    return Representation(InferenceSession(model, options))


def run_model(model, inputs, device="CPU", **kwargs):
    """Compiles the model and runs it once."""
    return prepare(model, device, **kwargs).run(inputs)


def run_node(node, inputs, device="CPU", outputs_info=None, **kwargs):
    """Compiles and runs a model of one node, whose input types are those of the arrays."""
    import numpy as np
    from onnx import helper, shape_inference

    arrays = [np.asarray(value) for value in inputs]
    names = [name for name in node.input if name]

    def info(name, dtype, shape):
        return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)

    ins = [info(name, array.dtype, array.shape) for name, array in zip(names, arrays)]
    if outputs_info is None:
        outs = [helper.make_empty_tensor_value_info(name) for name in node.output if name]
    else:
        outs = [info(name, dtype, shape) for name, (dtype, shape) in zip(node.output, outputs_info)]
    model = shape_inference.infer_shapes(helper.make_model(helper.make_graph([node], "node", ins, outs)))
    return run_model(model, dict(zip(names, arrays)), device, **kwargs)


def _require(device):
    if not supports_device(device):
        raise ValueError(f"device '{device}' is not supported, expected 'CPU'")
