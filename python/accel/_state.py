# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""State: what a model that was compiled with --state keeps from one run to the next."""
import ctypes

import numpy as np

from . import _abi, _dtypes, errors
from ._context import Context


class State:
    """One sequence of a model that was compiled with accel.compile(..., state=...).

        session = accel.InferenceSession(accel.compile("gpt2.onnx", state={"past_*": "present_*"}))
        state = session.new_state()
        (logits,) = state.run(["logits"], {"input_ids": prompt})
        (logits,) = state.run(["logits"], {"input_ids": token})

    Each run continues where the last one ended. A run that fails changes nothing. One caller at a time uses a State; as
    many of them as you like share the session's weights.
    """

    def __init__(self, session, context):
        self._session, self._context = session, context

    def run(self, output_names, input_feed):
        """As InferenceSession.run, without the states among inputs and outputs."""
        return self._session._run_on(self._context, output_names, input_feed)

    @property
    def position(self):
        """How many positions the states hold: what all runs since the last reset have added. None if none of them grows."""
        for state in self._states():
            if state.axis >= 0:
                return state.tensor.shape[state.axis]
        return None

    def reset(self):
        """As new: states that grow are empty, others zeros. Their memory is kept."""
        self._check(self._api.reset(self._context.pointer))

    def rewind(self, position):
        """Keeps the first positions, as many as given. States that do not grow cannot be rewound: save or fork them."""
        self._check(self._api.rewind(self._context.pointer, position))

    def fork(self):
        """Another State that continues from here."""
        return State(self._session, Context(self._context.library, fork=self._context))

    def save(self):
        """The states as bytes, for load, here or in another process."""
        size = ctypes.c_int64()
        self._check(self._api.save(self._context.pointer, None, 0, size))
        data = ctypes.create_string_buffer(size.value)
        self._check(self._api.save(self._context.pointer, ctypes.addressof(data), size.value, size))
        return data.raw

    def load(self, data):
        """Continues from what save returned for a model with the same states."""
        data = bytes(data)
        self._check(self._api.load(self._context.pointer, ctypes.cast(data, ctypes.c_void_p), len(data)))

    def reserve(self, **sizes):
        """Takes memory for runs of up to these sizes, by name; those of states are what is before the run. Runs up to
        them allocate nothing in the model then."""
        library = self._context.library
        known = [symbol.name for symbol in library.symbols]
        if set(sizes) != set(known):
            raise errors.InvalidArgument(f"expected the sizes {known}, found {sorted(sizes)}")
        values = (ctypes.c_int64 * max(len(known), 1))(*[sizes[name] for name in known])
        self._check(self._api.reserve(self._context.pointer, ctypes.addressof(values), len(known)))

    def tensors(self):
        """The states by their inputs' names, as copies."""
        return {state.input.decode(): _copy(state.tensor) for state in self._states()}

    def memory(self):
        """What the state's context holds, in bytes, by name; weights are not among it."""
        return self._context.memory()

    @property
    def _api(self):
        return self._context.library.api

    def _check(self, status):
        if status:
            self._context.raise_status(status)

    def _states(self):
        for index in range(self._context.library.num_states):
            state = _abi.State(size=ctypes.sizeof(_abi.State))
            self._check(self._api.state(self._context.pointer, index, state))
            yield state


def _copy(tensor):
    """A strided tensor in host memory as an array of its own."""
    dtype = _dtypes.to_numpy(tensor.dtype)
    shape = tuple(tensor.shape[: tensor.ndim]) if tensor.ndim else ()
    count = int(np.prod(shape, dtype=np.int64))
    if not count:
        return np.empty(shape, dtype)
    # A state has no gaps, so that its elements are as many bytes.
    memory = (ctypes.c_char * (count * dtype.itemsize)).from_address(tensor.data)
    strides = tuple(step * dtype.itemsize for step in tensor.strides[: tensor.ndim])
    return np.array(np.ndarray(shape, dtype, memory, strides=strides), order="C")
