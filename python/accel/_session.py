# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""InferenceSession: a compiled model behind ONNX Runtime's methods."""
import difflib
import os

import numpy as np

from . import _abi, _compile, _values, errors
from ._binding import IOBinding
from ._context import Context
from ._library import Library
from ._profile import Profiler
from ._state import State


_MOST_ASKED = 1000  # lists of output names that a session remembers


class SessionOptions:
    """How a session runs. Other attributes of ONNX Runtime's class may be set and change nothing: what they choose
    was settled when the model was compiled."""

    def __init__(self):
        self.intra_op_num_threads = 0  # 0: ACCEL_NUM_THREADS, else the CPUs that this process may use
        self.enable_profiling = False
        self.profile_file_prefix = "accel_profile_"
        self.compile_options = {}  # for accel.compile, if the session is made from an ONNX model


class ModelMetadata:
    """What the ONNX file says of itself."""

    def __init__(self, name, metadata):
        self.producer_name = metadata.get("producer_name", "")
        self.graph_name = metadata.get("graph_name", name)
        self.domain = metadata.get("domain", "")
        self.description = metadata.get("description", "")
        self.graph_description = metadata.get("graph_description", "")
        self.version = metadata.get("model_version", 0)
        self.custom_metadata_map = dict(metadata.get("custom_metadata_map", {}))


class InferenceSession:
    """Runs a model: a library that accel-compile made, or an ONNX model (path, bytes or ModelProto), compiled first.

    Several threads may run one session at a time; each then has a context of its own.
    """

    def __init__(self, path_or_bytes, sess_options=None, providers=None, **_):
        options = sess_options or SessionOptions()
        self._threads, self._profile = options.intra_op_num_threads, bool(options.enable_profiling)
        if _is_library(path_or_bytes):
            self._library = Library(path_or_bytes)
        else:
            with _compile.temporary(path_or_bytes, options.compile_options) as path:
                self._library = Library(path)
        self._profiler = Profiler(self._library, options.profile_file_prefix) if self._profile else None
        self._inputs, self._outputs = self._library.inputs, self._library.outputs
        self._asked = {}  # lists of output names, as _wanted answered
        self._ports = [(port.name, port.dtype) for port in self._inputs]
        self._only_tensors = all(port.kind == _abi.TENSOR for port in self._inputs + self._outputs)
        # The first context is made here: it says at once what this machine lacks.
        self._idle = [self._context()]

    def run(self, output_names, input_feed, run_options=None):
        """The named outputs (None: all), for a dict from input names to arrays. The arrays belong to the caller.
        What only the outputs need that are not named is not computed."""
        if self._library.num_states:
            raise errors.InvalidArgument("the model keeps states from run to run; make one with new_state() and run that")
        try:
            context = self._idle.pop()
        except IndexError:
            context = self._context()
        try:
            return self._run_on(context, output_names, input_feed)
        finally:
            self._idle.append(context)

    def new_state(self):
        """A new sequence of a model that was compiled with states (accel-compile --state): an accel.State."""
        if not self._library.num_states:
            raise errors.InvalidArgument("the model has no states; compile it with state={'past_*': 'present_*'} or the like")
        try:
            return State(self, self._idle.pop())
        except IndexError:
            return State(self, self._context())

    def _run_on(self, context, output_names, input_feed):
        wanted, places = (None, None) if output_names is None else self._wanted(output_names)
        if self._only_tensors:
            results = context.run(self._arrays(input_feed), wanted)
        else:
            results = _values.run(context, self._feeds(input_feed), wanted)
        if self._profiler:
            self._profiler.add(context)
        return results if places is None else [results[place] for place in places]

    def run_with_iobinding(self, iobinding, run_options=None):
        """Runs on what the binding holds."""
        if self._library.num_states:
            raise errors.InvalidArgument("the model keeps states from run to run; make one with new_state() and run that")
        try:
            context = self._idle.pop()
        except IndexError:
            context = self._context()
        try:
            iobinding._run(context)
            if self._profiler:
                self._profiler.add(context)
        finally:
            self._idle.append(context)

    def io_binding(self):
        """An IOBinding for this session."""
        return IOBinding(self)

    def get_inputs(self):
        return list(self._inputs)

    def get_outputs(self):
        return list(self._outputs)

    def get_modelmeta(self):
        return ModelMetadata(self._library.name, self._library.metadata)

    def get_providers(self):
        return ["CPUExecutionProvider"]

    @property
    def metadata(self):
        """What the compiler wrote into the library, as a dict."""
        return self._library.metadata

    def memory(self):
        """What the session's idle contexts hold, in bytes, by name; weights are not among it."""
        total = {}
        for context in list(self._idle):
            for name, value in context.memory().items():
                total[name] = total.get(name, 0) + value
        return total

    def end_profiling(self):
        """Writes the Chrome trace of all runs so far and returns its path (with SessionOptions.enable_profiling)."""
        if not self._profiler:
            raise errors.Error("the session records no profile; set SessionOptions.enable_profiling before making it")
        return self._profiler.write()

    def _context(self):
        return Context(self._library, self._threads, self._profile)

    def _arrays(self, feeds):
        """The arrays that the feed names, in the model's order, contiguous and of the model's dtypes."""
        arrays = []
        for name, dtype in self._ports:
            try:
                array = feeds[name]
            except KeyError:
                self._refuse_names(feeds)
            if type(array) is not np.ndarray or array.dtype != dtype or not array.flags.c_contiguous:
                array = _values.as_array(name, array, dtype)
            arrays.append(array)
        if len(feeds) != len(arrays):
            self._refuse_names(feeds)
        return arrays

    def _feeds(self, feeds):
        if set(feeds) != {port.name for port in self._inputs}:
            self._refuse_names(feeds)
        return [feeds[port.name] for port in self._inputs]

    def _refuse_names(self, feeds):
        known = [port.name for port in self._inputs]
        missing = [name for name in known if name not in feeds]
        extra = [name for name in feeds if name not in known]
        parts = []
        if missing:
            parts.append("missing " + ", ".join(f"'{name}'" for name in missing))
        for name in extra:
            close = difflib.get_close_matches(str(name), missing, 1)
            parts.append(f"unknown '{name}'" + (f" (did you mean '{close[0]}'?)" if close else ""))
        raise errors.InvalidArgument(f"wrong inputs: {'; '.join(parts)}; the model takes {known}")

    def _wanted(self, names):
        """The numbers of these outputs, ascending (None: all), and where in them each name is."""
        key = tuple(names)
        known = self._asked.get(key)
        if known is None:
            numbers = [self._output_index(name) for name in key]
            wanted = tuple(sorted(set(numbers)))
            places = [wanted.index(number) for number in numbers]
            known = None if len(wanted) == len(self._outputs) else wanted, places
            if len(self._asked) >= _MOST_ASKED:
                self._asked.clear()
            self._asked[key] = known
        return known

    def _output_index(self, name):
        for i, port in enumerate(self._outputs):
            if port.name == name:
                return i
        raise errors.InvalidArgument(f"unknown output '{name}'; the model has {[port.name for port in self._outputs]}")


def _is_library(model):
    """Whether this is the path of a library, as opposed to a model to be compiled."""
    if not isinstance(model, (str, os.PathLike)):
        return False
    try:
        with open(model, "rb") as file:
            if file.read(4) == b"\x7fELF":
                return True
    except IsADirectoryError:
        raise errors.InvalidModel(f"'{os.fspath(model)}' is a folder; expected a model") from None
    except OSError as error:
        raise errors.NoSuchFile(f"cannot open the model '{os.fspath(model)}': {error.strerror}") from None
    return os.fspath(model).endswith(".so")  # broken, then: the loader says how
