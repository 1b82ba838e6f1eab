# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models for other machines, as programs that qemu-user runs: a session's `run`, with files in between."""

import os
import re
import shutil
import subprocess
import tempfile

import numpy as np
import onnx

from suite import Skip

# triple -> the emulator of its programs, and the folder with its C library (Debian: libc6-*-cross).
MACHINES = {
    "aarch64-linux-gnu": ("qemu-aarch64", "/usr/aarch64-linux-gnu"),
    "riscv64-linux-gnu": ("qemu-riscv64", "/usr/riscv64-linux-gnu"),
}


def missing(triple):
    """What a machine needs that is not here, or None."""
    emulator, root = MACHINES[triple]
    if not shutil.which(emulator):
        return f"no {emulator} (Debian: qemu-user)"
    return None if os.path.isdir(os.path.join(root, "lib")) else f"no C library in {root}"


class Session:
    """Runs a program that was compiled for `triple` from the model at `path`, as accel.InferenceSession would."""

    def __init__(self, path, program, triple, threads):
        graph = onnx.load(path, load_external_data=False).graph
        weights = {i.name for i in graph.initializer}
        self.inputs = [v.name for v in graph.input if v.name not in weights]
        self.outputs = [(v.name, element_type(v)) for v in graph.output]
        for value in (*graph.input, *graph.output):
            if element_type(value) is None:
                raise Skip("a program reads and writes tensors of numbers only")
        emulator, root = MACHINES[triple]
        self.command = [emulator, "-L", root, program, "--threads", str(threads)]

    def run(self, _, feeds):
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for i, name in enumerate(self.inputs):
                files.append(os.path.join(folder, f"{i}.npy"))
                np.save(files[-1], stored(np.require(feeds[name], requirements="C")))
            done = subprocess.run(
                [*self.command, *files, "-o", os.path.join(folder, "out")], capture_output=True, text=True, errors="replace"
            )
            if done.returncode:
                raise RuntimeError(f"status {done.returncode} under {self.command[0]}: {done.stderr.strip()[-300:]}")
            plain = [re.sub(rb"^[.]|[^A-Za-z0-9_.-]", b"_", name.encode())[:127].decode() for name, _ in self.outputs]
            results = []
            for i, (_, dtype) in enumerate(self.outputs):
                own = plain[i] if plain[i] and plain[i] not in plain[:i] else f"{plain[i]}-{i}"
                array = np.load(os.path.join(folder, "out", f"{own}.npy"))
                results.append(array.view(dtype) if array.dtype.kind == "V" else array.astype(dtype))
            return results


def element_type(value):
    """The NumPy type of a graph's input or output, or None if it is no tensor of numbers."""
    if not value.type.HasField("tensor_type"):
        return None
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type))
    return None if dtype == object else dtype


def stored(array):
    """As a program reads it: types that NumPy lacks are bytes, narrow integers by their value, floats by their bits."""
    if array.dtype.isbuiltin == 1:
        return array
    for prefix, byte in (("int", np.int8), ("uint", np.uint8)):
        if array.dtype.name.startswith(prefix):
            return array.astype(byte)
    return array.view(np.dtype((np.void, array.dtype.itemsize)))
