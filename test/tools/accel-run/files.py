# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Inputs in every format that NumPy and onnx write come out as NumPy computes them.
# REQUIRES: onnx, ml_dtypes
# RUN: %modelscale.c -o %t.so
# RUN: rm -rf %t && mkdir %t && cd %t
# RUN: %python %s %t.so
import itertools
import subprocess
import sys

import numpy as np
from onnx import numpy_helper

rng = np.random.default_rng(3)
model, count = sys.argv[1], itertools.count()


def check(x, k, *words, status=0):
    """Runs the model and compares what it writes with NumPy's result."""
    folder = f"out{next(count)}"
    done = subprocess.run(["accel-run", model, *words, "--output", folder], capture_output=True, text=True)
    assert done.returncode == status, (words, done)
    np.testing.assert_array_equal(np.load(f"{folder}/y.npy"), x * k)
    total = np.load(f"{folder}/sum.npy")
    assert total.dtype == np.float32 and total.shape == x.shape[:1]
    np.testing.assert_allclose(total, (x * k).sum(1), rtol=1e-5, atol=1e-5)


def save_pb(name, array, raw=True):
    proto = numpy_helper.from_array(array, "named")
    if not raw:
        proto.ClearField("raw_data")
        proto.float_data.extend(array.ravel())
    open(name, "wb").write(proto.SerializeToString())


for batch in (5, 1, 0):
    x, k = rng.standard_normal((batch, 4), np.float32), np.array(rng.standard_normal(), np.float32)
    np.save("k.npy", k)
    for name, array in (("c", x), ("fortran", np.asfortranarray(x)), ("big", x.astype(">f4"))):
        np.save(f"{name}.npy", array)
        check(x, k, f"{name}.npy", "k.npy")
        check(x, k, "k.npy", "--input", f"x={name}.npy")
    for save in (np.savez, np.savez_compressed):
        save("named.npz", k=k, x=x)
        check(x, k, "named.npz")
        check(x, k, "--input", "x=named.npz", "--input=k=named.npz")
        save("unnamed.npz", x, k)
        check(x, k, "unnamed.npz")
    for raw in (True, False):
        save_pb("x.pb", x, raw)
        save_pb("k.pb", k, raw)
        check(x, k, "x.pb", "k.pb")

# A test data set: with outputs, it is a reference as well.
import os

os.mkdir("set")
x, k = rng.standard_normal((3, 4), np.float32), np.array(2, np.float32)
save_pb("set/input_0.pb", x)
save_pb("set/input_1.pb", k)
check(x, k, "set")
save_pb("set/output_0.pb", x * k)
check(x, k, "set")
save_pb("set/output_0.pb", x * k + np.eye(3, 4, dtype=np.float32))
check(x, k, "set", status=2)

# Large compressed members, and a zip64 directory as NumPy writes for streams.
x = np.zeros((1000, 4), np.float32)
np.savez_compressed("zeros.npz", x=x, k=k)
check(x, k, "zeros.npz")
