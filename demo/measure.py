# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times and memory of a compiled model beside ONNX Runtime, with one thread and with inputs and outputs bound once."""

import json
import subprocess
import sys
import time

import numpy as np

ENGINES = ("Accel", "ONNX Runtime")


def session(engine, path, threads=1):
    if engine == "Accel":
        import accel as runtime

        more = {}
    else:
        import onnxruntime as runtime

        more = {"providers": ["CPUExecutionProvider"]}
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    return runtime.InferenceSession(path, options, **more)


def bound(session, feeds):
    """A function that runs the session on these arrays into buffers made once, and the buffers."""
    names = [port.name for port in session.get_outputs()]
    results = [np.zeros_like(array) for array in session.run(names, feeds)]
    binding = session.io_binding()
    for name, array in feeds.items():
        binding.bind_input(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
    for name, array in zip(names, results):
        binding.bind_output(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)

    def run(_keep=(feeds, results)):  # a binding holds addresses only
        session.run_with_iobinding(binding)

    return run, results


def medians(runs, seconds=0.6, rounds=12):
    """Median microseconds of each function; they take turns, so that both meet the same machine."""
    counts = []
    for run in runs:
        run()
        begin = time.perf_counter()
        run()
        counts.append(max(3, int(seconds / rounds / (time.perf_counter() - begin + 1e-9))))
    times = [[] for _ in runs]
    for _ in range(rounds):
        for run, count, series in zip(runs, counts, times):
            for _ in range(count):
                begin = time.perf_counter_ns()
                run()
                series.append(time.perf_counter_ns() - begin)
    return [float(np.median(series)) / 1000 for series in times]


def process_kb(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field))


def memory_kb(engine, path, batch):
    """What opening and running the model adds to a process that has the engine loaded already, at its peak."""
    call = [sys.executable, __file__, engine, path, str(batch)]
    return json.loads(subprocess.run(call, check=True, capture_output=True, text=True).stdout)


LAUNCH = """
import os, sys, time
begin = time.perf_counter()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
_, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), time.perf_counter() - begin, usage.ru_maxrss)
"""


def command(words):
    """Runs a command, its output to stderr; returns seconds and its peak memory in kB.

    A process starts with the peak of the one that made it, so a small interpreter starts the command, not this one.
    """
    sys.stdout.flush()
    status, seconds, kilobytes = subprocess.run(
        [sys.executable, "-IS", "-c", LAUNCH, *words], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.split()
    if int(status):
        sys.exit(f"demo: '{' '.join(words)}' ended with status {status}")
    return float(seconds), int(kilobytes)


def main(engine, path, batch):
    images = np.random.default_rng(0).random((int(batch), 1, 28, 28), np.float32)
    __import__("accel" if engine == "Accel" else "onnxruntime")
    before = process_kb("VmRSS")
    with open("/proc/self/clear_refs", "w") as reset:  # the peak counts from here
        reset.write("5")
    run, _ = bound(session(engine, path), {"image": images})
    run()
    print(json.dumps(process_kb("VmHWM") - before))


if __name__ == "__main__":
    main(*sys.argv[1:])
