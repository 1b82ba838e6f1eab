# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""scikit-learn's 1,797 handwritten digits, scaled up from 8x8 to 28x28; a fifth of them is held back from training."""

import numpy as np
from sklearn.datasets import load_digits

SIZE = 28


def enlarge(images, size=SIZE):
    """Bilinear, as two matrix products: [n, 8, 8] to [n, size, size]."""
    old = images.shape[-1]
    at = np.clip((np.arange(size) + 0.5) * old / size - 0.5, 0, old - 1)
    left = np.minimum(at.astype(int), old - 2)
    weights = np.zeros((size, old), np.float32)
    weights[np.arange(size), left] = 1 - (at - left)
    weights[np.arange(size), left + 1] = at - left
    return weights @ images @ weights.T


def load(seed=0):
    """Training images and labels, then those held back; images are float32 [n, 1, 28, 28] from 0 to 1."""
    data = load_digits()
    images = enlarge(data.images.astype(np.float32) / 16)[:, None]
    order = np.random.default_rng(seed).permutation(len(images))
    train, held_back = order[: -len(order) // 5], order[-len(order) // 5 :]
    return images[train], data.target[train], images[held_back], data.target[held_back]
