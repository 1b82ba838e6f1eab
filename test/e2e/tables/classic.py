# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The ops of ai.onnx.ml: linear models, scaling of features, tree ensembles."""

import numpy as np
from tables.row import row, x

DOMAIN = "ai.onnx.ml"
TRANSFORMS = ("NONE", "LOGISTIC", "SOFTMAX")


def numbers(count, seed):
    return [float(v) for v in np.random.default_rng(seed).normal(size=count).astype(np.float32)]


def linear():
    for transform in TRANSFORMS:
        many = dict(coefficients=numbers(12, 1), intercepts=numbers(3, 2), post_transform=transform, domain=DOMAIN)
        one = dict(coefficients=numbers(4, 3), intercepts=[0.125], post_transform=transform, domain=DOMAIN)
        yield row("LinearRegressor", x("N", 4), targets=3, **many)
        yield row("LinearClassifier", x("N", 4), classlabels_ints=[3, 5, 8], outputs=2, **many)
        yield row("LinearClassifier", x("S", 4), classlabels_ints=[3, 5], outputs=2, **one)
    for norm in ("MAX", "L1", "L2"):
        yield row("Normalizer", x("N", 5), norm=norm, domain=DOMAIN)
    yield row("Scaler", x("N", 3), offset=numbers(3, 4), scale=numbers(3, 5), domain=DOMAIN)
    yield row("Binarizer", x("N", 7), threshold=0.25, domain=DOMAIN)


def stumps(prefix, targets, seed):
    """Three trees of one branch each, whose leaves have a weight for each of the targets."""
    rng = np.random.default_rng(seed)
    nodes = dict(treeids=[], nodeids=[], featureids=[], values=[], modes=[], truenodeids=[], falsenodeids=[])
    leaves = dict(treeids=[], nodeids=[], ids=[], weights=[])
    for tree, mode in enumerate(("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT")):
        branch = (tree, 0, int(rng.integers(4)), float(np.float32(rng.normal())), mode, 1, 2)
        for entry in (branch, (tree, 1, 0, 0.0, "LEAF", 0, 0), (tree, 2, 0, 0.0, "LEAF", 0, 0)):
            for key, value in zip(nodes, entry):
                nodes[key].append(value)
        for leaf in (1, 2):
            for target in targets:
                for key, value in zip(leaves, (tree, leaf, target, float(np.float32(rng.normal())))):
                    leaves[key].append(value)
    found = {f"nodes_{key}": value for key, value in nodes.items()}
    return found | {f"{prefix}_{key}": value for key, value in leaves.items()} | {"domain": DOMAIN}


def trees():
    for how in ("SUM", "AVERAGE", "MIN", "MAX"):
        yield row("TreeEnsembleRegressor", x("N", 4), aggregate_function=how, n_targets=2, **stumps("target", (0, 1), 6))
    for transform in (*TRANSFORMS, "SOFTMAX_ZERO"):
        for labels, targets in (([7, 9], (0,)), ([7, 9], (1,)), ([7, 9], (0, 1)), ([1, 2, 4], (0, 1, 2))):
            settings = dict(classlabels_int64s=labels, post_transform=transform, **stumps("class", targets, 7))
            yield row("TreeEnsembleClassifier", x("S", 4), outputs=2, **settings)


def rows():
    for part in (linear, trees):
        yield from part()
