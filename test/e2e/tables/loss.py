# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Losses over classes, steps of optimizers, and batch normalization and dropout as they are in training."""

import numpy as np
from tables.row import const, positive, row, x

TRAINING = "ai.onnx.preview.training"


def classes(count, ignored=None):
    """Labels, of which some are the ignored one."""

    def labels(rng, shape):
        found = rng.integers(0, count, shape)
        return found if ignored is None else np.where(rng.random(shape) < 0.3, ignored, found)

    return labels


def losses():
    for op in ("SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss"):
        for reduction in ("mean", "sum", "none"):
            yield row(op, x("N", 5), x("N", dtype="int64", values=classes(5)), reduction=reduction)
            yield row(op, x(3, 7, "S"), x(3, "S", dtype="int32", values=classes(7, -100)), x(7, values=positive()),
                      reduction=reduction, ignore_index=-100)
            yield row(op, x("N", 4, 3, 2), x("N", 3, 2, dtype="int64", values=classes(4, 2)), reduction=reduction, ignore_index=2)
        yield row(op, x(3, 5, 2, 3, 2, 4, 2), x(3, 2, 3, 2, 4, 2, dtype="int64", values=classes(5)), x(5, values=positive()))
        yield row(op, x(17, 1000), x(17, dtype="int64", values=classes(1000)))
        yield row(op, x("N", 5, dtype="float16"), x("N", dtype="int64", values=classes(5)), reference="onnx",
                  tolerance=dict(rtol=5e-3, atol=5e-3))
        # Only the run knows how many classes there are.
        yield row(op, x(9, "T", 3), x(9, 3, dtype="int64", values=classes(1)))
    yield row("SoftmaxCrossEntropyLoss", x("N", 5, 7), x("N", 7, dtype="int64", values=classes(5)), outputs=2)


def adam(rate, t, x, gradient, mean, squares):
    """As the standard's text has it, in f64: the onnx package's evaluator gives f64 for f32."""
    x, gradient, mean, squares = (v.astype(np.float64) for v in (x, gradient, mean, squares))
    gradient = 0.01 * x + gradient
    mean, squares = 0.8 * mean + 0.2 * gradient, 0.9 * squares + 0.1 * gradient * gradient
    by = rate * np.sqrt(1 - 0.9**t) / (1 - 0.8**t) if t > 0 else rate
    x = 0.9 * (x - by * mean / (np.sqrt(squares) + 1e-5))
    return tuple(v.astype(np.float32) for v in (x, mean, squares))


def steps():
    rate, count = x(values=positive(0.01, 0.2)), lambda n: const(n)
    for t in (0, 3):
        for shape in ((5,), ("N", 7)):
            three = [x(*shape), x(*shape), x(*shape, values=positive())]
            yield row("Adagrad", rate, count(t), *three, outputs=2, norm_coefficient=0.01, epsilon=1e-5, decay_factor=0.1, domain=TRAINING)
            yield row("Adam", rate, count(t), *three, x(*shape, values=positive()), outputs=3, norm_coefficient=0.01,
                      norm_coefficient_post=0.1, alpha=0.8, beta=0.9, epsilon=1e-5, domain=TRAINING, reference=adam)
            for mode in ("standard", "nesterov"):
                yield row("Momentum", rate, count(t), *three, outputs=2, norm_coefficient=0.01, alpha=0.9, beta=0.7, mode=mode, domain=TRAINING)
    several = [x("N", 3), x(4), x("N", 3), x(4), x("N", 3, values=positive()), x(4, values=positive())]
    yield row("Adagrad", rate, x(dtype="int64", values=lambda rng, shape: np.asarray(2)), *several, outputs=4, domain=TRAINING)


def batches():
    for shape in (("N", 5), ("N", 5, 9), (3, 4, "S", 7)):
        channels = shape[1]
        parts = [x(*shape), x(channels), x(channels), x(channels), x(channels, values=positive())]
        yield row("BatchNormalization", *parts, opset=15, outputs=3, training_mode=1, epsilon=1e-3, momentum=0.7)
    yield row("BatchNormalization", x(3, 4, 5), *(x(4, 5) for _ in range(3)), x(4, 5, values=positive()), opset=7, spatial=0,
              reference=lambda v, s, b, m, d: (v - m) / np.sqrt(d + np.float32(1e-5)) * s + b)


def masks():
    """Of which nothing is random: nothing is dropped, or all is."""
    training = const(True, "bool")
    for dtype in ("float32", "float64"):
        yield row("Dropout", x("N", 7, dtype=dtype), const(0.0, "float32"), training, outputs=2, opset=13)
    yield row("Dropout", x("N", 7), const(0.3, "float32"), x(dtype="bool", values=lambda rng, shape: np.asarray(False)), outputs=2, opset=13)
    yield row("Dropout", x("N", 7), opset=10, ratio=0.9, outputs=2, reference="onnx")
    # Each probability is 0 or 1.
    yield row("Bernoulli", x("N", 7, values=lambda rng, shape: rng.integers(0, 2, shape)), opset=15,
              reference=lambda p: p)


def rows():
    yield from losses()
    yield from steps()
    yield from batches()
    yield from masks()
