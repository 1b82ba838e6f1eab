# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# --reference: what is equal, what is near, what differs, and where.
# RUN: rm -rf %t && mkdir %t && cd %t
# RUN: %modelscale.c -o %t/scale.so
# RUN: %python %s
import subprocess

import numpy as np

x, k = np.random.default_rng(1).standard_normal((3, 4), np.float32), np.array(3, np.float32)
np.savez("in.npz", x=x, k=k)
y = x * k


def run(status, *words, **arrays):
    np.savez("reference.npz", **arrays)
    done = subprocess.run(["accel-run", "scale.so", "in.npz", "--reference", "reference.npz", *words], capture_output=True, text=True)
    assert done.returncode == status, done
    return done.stdout + done.stderr


text = run(0, y=y)
assert "ok        y: float32[3x4], equal" in text and "no reference for sum" in text, text
near = y + np.where(np.arange(12).reshape(3, 4) == 6, np.float32(2e-4), np.float32(0))
assert "largest error 0.0002 at [1,2]" in run(0, "--rtol=0", "--atol=1e-3", y=near)
text = run(2, "--rtol=0", "--atol=1e-5", y=near)
assert "DIFFERENT y: float32[3x4], 1 of 12 elements are wrong, largest error 0.0002 at [1,2] (got " in text, text
assert "DIFFERENT y: got float32[3x4], expected float32[4x3]" in run(2, y=y.reshape(4, 3))
assert "DIFFERENT y: got float32[3x4], expected float64[3x4]" in run(2, y=y.astype(np.float64))
odd = y.copy()
odd[2, 1] = np.nan
assert "1 of 12 elements are wrong, largest error inf at [2,1]" in run(2, "--atol=1e9", y=odd)
odd[2, 1] = np.inf
assert "1 of 12 elements are wrong, largest error inf at [2,1]" in run(2, "--atol=1e9", y=odd)
x[0, 0] = np.nan
np.savez("in.npz", x=x, k=k)
assert "equal" in run(0, y=x * k)  # NaN where a NaN is expected
