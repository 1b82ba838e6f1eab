# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes a model whose outputs are maps (maps.py make ONNX), or runs it and checks them (maps.py run LIBRARY)."""

import sys

import numpy as np


def make(path):
    import onnx
    from onnx import parser

    onnx.save(
        parser.parse_model(
            """<ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 1]>
            maps (float[n, 3] x) => (numbers, float[n, 3] y, names) {
              y = Neg(x)
              numbers = ai.onnx.ml.ZipMap <classlabels_int64s = [7, -1, 3]> (y)
              names = ai.onnx.ml.ZipMap <classlabels_strings = ["a", "b", "c"]> (x)
            }"""
        ),
        path,
    )


def run(path):
    import accel

    session = accel.InferenceSession(path)
    for rows in (2, 5, 1):
        x = np.random.default_rng(rows).random((rows, 3), np.float32)
        numbers, y, names = session.run(None, {"x": x})
        assert np.array_equal(y, -x)
        assert numbers == [dict(zip((7, -1, 3), row.tolist())) for row in -x], numbers
        assert names == [dict(zip("abc", row.tolist())) for row in x], names


{"make": make, "run": run}[sys.argv[1]](sys.argv[2])
