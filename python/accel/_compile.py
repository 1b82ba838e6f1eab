# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""accel.compile: runs the compiler, accel-compile, on a model."""
import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import warnings

from .errors import CompileError, NoSuchFile

# In a wheel, in a build tree's python/accel (as it was imported: it is a link to the sources), in an installation's
# lib/accel/python/accel.
_COMPILER_FOLDERS = ("bin", "../../bin", "../../../../bin")
_folder = None  # of libraries that have no other place; it lives as long as this process


def compile(model, output=None, flags=(), **options):
    """Compiles an ONNX model to a library and returns its path.

    model    a path, the bytes of an ONNX file, or an onnx.ModelProto
    output   where to write the library; without it, in a folder that is removed when the process ends
    flags    words for accel-compile's command line, such as ["--cpu=x86-64-v3"]
    options  the compiler's flags by name (accel-compile --help lists them):
               shape={"x": [1, 3, 224, 224]}    --shape x=1x3x224x224
               dim={"batch": 4, "seq": (1, 32)} --dim batch=4 --dim seq=1..32
               state={"past_*": "present_*"}    --state 'past_*=present_*' (see accel.State)
               opt_level=2                      -O2
               debug_outputs=["relu_1", "add"]  --debug-outputs=relu_1 --debug-outputs=add
               cpu="x86-64-v3"                  --cpu=x86-64-v3 (an underscore stands for a dash)

    Raises CompileError with the compiler's message.
    """
    words = [*_flags(options), *map(str, flags)]
    with contextlib.ExitStack() as stack:
        path = _source(model, stack)
        if output is None:
            handle, output = tempfile.mkstemp(".so", _stem(path), _session_folder())
            os.close(handle)
        output = os.fspath(output)
        _run([compiler(), path, "-o", output, *words])
    return output


def compiler():
    """The path of accel-compile: $ACCEL_COMPILE, else the one that belongs to this package, else the one on PATH."""
    chosen = os.environ.get("ACCEL_COMPILE")
    if chosen:
        if not os.access(chosen, os.X_OK):
            raise NoSuchFile(f"ACCEL_COMPILE is '{chosen}', which is no program")
        return chosen
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in _COMPILER_FOLDERS:
        path = os.path.normpath(os.path.join(here, folder, "accel-compile"))
        if os.access(path, os.X_OK):
            return path
    path = shutil.which("accel-compile")
    if path is None:
        raise NoSuchFile("cannot find accel-compile; put it on PATH or set ACCEL_COMPILE to its path")
    return path


@contextlib.contextmanager
def temporary(model, options):
    """The path of the compiled model, for the length of a with."""
    with tempfile.TemporaryDirectory(prefix="accel-") as folder:
        path = model if isinstance(model, (str, os.PathLike)) else "model"
        yield compile(model, output=os.path.join(folder, _stem(path) + ".so"), **options)


def _source(model, stack):
    """The path of the model's file; what is no file yet is written to one that lives as long as the stack."""
    if isinstance(model, (str, os.PathLike)):
        path = os.fspath(model)
        if not os.path.exists(path):
            raise NoSuchFile(f"cannot open the model '{path}': no such file")
        return path
    if hasattr(model, "SerializeToString"):
        try:
            model = model.SerializeToString()
        except ValueError as error:
            raise CompileError(f"cannot serialize the model: {error}; save it with external data and pass its path") from None
    if not isinstance(model, (bytes, bytearray, memoryview)):
        raise TypeError(f"expected a path, bytes or an onnx.ModelProto, found {type(model).__name__}")
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="accel-"))
    path = os.path.join(folder, "model.onnx")
    with open(path, "wb") as file:
        file.write(model)
    return path


def _flags(options):
    words = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is None:
            continue
        if name == "opt_level":
            words.append(f"-O{value}")
        elif name == "shape":
            words += [w for key, dims in value.items() for w in (flag, f"{key}={'x'.join(map(str, dims))}")]
        elif isinstance(value, dict):
            words += [w for key, size in value.items() for w in (flag, f"{key}={_size(size)}")]
        elif isinstance(value, bool):
            words.append(flag if value else flag + "=false")
        elif isinstance(value, (list, tuple)):
            words += [f"{flag}={item}" for item in value]
        else:
            words.append(f"{flag}={value}")
    return words


def _size(size):
    if isinstance(size, (list, tuple)):
        low, high = size
        return f"{low}..{high}"
    return str(size)


def _run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
    message = done.stderr.strip()
    if done.returncode < 0:
        try:
            name = signal.Signals(-done.returncode).name
        except ValueError:
            name = f"signal {-done.returncode}"
        message = "\n".join(filter(None, [f"accel-compile was ended by {name}; to see it again: {' '.join(command)}", message]))
        raise CompileError(message, command, done.returncode)
    if done.returncode:
        raise CompileError(message or f"accel-compile ended with status {done.returncode}", command, done.returncode)
    if any("warning: " in line for line in message.splitlines()):
        warnings.warn(message, stacklevel=3)


def _stem(path):
    return os.path.splitext(os.path.basename(os.fspath(path)))[0] or "model"


def _session_folder():
    global _folder
    if _folder is None or _folder[0] != os.getpid():  # a forked child has a folder of its own
        _folder = os.getpid(), tempfile.mkdtemp(prefix="accel-")
        atexit.register(_remove, *_folder)
    return _folder[1]


def _remove(process, folder):
    if process == os.getpid():
        shutil.rmtree(folder, ignore_errors=True)
