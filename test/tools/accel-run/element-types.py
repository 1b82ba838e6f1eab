# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Every element type, from .npy and from .pb as onnx packs it, arrives with the same bits.
# REQUIRES: onnx, ml_dtypes
# RUN: rm -rf %t && mkdir %t
# RUN: %python %s %cc %source %t
import os
import subprocess
import sys

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

cc, source, folder = sys.argv[1:]
os.chdir(folder)
flags = ["-std=gnu11", "-fPIC", "-pthread", "-fvisibility=hidden", f"-I{source}/include", f"-I{source}"]
subprocess.run([cc, *flags, "-c", f"{source}/lib/Runtime/Runtime.c", "-o", "runtime.o"], check=True)

# code, bits, ONNX's number
TYPES = [
    (2, 32, TensorProto.FLOAT), (2, 64, TensorProto.DOUBLE), (2, 16, TensorProto.FLOAT16), (4, 16, TensorProto.BFLOAT16),
    (0, 8, TensorProto.INT8), (0, 16, TensorProto.INT16), (0, 32, TensorProto.INT32), (0, 64, TensorProto.INT64),
    (1, 8, TensorProto.UINT8), (1, 16, TensorProto.UINT16), (1, 32, TensorProto.UINT32), (1, 64, TensorProto.UINT64),
    (6, 8, TensorProto.BOOL), (5, 64, TensorProto.COMPLEX64), (5, 128, TensorProto.COMPLEX128),
    (10, 8, TensorProto.FLOAT8E4M3FN), (11, 8, TensorProto.FLOAT8E4M3FNUZ), (12, 8, TensorProto.FLOAT8E5M2),
    (13, 8, TensorProto.FLOAT8E5M2FNUZ), (14, 8, TensorProto.FLOAT8E8M0), (0, 4, TensorProto.INT4), (1, 4, TensorProto.UINT4),
    (0, 2, TensorProto.INT2), (1, 2, TensorProto.UINT2), (17, 4, TensorProto.FLOAT4E2M1),
    (15, 6, TensorProto.FLOAT6E2M3), (16, 6, TensorProto.FLOAT6E3M2),
]  # fmt: skip


def run(*words):
    done = subprocess.run(["accel-run", "model.so", *words], capture_output=True, text=True)
    assert done.returncode == 0, done
    return done.stdout


rng = np.random.default_rng(5)
for code, bits, number in TYPES:
    dtype = helper.tensor_dtype_to_np_dtype(number)
    name = TensorProto.DataType.Name(number)
    defines = [f"-DCODE={code}", f"-DBITS={bits}", f"-DBYTES={dtype.itemsize}"]
    subprocess.run([cc, *flags, *defines, "-shared", f"{source}/python/tests/models/copy.c", "runtime.o", "-o", "model.so"], check=True)
    if dtype.kind in "iu" or bits in (2, 4) and code < 2:
        low = -(2 ** (bits - 1)) if code == 0 else 0
        x = rng.integers(low, low + 2 ** min(bits, 62), (2, 3)).astype(dtype)
    else:
        x = (rng.standard_normal((2, 3)) * 2).astype(dtype)
    np.save("x.npy", x)
    raw, fields = numpy_helper.from_array(x), helper.make_tensor("x", number, x.shape, x.ravel())
    assert not fields.HasField("raw_data")
    open("raw.pb", "wb").write(raw.SerializeToString())
    open("fields.pb", "wb").write(fields.SerializeToString())
    for file in ("x.npy", "raw.pb", "fields.pb"):
        text = run(file, "--output", "out")
        y = np.load("out/y.npy")
        assert y.dtype.itemsize == dtype.itemsize and y.tobytes() == x.tobytes(), (name, file, y, x)
        run(file, "--reference", "raw.pb", "--rtol=0", "--atol=0")
    assert text.startswith(f"y: {dtype.name}[2x3]"), text
    # The values shown are NumPy's.
    if dtype.kind != "c" and bits <= 32:
        shown = [float(v.replace("true", "1").replace("false", "0")) for v in run("x.npy").split("{")[1].split("}")[0].split(", ")]
        np.testing.assert_allclose(shown, x.ravel().astype(np.float64), rtol=1e-5)
    # Random values are of the type, not all alike, and the same again.
    run("--output", "random")
    first = np.load("random/y.npy").tobytes()
    run("--output", "random", "--random=0")
    assert first == np.load("random/y.npy").tobytes() and len(set(first)) > 1, name
