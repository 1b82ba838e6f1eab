# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains a small CNN (NumPy) and an MLP 784-64-10 (scikit-learn) on digits and writes both as .onnx with a dynamic batch.

usage: train.py --out DIR
Writes cnn.onnx, mlp.onnx and held_back.npz (images, labels). Does nothing where DIR holds what these sources made before.
"""

import argparse
import hashlib
import os
import time
import warnings

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import digits
import network


def model(name, nodes, weights):
    """image [batch, 1, 28, 28] to probabilities [batch, 10]."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, digits.SIZE, digits.SIZE])
    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])
    initializers = [numpy_helper.from_array(np.ascontiguousarray(w, np.float32), n) for n, w in weights.items()]
    graph = helper.make_graph(nodes, name, [image], [output], initializers)
    made = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="accel-demo"
    )
    onnx.checker.check_model(made, full_check=True)
    return made


def cnn(images, labels):
    trained = network.train(images, labels, report=lambda e, loss: print(f"   epoch {e}: loss {loss:.3f}", flush=True))
    node = helper.make_node
    conv = dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    pool = dict(kernel_shape=[2, 2], strides=[2, 2])
    nodes = [
        node("Conv", ["image", "conv1.weight", "conv1.bias"], ["c1"], "conv1", **conv),
        node("Relu", ["c1"], ["r1"], "relu1"),
        node("MaxPool", ["r1"], ["p1"], "pool1", **pool),
        node("Conv", ["p1", "conv2.weight", "conv2.bias"], ["c2"], "conv2", **conv),
        node("Relu", ["c2"], ["r2"], "relu2"),
        node("MaxPool", ["r2"], ["p2"], "pool2", **pool),
        node("Flatten", ["p2"], ["flat"], "flatten"),
        node("Gemm", ["flat", "fc.weight", "fc.bias"], ["logits"], "fc", transB=1),
        node("Softmax", ["logits"], ["probabilities"], "softmax", axis=1),
    ]
    layers = {"conv1": trained.conv1, "conv2": trained.conv2, "fc": trained.fc}
    return model(
        "digits_cnn", nodes, {f"{n}.{k}": getattr(l, k) for n, l in layers.items() for k in ("weight", "bias")}
    )


def mlp(images, labels):
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)
    trained = MLPClassifier((64,), alpha=1e-3, max_iter=100, random_state=0)
    trained.fit(images.reshape(len(images), -1), labels)
    node = helper.make_node
    nodes = [
        node("Flatten", ["image"], ["flat"], "flatten"),
        node("Gemm", ["flat", "hidden.weight", "hidden.bias"], ["h"], "hidden"),
        node("Relu", ["h"], ["a"], "relu"),
        node("Gemm", ["a", "out.weight", "out.bias"], ["logits"], "out"),
        node("Softmax", ["logits"], ["probabilities"], "softmax", axis=1),
    ]
    weights = {"hidden.weight": trained.coefs_[0], "hidden.bias": trained.intercepts_[0]}
    weights |= {"out.weight": trained.coefs_[1], "out.bias": trained.intercepts_[1]}
    return model("digits_mlp", nodes, weights)


def sources_hash():
    here = os.path.dirname(os.path.abspath(__file__))
    text = b"".join(open(os.path.join(here, f), "rb").read() for f in ("digits.py", "network.py", "train.py"))
    return hashlib.sha256(text).hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    os.makedirs(out, exist_ok=True)
    stamp = os.path.join(out, "trained.stamp")
    if os.path.exists(stamp) and open(stamp).read() == sources_hash():
        print(f"-- {out}/cnn.onnx and mlp.onnx are trained already")
        return
    images, labels, held_images, held_labels = digits.load()
    np.savez(os.path.join(out, "held_back.npz"), images=held_images, labels=held_labels)
    for name, make, what in (("cnn", cnn, "NumPy"), ("mlp", mlp, "scikit-learn")):
        start = time.time()
        print(f"-- training {name} ({what}) on {len(images)} digits", flush=True)
        onnx.save(make(images, labels), os.path.join(out, f"{name}.onnx"))
        print(f"   {out}/{name}.onnx after {time.time() - start:.1f} s", flush=True)
    with open(stamp, "w") as f:
        f.write(sources_hash())


main()
