# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A small convolutional network in NumPy, forward and backward; each layer keeps what its backward step needs."""

import numpy as np


class Conv:
    """3x3, stride 1, padded by 1: one matrix product over the columns that im2col gathers."""

    def __init__(self, inputs, outputs, rng):
        self.weight = (rng.standard_normal((outputs, inputs, 3, 3)) * np.sqrt(2 / (inputs * 9))).astype(np.float32)
        self.bias = np.zeros(outputs, np.float32)

    def forward(self, x):
        n, c, h, w = x.shape
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
        self.columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * h * w, c * 9)
        self.shape = x.shape
        y = self.columns @ self.weight.reshape(len(self.weight), -1).T + self.bias
        return y.reshape(n, h, w, -1).transpose(0, 3, 1, 2)

    def backward(self, gradient):
        n, c, h, w = self.shape
        rows = gradient.transpose(0, 2, 3, 1).reshape(n * h * w, -1)
        self.gradients = [(rows.T @ self.columns).reshape(self.weight.shape), rows.sum(0)]
        columns = (rows @ self.weight.reshape(len(self.weight), -1)).reshape(n, h, w, c, 3, 3)
        padded = np.zeros((n, c, h + 2, w + 2), np.float32)
        for i in range(3):
            for j in range(3):
                padded[:, :, i : i + h, j : j + w] += columns[..., i, j].transpose(0, 3, 1, 2)
        return padded[:, :, 1:-1, 1:-1]

    def parameters(self):
        return [self.weight, self.bias]


class Linear:
    def __init__(self, inputs, outputs, rng):
        self.weight = (rng.standard_normal((outputs, inputs)) * np.sqrt(2 / inputs)).astype(np.float32)
        self.bias = np.zeros(outputs, np.float32)

    def forward(self, x):
        self.shape, self.x = x.shape, x.reshape(len(x), -1)
        return self.x @ self.weight.T + self.bias

    def backward(self, gradient):
        self.gradients = [gradient.T @ self.x, gradient.sum(0)]
        return (gradient @ self.weight).reshape(self.shape)

    def parameters(self):
        return [self.weight, self.bias]


class ReluPool:
    """Relu, then the largest of each 2x2 square."""

    def forward(self, x):
        n, c, h, w = x.shape
        squares = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)
        self.largest = squares.argmax(-1)[..., None]
        y = np.take_along_axis(squares, self.largest, -1)[..., 0]
        self.positive = y > 0
        return y * self.positive

    def backward(self, gradient):
        n, c, h, w = gradient.shape
        squares = np.zeros((n, c, h, w, 4), np.float32)
        np.put_along_axis(squares, self.largest, (gradient * self.positive)[..., None], -1)
        return squares.reshape(n, c, h, w, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h * 2, w * 2)

    def parameters(self):
        return []


class Network:
    """conv 8, relu, pool, conv 16, relu, pool, fully connected 10."""

    def __init__(self, rng):
        self.conv1, self.conv2, self.fc = Conv(1, 8, rng), Conv(8, 16, rng), Linear(16 * 7 * 7, 10, rng)
        self.layers = [self.conv1, ReluPool(), self.conv2, ReluPool(), self.fc]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def step(self, x, labels):
        """One forward and backward pass; returns the mean loss and the gradients."""
        logits = self.forward(x)
        exp = np.exp(logits - logits.max(1, keepdims=True))
        p = exp / exp.sum(1, keepdims=True)
        loss = -np.log(p[np.arange(len(x)), labels] + 1e-12).mean()
        p[np.arange(len(x)), labels] -= 1
        gradient = p / np.float32(len(x))
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)
        return loss, [g for layer in self.layers if layer.parameters() for g in layer.gradients]

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]


def train(images, labels, epochs=20, batch=32, rate=2e-3, seed=0, report=lambda epoch, loss: None):
    """Adam over images shifted by up to two pixels at random."""
    rng = np.random.default_rng(seed)
    network = Network(rng)
    parameters = network.parameters()
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]
    step = 0
    for epoch in range(epochs):
        order, total = rng.permutation(len(images)), 0.0
        for begin in range(0, len(order), batch):
            chosen = order[begin : begin + batch]
            shifted = np.roll(images[chosen], rng.integers(-2, 3, 2), (2, 3))
            loss, gradients = network.step(shifted, labels[chosen])
            step, total = step + 1, total + loss * len(chosen)
            scale = rate * (1 - epoch / epochs) * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            for p, g, (mean, square) in zip(parameters, gradients, moments):
                mean += 0.1 * (g - mean)
                square += 0.001 * (g * g - square)
                p -= (scale * mean / (np.sqrt(square) + 1e-8)).astype(np.float32)
        report(epoch + 1, total / len(images))
    return network
