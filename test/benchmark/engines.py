# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The engines that are measured: how each compiles, loads, binds and runs an ONNX model, at its best settings.

An engine is a class with `label`, `package` (what must be installed), `version()`, `prepare(case, folder, timeout)`,
which makes the file that is loaded and gives its path and what the compiler warned of, and an instance for a loaded model:
`Engine(path, threads)`, then `bind(feeds)`, which leaves `run`, a function without arguments that reads the feeds and
writes the outputs in place, and `outputs()`, the arrays of the last run. Nothing of an engine is imported before its
class is used, since each runs in a process of its own.
"""

import importlib.metadata
import importlib.util
import os
import subprocess
import sys

import numpy as np

ALIGNMENT = 64  # what every engine is content with, so that none copies


class Failed(Exception):
    """An engine refuses the model; the message is one line."""


def aligned(array):
    """The same array, row-major, at an address that no engine finds fault with."""
    array = np.asarray(array)
    if array.dtype.hasobject or not array.nbytes:
        return np.ascontiguousarray(array).reshape(array.shape)
    memory = np.empty(array.nbytes + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    made = memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    made[...] = array
    return made


def first_line(text):
    """The line that gives the reason, of what a program wrote: the first that says something, of an exception the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and lines[0].startswith("Traceback"):
        return lines[-1]
    line = next((line for line in lines if "error: " in line), lines[0] if lines else "no message")
    return line.partition("error: ")[2] or line  # without the path of the file


def call(words, timeout):
    """Runs a compiler; what it wrote to stderr."""
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failed(f"{os.path.basename(words[0])} took more than {timeout:.0f} s") from None
    if done.returncode < 0:
        raise Failed(f"{os.path.basename(words[0])} was ended by signal {-done.returncode}")
    if done.returncode:
        raise Failed(first_line(done.stderr))
    return done.stderr


class Bound:
    """What the engines with ONNX Runtime's methods share."""

    def options(self, runtime, threads):
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        return options

    def bind(self, feeds):
        session = self.session
        names = [port.name for port in session.get_outputs()]
        # One run without a binding says how large the outputs are.
        self.results = [aligned(array) for array in session.run(names, feeds)]
        binding = session.io_binding()
        for name, array in feeds.items():
            binding.bind_input(name, "cpu", 0, array.dtype.type, list(array.shape), array.ctypes.data)
        for name, array in zip(names, self.results):
            binding.bind_output(name, "cpu", 0, array.dtype.type, list(array.shape), array.ctypes.data)
        self.keep = feeds, binding  # a binding holds addresses only
        run = session.run_with_iobinding
        self.run = lambda: run(binding)

    def outputs(self):
        return self.results


class Accel(Bound):
    label, package = "Accel", "accel"

    @staticmethod
    def version():
        import accel

        return accel.__version__

    @staticmethod
    def prepare(case, folder, timeout, flags=()):
        import accel._compile

        library = os.path.join(folder, "model.so")
        said = call([accel._compile.compiler(), case.path, "-o", library, *flags], timeout)
        return library, [line for line in said.splitlines() if "warning: " in line]

    def __init__(self, path, threads):
        import accel

        self.path, self.session = path, accel.InferenceSession(path, self.options(accel, threads))

    def flops(self):
        """Of a run, as the compiler estimates them: those of elementwise ops are among them."""
        import accel

        options = self.options(accel, 1)
        options.enable_profiling = True
        session = accel.InferenceSession(self.path, options)
        session.run(None, self.keep[0])
        events, _, _ = session._idle[-1].events()
        return sum(session._library.site(site)[2] * items for site, _, items, _, _ in events)


class AccelStatic(Accel):
    """Accel again, where the compiler is told all sizes: what it costs that only a run knows them."""

    label = "Accel for this size alone"

    @staticmethod
    def prepare(case, folder, timeout):
        shapes = [f"--shape={name}={'x'.join(map(str, shape))}" for name, shape in case.open.items()]
        return Accel.prepare(case, folder, timeout, shapes)


class OnnxRuntime(Bound):
    label, package = "ONNX Runtime", "onnxruntime"

    @staticmethod
    def version():
        return importlib.metadata.version("onnxruntime")

    @staticmethod
    def prepare(case, folder, timeout):
        return case.path, []

    def __init__(self, path, threads):
        import onnxruntime

        onnxruntime.set_default_logger_severity(4)
        options = self.options(onnxruntime, threads)
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class OpenVINO:
    label, package = "OpenVINO", "openvino"

    @staticmethod
    def version():
        return importlib.metadata.version("openvino")

    @staticmethod
    def prepare(case, folder, timeout):
        return case.path, []

    def __init__(self, path, threads):
        import openvino

        settings = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            # Without it float32 models are computed in bfloat16 where the machine can: another, easier task.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self.request = openvino.Core().compile_model(path, "CPU", settings).create_infer_request()

    def bind(self, feeds):
        import openvino

        tensors = {name: openvino.Tensor(array, shared_memory=True) for name, array in feeds.items()}
        ports = {name: port for port in self.request.model_inputs for name in port.get_names()}
        for name, tensor in tensors.items():
            if name in ports:  # an input that nothing uses may be gone
                self.request.set_tensor(ports[name], tensor)
        self.request.infer()
        self.results = [aligned(np.array(t.data)) for t in self.request.output_tensors]
        for i, array in enumerate(self.results):
            tensors[i] = openvino.Tensor(array, shared_memory=True)
            self.request.set_output_tensor(i, tensors[i])
        self.keep = feeds, tensors
        # The binding's method under Python's, which would copy the outputs into arrays.
        infer, request, nothing = openvino._pyopenvino.InferRequest.infer, self.request, {}
        self.run = lambda: infer(request, nothing, True, False)

    def outputs(self):
        return self.results


class Iree:
    label, package = "IREE", "iree.runtime"

    @staticmethod
    def version():
        return importlib.metadata.version("iree-base-runtime")

    @staticmethod
    def prepare(case, folder, timeout):
        model = case.path
        module, binary = os.path.join(folder, "model.mlir"), os.path.join(folder, "model.vmfb")
        import onnx

        importer = [sys.executable, "-m", "iree.compiler.tools.import_onnx", model, "-o", module]
        opset = max((o.version for o in onnx.load(model, load_external_data=False).opset_import if not o.domain), default=1)
        # The importer wants at least this one, and can raise older models to it.
        call([*importer, *(["--opset-version", "17"] if opset < 17 else [])], timeout)
        from iree.compiler.tools import binaries

        flags = [
            "--iree-hal-target-device=local",
            "--iree-hal-local-target-device-backends=llvm-cpu",
            "--iree-llvmcpu-target-cpu=host",
            "--iree-opt-level=O3",
            "--iree-opt-data-tiling",
        ]
        call([binaries.find_tool("iree-compile"), module, "-o", binary, *flags], timeout)
        return binary, []

    def __init__(self, path, threads):
        import iree.runtime as runtime

        runtime.flags.parse_flags(f"--task_topology_group_count={threads}")
        # One thread: the caller's own, without a hand-over to a worker.
        self.device = runtime.get_device("local-task" if threads > 1 else "local-sync")
        instance = runtime.VmInstance()
        module = runtime.VmModule.mmap(instance, path)
        self.context = runtime.VmContext(instance, [runtime.create_hal_module(instance, self.device), module])
        # Besides the model's function there are its asynchronous twin and the module's own.
        name = next(n for n in module.function_names if not n.startswith("__") and not n.endswith("$async"))
        self.function = module.lookup_function(name)

    def bind(self, feeds):
        import iree.runtime as runtime

        # In the order of the graph's inputs, which is that of the feeds. Outputs are made by each run: the API has no
        # way to bind them.
        arrays = [runtime.asdevicearray(self.device, array) for array in feeds.values()]
        arguments = runtime.VmVariantList(len(arrays))
        for array in arrays:
            arguments.push_ref(array._buffer_view)
        self.keep, self.results = arrays, None
        context, function, make = self.context, self.function, runtime.VmVariantList

        def run():
            self.results = results = make(1)
            context.invoke(function, arguments, results)

        self.run = run

    def outputs(self):
        import iree.runtime as runtime

        views = [self.results.get_as_object(i, runtime.HalBufferView) for i in range(len(self.results))]
        return [np.array(runtime.DeviceArray(self.device, view, implicit_host_transfer=True)) for view in views]


STATIC = "static"
ENGINES = {"accel": Accel, STATIC: AccelStatic, "ort": OnnxRuntime, "openvino": OpenVINO, "iree": Iree}
PEERS = [name for name in ENGINES if name not in ("accel", STATIC)]


def missing(name):
    """Why an engine cannot be used here, or None."""
    package = ENGINES[name].package
    try:
        found = importlib.util.find_spec(package) is not None
    except ImportError:  # of a parent package
        found = False
    return None if found else "not installed"
