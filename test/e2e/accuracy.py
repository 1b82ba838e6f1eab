# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Computes every function at a million floats and compares with f64, in units in the last place of f32.

Limits are those of tables/accuracy.py. Each runs for this CPU and for the levels below that it can run, and each time
in three ways, which must give the same bits: as vectors with a narrower tail, with a dynamic size (and so a masked
tail), and as plain loops over scalars.

  --table    measure instead: the table of docs/decisions/math.md, beside ONNX Runtime in the same process
"""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

import numpy as np
import onnx
from onnx import TensorProto, helper

import engine
import suite
from tables.accuracy import FUNCTIONS, arguments, ulps

LEVELS = {"native": "", "x86-64-v3": "avx2", "x86-64-v2": "sse4_2"}


def proto(function, size):
    names = [f"x{i}" for i in range(function.inputs)]
    port = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [size])
    node = helper.make_node("Exp" if function.math else function.name, names, ["y"])
    graph = helper.make_graph([node], "function", [port(n) for n in names], [port("y")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def compiled(function, size, folder, **options):
    """A session of one function; one that ONNX lacks takes the place of math.exp in a kernel of that."""
    import accel

    path = os.path.join(folder, "model.onnx")
    onnx.save(proto(function, size), path)
    if function.math:
        text, cpu = os.path.join(folder, "model.mlir"), options["cpu"]
        subprocess.run(["accel-compile", path, "-q", f"--cpu={cpu}", "--stop-after=kernels", "-o", text], check=True)
        lowered = subprocess.run(
            ["accel-opt", text, f"--cpu-lower-kernels=stage=linalg cpu={cpu}"],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        assert "math.exp " in lowered
        with open(text, "w") as file:
            file.write(lowered.replace("math.exp ", function.math + " "))
        path = text
    return accel.InferenceSession(accel.compile(path, output=os.path.join(folder, "model.so"), **options))


def worst(function, inputs, got):
    """The largest error, and a sentence about where it is."""
    wide = [x.astype(np.float64) for x in inputs]
    with np.errstate(all="ignore"):
        want = function.reference(*wide)
        unit = function.scale(wide[0]) if function.scale else None
    error = ulps(got, want, unit)
    at = int(np.argmax(error))
    where = ", ".join(float(x[at]).hex() for x in inputs)
    return float(error[at]), f"{error[at]:.3f} ulp at {where}: {got[at]!r}, expected {want[at]!r}"


def check(function, cpu):
    import tempfile

    inputs = arguments(function)
    feeds = {f"x{i}": x for i, x in enumerate(inputs)}
    with tempfile.TemporaryDirectory() as folder:
        results = []
        for size, effort in ((len(inputs[0]), 3), ("n", 3), (len(inputs[0]), 0)):
            session = compiled(function, size, folder, cpu=cpu, opt_level=effort)
            results.append(session.run(None, feeds)[0])
    limit = function.bound(fused=cpu != "x86-64-v2")
    error, text = worst(function, inputs, results[0])
    if not error <= limit:
        return f"{text}; the limit is {limit}"
    for way, other in zip(("a dynamic size", "plain loops"), results[1:]):
        if not engine.same_bits([results[0]], [other]):
            same = (results[0] == other) | (np.isnan(results[0]) & np.isnan(other))
            at = int(np.argmin(same))
            where = ", ".join(float(x[at]).hex() for x in inputs)
            if not same.all():
                return f"{way} gives other bits at {where}: {other[at]!r}, not {results[0][at]!r}"
    return None


def runnable():
    """The levels that this machine has."""
    try:
        with open("/proc/cpuinfo") as file:
            flags = next((line.split() for line in file if line.startswith("flags")), [])
    except OSError:
        flags = []
    return [level for level, needs in LEVELS.items() if not needs or needs in flags]


def medians(runs, rounds=15):
    """Nanoseconds of each, taking turns."""
    import time

    times = [[] for _ in runs]
    for _ in range(rounds):
        for run, series in zip(runs, times):
            for _ in range(8):
                begin = time.perf_counter_ns()
                run()
                series.append(time.perf_counter_ns() - begin)
    return [float(np.median(series)) for series in times]


def table():
    """Prints errors and times per element; 4,096 elements stay in the first cache."""
    import tempfile

    size = 4096
    print("| function | ulp | ulp, ONNX Runtime | ns | ns, ONNX Runtime |\n| --- | --- | --- | --- | --- |")
    for function in FUNCTIONS:
        inputs = arguments(function)
        feeds = {f"x{i}": x for i, x in enumerate(inputs)}
        rng = np.random.default_rng(3)
        low, high = {"Acosh": (1, 9), "Asin": (-1, 1), "Acos": (-1, 1), "Atanh": (-1, 1)}.get(
            function.name, (0.01, 9) if "Log" in function.name or function.name in ("Pow", "Sqrt") else (-9, 9)
        )
        small = {name: rng.uniform(low, high, size).astype(np.float32) for name in feeds}
        with tempfile.TemporaryDirectory() as folder:
            ours = compiled(function, len(inputs[0]), folder, cpu="native")
            errors = [worst(function, inputs, ours.run(None, feeds)[0])[0]]
            runs = [bound(compiled(function, size, folder, cpu="native"), small)]
            if not function.math:
                theirs = engine.onnxruntime_session(proto(function, "n"))
                errors.append(worst(function, inputs, theirs.run(None, feeds)[0])[0])
                runs.append(bound(theirs, small))
            empty = [bound(compiled(FUNCTIONS[0], 1, folder, cpu="native"), {"x0": np.ones(1, np.float32)})]
            empty.append(bound(engine.onnxruntime_session(proto(FUNCTIONS[0], 1)), {"x0": np.ones(1, np.float32)}))
        times = [(t - e) / size for t, e in zip(medians(runs), medians(empty))]
        show = lambda values, digits: [f"{v:.{digits}f}" if v < 1e4 else f"{v:.0e}" for v in values] + [""]
        e, t = show(errors, 2), show(times, 3)
        print(f"| {function.name} | {e[0]} | {e[1]} | {t[0]} | {t[1]} |", flush=True)


def bound(session, feeds):
    """A call of a session with its inputs and output in place."""
    binding = session.io_binding()
    result = np.empty_like(next(iter(feeds.values())))
    for name, array in feeds.items():
        binding.bind_input(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
    binding.bind_output("y", "cpu", 0, np.float32, result.shape, result.ctypes.data)
    return lambda _keep=(feeds, result): session.run_with_iobinding(binding)


def main():
    parser = suite.parser(__doc__)
    parser.add_argument("--table", action="store_true", help="print errors and times instead")
    args = suite.parse(parser)
    if args.table:
        return table()
    cases = {
        f"{function.name}/{cpu}": lambda function=function, cpu=cpu: check(function, cpu)
        for function in FUNCTIONS
        for cpu in runnable()
    }
    suite.finish(suite.run("accuracy", cases, args))


if __name__ == "__main__":
    main()
