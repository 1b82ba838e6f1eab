# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The ops of ai.onnx.ml: linear models, scaling of features, tree ensembles."""

import numpy as np
from tables.row import const, row, x

DOMAIN = "ai.onnx.ml"
TRANSFORMS = ("NONE", "LOGISTIC", "SOFTMAX")
KERNELS = ("LINEAR", "POLY", "RBF", "SIGMOID")


def numbers(count, seed):
    return [float(v) for v in np.random.default_rng(seed).normal(size=count).astype(np.float32)]


def linear():
    for transform in TRANSFORMS:
        many = dict(coefficients=numbers(12, 1), intercepts=numbers(3, 2), post_transform=transform, domain=DOMAIN)
        one = dict(coefficients=numbers(4, 3), intercepts=[0.125], post_transform=transform, domain=DOMAIN)
        yield row("LinearRegressor", x("N", 4), targets=3, **many)
        yield row("LinearClassifier", x("N", 4), classlabels_ints=[3, 5, 8], outputs=2, **many)
        yield row("LinearClassifier", x("S", 4), classlabels_ints=[3, 5], outputs=2, **one)
        yield row("LinearClassifier", x("N", 4), classlabels_strings=["cat", "", "dog"], outputs=2, **many)
        yield row("LinearClassifier", x("S", 4), classlabels_strings=["no", "yes"], outputs=2, **one)
    zero = dict(coefficients=[0.0] * 4 + numbers(8, 1), intercepts=[0.0, 1.0, 2.0], domain=DOMAIN)
    yield row("LinearRegressor", x("N", 4), targets=3, post_transform="SOFTMAX_ZERO", **zero)
    small = dict(coefficients=[c / 100 for c in numbers(12, 1)], intercepts=[0.125, 0.25, 0.875], domain=DOMAIN)
    yield row("LinearRegressor", x("N", 4), targets=3, post_transform="PROBIT", **small)
    for norm in ("MAX", "L1", "L2"):
        yield row("Normalizer", x("N", 5), norm=norm, domain=DOMAIN)
    yield row("Scaler", x("N", 3), offset=numbers(3, 4), scale=numbers(3, 5), domain=DOMAIN)
    yield row("Binarizer", x("N", 7), threshold=0.25, domain=DOMAIN)


def few(*choices):
    return lambda rng, shape: rng.choice(choices, shape)


def features():
    for dtype in ("float32", "float64", "int32", "int64"):
        yield row("ArrayFeatureExtractor", x("N", 7, dtype=dtype), const([4, 0, 4]), domain=DOMAIN)
    yield row("ArrayFeatureExtractor", x(7), x(2, dtype="int64", values=few(0, 6)), domain=DOMAIN)
    yield row("ArrayFeatureExtractor", x(2, "N", 5), const([[1], [3]]), domain=DOMAIN)
    yield row("FeatureVectorizer", x("N", 3), x("N", 2), inputdimensions=[3, 2], domain=DOMAIN)
    yield row("FeatureVectorizer", x("N", 3, dtype="float64"), x("N", 4, dtype="float64"), inputdimensions=[5, 2], domain=DOMAIN)
    yield row("FeatureVectorizer", x("S", "N", dtype="int32"), x("S", 2, dtype="int32"), inputdimensions=[2, 3], domain=DOMAIN)
    yield row("FeatureVectorizer", x(4), inputdimensions=[4], domain=DOMAIN)
    holes = few(0.0, float("nan"), 2.5)
    for replaced in (0.0, float("nan")):
        for given in ([1.5], [1.5, -2.0, 7.0]):
            put = dict(imputed_value_floats=given, replaced_value_float=replaced, domain=DOMAIN)
            yield row("Imputer", x("N", 3, values=holes), **put)
    put = dict(imputed_value_int64s=[5, 2**40], replaced_value_int64=-(2**40), domain=DOMAIN)
    yield row("Imputer", x("N", 2, dtype="int64", values=few(0, 7, -(2**40))), **put)
    for dtype in ("float32", "float64", "int64"):
        yield row("OneHotEncoder", x("N", 3, dtype=dtype, values=few(1, 4, 9)), cats_int64s=[4, 1, 7], domain=DOMAIN)
    yield row("OneHotEncoder", x("N", dtype="int64", values=few(1, 4)), cats_int64s=[1, 4, 1], zeros=0, domain=DOMAIN)


def machines():
    for kernel in KERNELS:
        for degree in (2.0, 3.0, 2.5) if kernel == "POLY" else (3.0,):
            # A base that is no negative number for the broken power.
            settings = dict(kernel_type=kernel, kernel_params=[0.25, 9.0 if kernel == "POLY" else 0.5, degree])
            settings |= dict(support_vectors=numbers(5 * 4, 8), domain=DOMAIN)
            yield row("SVMRegressor", x("N", 4), n_supports=5, coefficients=numbers(5, 9), rho=[0.5], **settings)
            yield row(
                "SVMClassifier", x("S", 4), outputs=2, vectors_per_class=[2, 1, 2], classlabels_ints=[7, 3, 5],
                coefficients=numbers(10, 10), rho=numbers(3, 11), **settings,
            )
    yield row("SVMRegressor", x("N", 4), n_supports=0, coefficients=numbers(4, 9), rho=[0.5], one_class=1, kernel_params=[0.0, 0.0, 3.0], domain=DOMAIN)
    yield row("SVMRegressor", x("N", 4, dtype="float32"), n_supports=0, coefficients=numbers(4, 9), rho=[0.5], kernel_params=[0.0, 0.0, 3.0], domain=DOMAIN)
    rbf = dict(kernel_type="RBF", kernel_params=[0.25, 0.0, 3.0], domain=DOMAIN, outputs=2)
    for dtype in ("float32", "float64", "int64"):
        for labels, counts in (([4, 9], [2, 3]), ([1, 2, 3, 4], [2, 0, 1, 2])):
            classes, pairs = len(labels), len(labels) * (len(labels) - 1) // 2
            machine = dict(classlabels_ints=labels, vectors_per_class=counts, support_vectors=numbers(20, 12), **rbf)
            machine |= dict(coefficients=numbers(5 * (classes - 1), 13), rho=numbers(pairs, 14))
            inputs = x("S", 4, dtype=dtype)
            yield row("SVMClassifier", inputs, prob_a=numbers(pairs, 15), prob_b=numbers(pairs, 16), **machine)
            for transform in (*TRANSFORMS, "SOFTMAX_ZERO") if dtype == "float32" else ("NONE",):
                yield row("SVMClassifier", inputs, post_transform=transform, **machine)
    for names, counts in ((["no", "yes"], [2, 3]), (["a", "b", "c"], [1, 2, 2])):
        pairs = len(names) * (len(names) - 1) // 2
        machine = dict(classlabels_strings=names, vectors_per_class=counts, support_vectors=numbers(20, 12), **rbf)
        machine |= dict(coefficients=numbers(5 * (len(names) - 1), 13), rho=numbers(pairs, 14))
        yield row("SVMClassifier", x("S", 4), **machine)
        yield row("SVMClassifier", x("S", 4), prob_a=numbers(pairs, 15), prob_b=numbers(pairs, 16), **machine)
    for labels in ([4, 9], [1, 2, 3]):
        for positive in (False, True):
            table = [abs(c) if positive else c for c in numbers(4 * len(labels), 17)]
            machine = dict(classlabels_ints=labels, coefficients=table, rho=[0.25], kernel_params=[0.0, 0.0, 3.0])
            yield row("SVMClassifier", x("S", 4), outputs=2, domain=DOMAIN, **machine)


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
            settings = dict(post_transform=transform, **stumps("class", targets, 7))
            yield row("TreeEnsembleClassifier", x("S", 4), outputs=2, classlabels_int64s=labels, **settings)
            names = [f"class {label}" for label in labels]
            yield row("TreeEnsembleClassifier", x("S", 4), outputs=2, classlabels_strings=names, **settings)


def rows():
    for part in (linear, features, machines, trees):
        yield from part()
