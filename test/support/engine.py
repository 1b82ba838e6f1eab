# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles models and runs them, and runs the same on references that owe nothing to this compiler."""

import contextlib
import os
import tempfile
import warnings

import numpy as np
import onnx

import emulated

# Where compiled models run: this machine, or the one of this triple in an emulator.
TRIPLE = None


class Fallback(Exception):
    """A kernel had to be compiled as plain loops: right, but slow, and a defect of the compiler."""


@contextlib.contextmanager
def compiled(model, fallback=False, **options):
    """Compiles a ModelProto or a path; gives a function from a thread count to an accel.InferenceSession.

    With TRIPLE set, it gives emulated.Session, which has the same `run`.

    A proto goes through a real file, as a user's model would. A kernel that falls back to plain loops is an error
    unless `fallback` allows it.
    """
    import accel

    with tempfile.TemporaryDirectory() as folder:
        path = model
        if not isinstance(model, str):
            path = os.path.join(folder, "model.onnx")
            onnx.save(model, path)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            if TRIPLE:
                options["triple"] = TRIPLE
            library = accel.compile(path, output=os.path.join(folder, "model" if TRIPLE else "model.so"), **options)
        for warning in said:
            if "plain loops" in str(warning.message) and not fallback:
                raise Fallback(str(warning.message))

        def session(threads=1):
            if TRIPLE:
                return emulated.Session(path, library, TRIPLE, threads)
            settings = accel.SessionOptions()
            settings.intra_op_num_threads = threads
            return accel.InferenceSession(library, settings)

        yield session


def bits(array):
    """What makes two arrays of one shape and dtype the same."""
    return array.tolist() if array.dtype == object else array.tobytes()


def same_bits(a, b):
    """Whether two lists of results are the same to the bit."""
    return len(a) == len(b) and all(
        np.asarray(x).dtype == np.asarray(y).dtype
        and np.shape(x) == np.shape(y)
        and bits(np.asarray(x)) == bits(np.asarray(y))
        for x, y in zip(a, b)
    )


class Unavailable(Exception):
    """No reference can run the model."""


def onnxruntime_session(model):
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model if isinstance(model, str) else model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


class Reference:
    """ONNX Runtime where it has the op, else the evaluator of the onnx package."""

    def __init__(self, model):
        self.model, self.failure, self.evaluator = model, None, None
        try:
            self.runtime = onnxruntime_session(model)
        except Exception as error:
            self.runtime, self.failure = None, error

    def run(self, feeds):
        if self.runtime:
            return self.runtime.run(None, feeds)
        if self.evaluator is None:
            from onnx.reference import ReferenceEvaluator

            try:
                self.evaluator = ReferenceEvaluator(self.model)
            except Exception as error:
                raise Unavailable(f"{self.failure}; {error}") from error
        return [np.asarray(r) if np.isscalar(r) else r for r in self.evaluator.run(None, feeds)]


def graph_inputs(model):
    """(name, NumPy dtype, dims as int or str) of the inputs that are not initializers."""
    initializers = {i.name for i in model.graph.initializer}
    found = []
    for value in model.graph.input:
        if value.name in initializers:
            continue
        tensor = value.type.tensor_type
        dims = [d.dim_value if d.HasField("dim_value") else d.dim_param or "?" for d in tensor.shape.dim]
        found.append((value.name, np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)), dims))
    return found


def random_array(rng, shape, dtype):
    """Values of both signs, of about one in size; small integers; a fair coin for booleans."""
    dtype = np.dtype(dtype)
    if dtype == bool:
        return rng.random(shape) < 0.5
    if dtype.kind == "u":
        return rng.integers(0, 100, shape).astype(dtype)
    if dtype.kind == "i":
        return rng.integers(-50, 50, shape).astype(dtype)
    if dtype.kind == "c":
        return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(dtype)
    return rng.standard_normal(shape).astype(dtype)


def random_feeds(model, sizes, seed=0):
    """Inputs for a model; a named dim takes its size from `sizes` (its name, or '*' for all others, else 1)."""
    rng = np.random.default_rng(seed)
    return {
        name: random_array(rng, [d if isinstance(d, int) else sizes.get(d, sizes.get("*", 1)) for d in dims], dtype)
        for name, dtype, dims in graph_inputs(model)
    }
