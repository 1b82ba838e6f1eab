# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whole models end to end: those that generate.py and dims.py make, and real ones (models.txt) where a model zoo is at hand."""

import functools
import glob
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

import dims
import generate
import models
import suite
import zoo


def main():
    args = suite.parse(suite.parser(__doc__))
    cases = {}
    for name, (make, sizes) in generate.MODELS.items():
        cases[f"generated/{name}"] = functools.partial(models.generated, make, sizes)
    for name, (text, sizes) in dims.GRAPHS.items():
        cases[f"dims/{name}"] = functools.partial(models.compare_with_runtime, dims.parsed(text), sizes)
    for name, (text, sizes, said) in dims.REFUSED.items():
        cases[f"dims/{name} refused"] = functools.partial(models.refused, dims.parsed(text), sizes, said)
    for name in ("mlp", "cnn_dynamic", "attention"):
        make, sizes = generate.MODELS[name]
        cases[f"reproducible/{name}"] = functools.partial(models.reproducible, make)
        cases[f"external_data/{name}"] = functools.partial(models.external_data, make, sizes)
    for name, sizes in models.manifest(args.all).items():
        cases[f"zoo/{name}"] = functools.partial(models.zoo_model, name, sizes)
    cases["zoo/mnist_cntk_v8 on 10,000 images"] = models.mnist_images
    skipped = {}
    for path in sorted(glob.glob(os.path.join(zoo.MODELS, "*.onnx"))):
        cases[f"check/{os.path.basename(path)[:-5]}"] = functools.partial(models.checked, path)
    if not zoo.is_there():
        skipped["check"] = models.NO_ZOO
    suite.finish(suite.run("e2e", cases, args, skipped))


if __name__ == "__main__":
    main()
