# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The bytes that a run must read."""

import numpy as np
import onnx.parser

import traffic


def test_weights_once_and_no_tables():
    model = onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17]>
        g (float[4, 2] x, int64[3] i) => (float[3, 2] y, float[4, 3] z)
        <float[2, 3] w = {1, 2, 3, 4, 5, 6}, float[5, 2] table = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, float[9] unused = {1, 2, 3, 4, 5, 6, 7, 8, 9}>
        {
            y = Gather <axis = 0> (table, i)
            once = MatMul(x, w)
            twice = MatMul(x, w)
            z = Add(once, twice)
        }"""
    )
    feeds = {"x": np.zeros((4, 2), np.float32), "i": np.zeros(3, np.int64)}
    assert traffic.read(model, feeds) == 4 * 2 * 4 + 3 * 8 + 2 * 3 * 4


def test_narrow_types():
    tensor = onnx.helper.make_tensor("w", onnx.TensorProto.INT4, [3, 4], [1] * 12)
    assert traffic.tensor_bytes(tensor) == 6
