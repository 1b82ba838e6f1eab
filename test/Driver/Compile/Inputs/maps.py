# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes a model whose outputs are maps (maps.py make ONNX), or runs it and checks them (maps.py run LIBRARY).

maps.py inputs FOLDER makes a model of two maps, and their values as files.
"""

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


def inputs(folder):
    import os

    import onnx
    from onnx import TensorProto, numpy_helper, parser

    os.makedirs(folder, exist_ok=True)
    onnx.save(
        parser.parse_model(
            """<ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 3]>
            maps (map(int64, float[]) m, map(int64, string[]) t, seq(map(int64, float[])) s) =>
                 (float[1, 3] y, string[1, k] z, seq(map(int64, float[])) w) {
              w = Identity(s)
              y = ai.onnx.ml.DictVectorizer <int64_vocabulary = [3, 5, 7]> (m)
              z = ai.onnx.ml.CastMap <cast_to = "TO_STRING"> (t)
            }"""
        ),
        folder + "/maps.onnx",
    )
    texts = onnx.MapProto(key_type=TensorProto.INT64, keys=[9, 4])
    texts.values.elem_type = 1  # tensors
    for text in (b"last", b"first"):
        texts.values.tensor_values.add(data_type=TensorProto.STRING, dims=[1], string_data=[text])
    several, none = onnx.SequenceProto(elem_type=onnx.SequenceProto.MAP), onnx.MapProto(key_type=TensorProto.INT64)
    several.map_values.extend([numpy_helper.from_dict({5: np.float32(0.5), 6: np.float32(0.25)}), none])
    for name, value in (("none", none), ("s", several), ("m", numpy_helper.from_dict({7: np.float32(-2), 3: np.float32(1.5)})), ("t", texts)):
        with open(f"{folder}/{name}.pb", "wb") as file:
            file.write(value.SerializeToString())


{"make": make, "run": run, "inputs": inputs}[sys.argv[1]](sys.argv[2])
