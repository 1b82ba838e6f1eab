# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""An engine's process as the benchmark sees it: asleep but for the time in which it is asked something."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "worker.py")


class Died(Exception):
    """An engine's process ended, or took too long; the message says how."""


class Process:
    """An engine with a model, stopped but for the time in which it is asked something.

    A stopped process cannot spin. So every engine may keep its threads ready between runs as it likes best, and none
    takes CPU time from another's turn.
    """

    def __init__(self, engine, path, feeds, threads, timeout, worker=WORKER):
        self.timeout, self.log = timeout, tempfile.TemporaryFile("w+", errors="replace")
        words = [sys.executable, worker, engine, path, feeds, str(threads)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.log, "bufsize": 0}
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))  # where this process found accel
        self.process = subprocess.Popen(words, env=environment, **pipes)
        self.buffer = b""
        try:
            self.start = self.answer()
        except BaseException:
            self.close()
            raise
        self.stop()

    def ask(self, **order):
        try:
            os.kill(self.process.pid, signal.SIGCONT)
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
            answer = self.answer()
        except OSError:
            self.ended()
        self.stop()
        return answer

    def answer(self):
        end = time.monotonic() + self.timeout
        while b"\n" not in self.buffer:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                self.process.kill()
                raise Died(f"took more than {self.timeout:.0f} s")
            if not (read := os.read(self.process.stdout.fileno(), 1 << 16)):
                self.ended()
            self.buffer += read
        line, _, self.buffer = self.buffer.partition(b"\n")
        answer = json.loads(line)
        if "error" in answer:
            raise Died(answer["error"])
        return answer

    def ended(self):
        status = self.process.wait()
        how = signal.Signals(-status).name if status < 0 else f"status {status}"
        self.log.seek(0)
        said = self.log.read().strip().splitlines()
        raise Died(f"its process ended with {how}" + (f": {said[-1][:200]}" if said else "")) from None

    def busy(self):
        """Seconds of CPU time that it has used."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            user, system = file.read().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        os.kill(self.process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()
