# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model with more than 3 GB of weights: it compiles in little memory of its own, and its results are NumPy's.

Needs --all, 11 GB of disk and 6 GB of memory; without them it is skipped.
"""

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
import onnx
from onnx import TensorProto, helper

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))

import suite

MB, GB = 1 << 20, 1 << 30
WIDTH, LAYERS, ROWS = 8192, 11, 3
# A layer's weights alone are more: no weight is ever in memory as a whole, packed or not.
MOST_ANONYMOUS = 192 * MB


def weights():
    """Name and shape, in the order of the external file; the last two have the same bytes."""
    for layer in range(LAYERS):
        yield f"w{layer}", (WIDTH, WIDTH)
    yield "table", (20000, WIDTH)
    yield "twin", (WIDTH, WIDTH)


def make(folder):
    """Writes model.onnx and model.data."""
    random, offset, initializers = np.random.default_rng(3), 0, []
    with open(os.path.join(folder, "model.data"), "wb") as file:
        for name, shape in weights():
            if name == "twin":  # those of the first layer once more
                with open(file.name, "rb") as same:
                    file.flush()
                    for _ in range(shape[0] // 256):
                        file.write(same.read(256 * shape[1] * 4))
            else:
                for _ in range(0, shape[0], 500 if shape[0] % 500 == 0 else 256):
                    rows = random.random((500 if shape[0] % 500 == 0 else 256, shape[1]), np.float32)
                    rows -= 0.5
                    rows *= 3.5 / np.sqrt(WIDTH)
                    file.write(rows)
            size = 4 * shape[0] * shape[1]
            tensor = TensorProto(name=name, dims=shape, data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
            for key, value in (("location", "model.data"), ("offset", offset), ("length", size)):
                tensor.external_data.add(key=key, value=str(value))
            initializers.append(tensor)
            offset += size
    nodes, x = [helper.make_node("Gather", ["table", "ids"], ["x"])], "x"
    for name, _ in weights():
        if name == "table":
            continue
        # Both orders in which exporters keep a matrix.
        transposed = name == "twin" or int(name[1:]) % 2 == 0
        nodes.append(
            helper.make_node("Gemm", [x, name], [f"{name}_y"], transB=1)
            if transposed
            else helper.make_node("MatMul", [x, name], [f"{name}_y"])
        )
        nodes.append(helper.make_node("Tanh", [f"{name}_y"], [f"{name}_z"]))
        x = f"{name}_z"
    graph = helper.make_graph(
        nodes,
        "large",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, [ROWS])],
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, [ROWS, WIDTH])],
        initializers,
    )
    path = os.path.join(folder, "model.onnx")
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def reference(folder, ids):
    """In float64, some rows of a weight at a time."""
    data, offset, values = os.path.join(folder, "model.data"), 0, {}
    for name, shape in weights():
        values[name] = np.memmap(data, np.float32, "r", offset, shape)
        offset += 4 * shape[0] * shape[1]
    x = values["table"][ids].astype(np.float64)
    for name, _ in weights():
        if name == "table":
            continue
        weight, y = values[name], np.zeros((ROWS, WIDTH))
        for at in range(0, WIDTH, 512):
            part = weight[at : at + 512].astype(np.float64)
            if name == "twin" or int(name[1:]) % 2 == 0:
                y[:, at : at + 512] = x @ part.T
            else:
                y += x[:, at : at + 512] @ part
        x = np.tanh(y)
    return x


def anonymous(pid):
    """Bytes of memory that a process has for itself."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) << 10
    return 0


def compile_watched(path, output):
    """Compiles; the most anonymous memory that the compiler and its workers had at one time."""
    import accel

    peak, ended = [0], threading.Event()

    def watch():
        while not ended.wait(0.01):
            peak[0] = max(peak[0], sum(map(anonymous, suite.descendants(os.getpid()))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        accel.compile(path, output=output)
    finally:
        ended.set()
        watcher.join()
    return peak[0]


def check_room():
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < 11 * GB:
        raise suite.Skip(f"needs 11 GB in {tempfile.gettempdir()}")
    with open("/proc/meminfo", encoding="ascii") as file:
        available = next(int(line.split()[1]) << 10 for line in file if line.startswith("MemAvailable"))
    if available < 6 * GB:
        raise suite.Skip("needs 6 GB of memory")


def as_library(folder, output):
    """The .so itself, or one made of an object by a linker that knows nothing of models."""
    if output.endswith(".so"):
        return output
    source, library = os.path.join(folder, "entry.c"), os.path.join(folder, "linked.so")
    with open(source, "w", encoding="ascii") as file:
        file.write(
            "const void *model_model(void);\n"
            '__attribute__((visibility("default"))) const void *accel_model(void) { return model_model(); }\n'
        )
    subprocess.run(["clang-22", "-shared", "-fPIC", source, output, "-o", library, "-lm"], check=True)
    os.remove(output)
    return library


def compiles_in_little_memory(extension):
    import accel

    check_room()
    with tempfile.TemporaryDirectory(prefix="accel-large-") as folder:
        path, output = make(folder), os.path.join(folder, "model" + extension)
        begin = time.monotonic()
        peak = compile_watched(path, output)
        seconds = time.monotonic() - begin
        if peak > MOST_ANONYMOUS:
            return f"{peak // MB} MB of anonymous memory while compiling; expected {MOST_ANONYMOUS // MB} at most"
        size, source = os.path.getsize(output), os.path.getsize(os.path.join(folder, "model.data"))
        ids = np.array([19999, 0, 7], np.int64)
        found = accel.InferenceSession(as_library(folder, output)).run(None, {"ids": ids})[0]
        wanted = reference(folder, ids)
        error = np.abs(found - wanted).max() / np.abs(wanted).max()
        if not error < 1e-4:
            return f"the largest error is {error} of the largest number"
        # The last weights are the first ones, which both products read as rows of columns. (Panels are filled up.)
        if size > source - WIDTH * WIDTH * 3:
            return f"{size} bytes of {source} bytes of weights: equal weights are there twice"
        return suite.Note(f"{source / GB:.1f} GB of weights, {peak // MB} MB of anonymous memory, {seconds:.0f} s, error {error:.1e}")


def main():
    made = suite.parser(__doc__)
    made.set_defaults(timeout=900, jobs=1)
    args = suite.parse(made)
    names = [f"large/{what}" for what in ("library", "object")]
    if not args.all:
        suite.finish(suite.run("large", {}, args, dict.fromkeys(names, "long: only with --all")))
    cases = dict(zip(names, (functools.partial(compiles_in_little_memory, e) for e in (".so", ".o"))))
    suite.finish(suite.run("large", cases, args))


if __name__ == "__main__":
    main()
