# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A folder of real models: $ACCEL_ZOO, or ../shared beside the repository.

models/NAME.onnx are the models. A zoo may bring more: accept/inputs.py with sizes and inputs that its models accept, and
accept/seeded.py, which gives the models whose weights are one constant (light_...) real-looking ones.
"""

import importlib
import json
import os
import sys

import engine

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.abspath(os.environ.get("ACCEL_ZOO", os.path.join(HERE, "..", "..", "..", "shared")))
MODELS = os.path.join(FOLDER, "models")


def is_there():
    return os.path.isdir(MODELS)


def accept(name):
    """A module of the zoo's accept folder, or None."""
    folder = os.path.join(FOLDER, "accept")
    if not os.path.exists(os.path.join(folder, f"{name}.py")):
        return None
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)


def stem(path):
    return os.path.splitext(os.path.basename(path))[0]


def has_one_constant(path):
    """Whether the weights are one constant, as the file has them."""
    return stem(path).startswith("light_")


def prepared(path):
    """The path of the model with weights of its own; its own path where it has them, or nothing can make them."""
    seeded = accept("seeded") if has_one_constant(path) else None
    return seeded.prepared(path) if seeded else path


def sizes(path, model):
    """The sizes of named dims to try a model at: [{dim: size}]. A sizes.json beside it holds {model: sizes}."""
    if inputs := accept("inputs"):
        return inputs.sizes(path, model)
    beside = os.path.join(os.path.dirname(path), "sizes.json")
    if os.path.exists(beside):
        with open(beside) as file:
            return json.load(file).get(stem(path), [{}])
    return [{}]


def feeds(model, dims):
    """Inputs that the model accepts: name -> array."""
    if inputs := accept("inputs"):
        return inputs.feeds(model, dims)
    # Small numbers that are not negative are right as indices, too.
    return {n: abs(a) % 10 if a.dtype.kind in "iu" else a for n, a in engine.random_feeds(model, dims).items()}
