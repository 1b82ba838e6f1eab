# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls a function in a process of its own."""

import os
import pickle
import resource
import select
import signal


def isolated(function, timeout=60):
    """What `function` says went wrong (None: nothing), also where it raises, ends its process, or takes too long."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            said = function()
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        with os.fdopen(theirs, "wb") as pipe:
            pickle.dump(said, pipe)
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        in_time = select.select([pipe], [], [], timeout)[0]
        text = pipe.read() if in_time else b""
    if not in_time:
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if not in_time:
        return f"took more than {timeout} s"
    if os.WIFSIGNALED(status):
        return f"ended its process with {signal.Signals(os.WTERMSIG(status)).name}"
    return pickle.loads(text) if text else "ended its process"
