# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The exceptions of this package, one for each status of a compiled model, and one for the compiler."""
from . import _abi


class Error(RuntimeError):
    """Whatever a compiled model or the compiler refuses."""


class CompileError(Error):
    """accel-compile failed: its message, and the command that shows it again."""

    def __init__(self, message, command=(), returncode=None):
        super().__init__(message)
        self.command = list(command)
        self.returncode = returncode


class NoSuchFile(Error, FileNotFoundError):
    """There is no model at that path."""


class InvalidModel(Error):
    """The file is no library that accel-compile made."""


class InvalidArgument(Error, ValueError):
    """The name, dtype, rank or shape of an argument is not what the model takes."""


class OutOfMemory(Error, MemoryError):
    """A context or a run could not get its memory."""


class Unsupported(Error):
    """This machine lacks what the model was compiled for."""


class Incompatible(Error):
    """The model was made for another version of the interface."""


class Cancelled(Error):
    """The run was cancelled."""


class Busy(Error):
    """The context is running in another thread."""


class RunFailed(Error):
    """An op met values that it is not defined for."""


class Unimplemented(Error, NotImplementedError):
    """This model's runtime lacks the function."""


_OF_STATUS = {
    _abi.INVALID_ARGUMENT: InvalidArgument,
    _abi.OUT_OF_MEMORY: OutOfMemory,
    _abi.UNSUPPORTED: Unsupported,
    _abi.INCOMPATIBLE: Incompatible,
    _abi.CANCELLED: Cancelled,
    _abi.BUSY: Busy,
    _abi.RUN_FAILED: RunFailed,
    _abi.UNIMPLEMENTED: Unimplemented,
}


def of_status(status, message):
    """The exception for a status that is not OK; message is the runtime's own, as bytes."""
    text = (message or b"").decode("utf-8", "replace")
    return _OF_STATUS.get(status, Error)(text or f"the model returned status {status}")
