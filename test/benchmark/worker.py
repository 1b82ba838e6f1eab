# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The process of one engine: loads a model, then runs it in batches when told to, a JSON object a line each way.

usage: worker.py ENGINE FILE FEEDS THREADS    FEEDS is a pickled dict from input names to arrays

The first answer is {"load_s", "first_s", "memory"}, then
  {"run": SECONDS, "least": N, "clock": NAME}   {"ns": median of a run, "count": how many were timed}
  {"outputs": PATH}                             {} once the outputs of the last run are in that file, pickled
  {"flops": true}                               {"flops": the engine's own estimate}
An error answers {"error": one line} and ends the process.
"""

import ctypes
import gc
import itertools
import json
import os
import pickle
import signal
import sys
import time

import numpy as np

import engines

PR_SET_PDEATHSIG = 1


def status_bytes(field):
    with open("/proc/self/status") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith(field))


def reset_peak():
    """From here on the kernel counts the peak of the resident memory anew."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass  # the peak then begins with that of the interpreter


CLOCKS = {"wall": time.perf_counter_ns, "cpu": time.process_time_ns}


def batch(run, seconds, least, clock):
    """The median time of a run, in ns, and the number of timed ones. A part of the time goes into warming up."""
    begin = now = clock()
    count = 0
    while count == 0 or now - begin < 2e8 * seconds:
        run()
        count, now = count + 1, clock()
    each = (now - begin) / count
    # Short runs are timed in groups, in which the clock's own time vanishes.
    group = max(1, int(20e3 / each))
    times = []
    for _ in range(max(least, int(8e8 * seconds / (each * group)))):
        begin = clock()
        for _ in itertools.repeat(None, group):
            run()
        times.append(clock() - begin)
    return float(np.median(times)) / group, len(times) * group


def serve(answer, name, path, feeds, threads):
    with open(feeds, "rb") as file:
        feeds = {key: engines.aligned(array) for key, array in pickle.load(file).items()}
    reset_peak()
    before = status_bytes("VmRSS")
    begin = time.perf_counter()
    engine = engines.ENGINES[name](path, int(threads))
    loaded = time.perf_counter()
    engine.bind(feeds)
    engine.run()
    done = time.perf_counter()
    answer(load_s=loaded - begin, first_s=done - loaded, memory=status_bytes("VmHWM") - before)
    gc.disable()
    for line in sys.stdin:
        order = json.loads(line)
        if "run" in order:
            nanoseconds, count = batch(engine.run, order["run"], order["least"], CLOCKS[order["clock"]])
            answer(ns=nanoseconds, count=count)
        elif "flops" in order:
            answer(flops=engine.flops())
        else:
            with open(order["outputs"], "wb") as file:
                pickle.dump([np.asarray(array) for array in engine.outputs()], file, protocol=5)
            answer()


def main():
    # Also while it is stopped, this process shall not outlive the one that gives the orders.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    pipe = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # engines may print

    def answer(**what):
        pipe.write(json.dumps(what) + "\n")
        pipe.flush()

    try:
        serve(answer, *sys.argv[1:])
    except Exception as error:
        answer(error=f"{type(error).__name__}: {engines.first_line(str(error))}"[:400])
    # Not every engine ends its threads in time for an orderly end.
    os._exit(0)


if __name__ == "__main__":
    main()
