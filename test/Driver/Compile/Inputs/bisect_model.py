# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model with a kernel of several kinds: bisect_model.py FILE."""
import sys

import numpy as np
import onnx
import onnx.parser

TEXT = """
<ir_version: 8, opset_import: ["" : 17]>
model (float[6, 32] x) => (float[6, 24] y, float[6, 16] z) {
  [first] a = MatMul(x, w1)
  [bend] b = Tanh(a)
  [second] c = MatMul(b, w2)
  [norm] z = Abs(c)
  [third] d = MatMul(b, w3)
  [soft] y = Softmax(d)
}
"""

model = onnx.parser.parse_model(TEXT)
generator = np.random.default_rng(3)
for name, shape in {"w1": (32, 32), "w2": (32, 16), "w3": (32, 24)}.items():
    model.graph.initializer.append(onnx.numpy_helper.from_array(generator.standard_normal(shape).astype(np.float32), name))
onnx.save(model, sys.argv[1])
