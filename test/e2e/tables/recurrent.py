# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Recurrent ops: directions, activations, biases, lengths, states."""

from tables.row import row, x

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
LOOSE = dict(rtol=1e-4, atol=1e-5)


def lengths(rng, shape):
    return rng.integers(1, 6, shape)


def recurrent(op, steps, batch, size, hidden, directions=1, bias=False, lens=False, states=False, peepholes=False, **attributes):
    gates = GATES[op]
    weights = lambda *dims: x(*dims, values=lambda rng, shape: rng.uniform(-0.4, 0.4, shape))
    state = weights(directions, batch, hidden) if states else None
    inputs = [
        x(steps, batch, size),
        weights(directions, gates * hidden, size),
        weights(directions, gates * hidden, hidden),
        weights(directions, 2 * gates * hidden) if bias else None,
        x(batch, dtype="int32", values=lengths) if lens else None,
        state,
    ]
    if op == "LSTM":
        inputs += [state, weights(directions, 3 * hidden) if peepholes else None]
    while inputs[-1] is None:
        inputs.pop()
    return row(op, *inputs, outputs=3 if op == "LSTM" else 2, hidden_size=hidden, tolerance=LOOSE, **attributes)


def rows():
    for op in GATES:
        yield recurrent(op, "T", 3, 7, 5, bias=True)
        yield recurrent(op, 6, "B", 7, 5, bias=True, states=True)
        yield recurrent(op, "T", "B", 9, 17, directions=2, bias=True, direction="bidirectional")
        yield recurrent(op, 5, 2, 3, 4, direction="reverse", lens=True)
        yield recurrent(op, 5, 3, 3, 4, directions=2, bias=True, lens=True, states=True, direction="bidirectional")
        yield recurrent(op, 5, 2, 3, 4, bias=True, clip=0.3)
        yield recurrent(op, 1, 1, 4, 4)
    yield recurrent("GRU", "T", 2, 5, 6, bias=True, linear_before_reset=1)
    yield recurrent("GRU", 4, 2, 5, 6, directions=2, bias=True, linear_before_reset=1, direction="bidirectional")
    yield recurrent("LSTM", 4, 2, 5, 6, bias=True, states=True, peepholes=True)
    yield recurrent("LSTM", 4, 2, 5, 6, bias=True, input_forget=1)
    for activations in (["Relu"], ["HardSigmoid"], ["Affine"], ["LeakyRelu"], ["ThresholdedRelu"], ["ScaledTanh"], ["Elu"], ["Softsign"], ["Softplus"]):
        numbers = {}
        if activations[0] in ("Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "Elu", "HardSigmoid"):
            numbers["activation_alpha"] = [0.6]
        if activations[0] in ("Affine", "ScaledTanh", "HardSigmoid"):
            numbers["activation_beta"] = [0.3]
        yield recurrent("RNN", 4, 2, 5, 6, bias=True, activations=activations, **numbers)
    three = ["HardSigmoid", "Softsign", "ScaledTanh"]
    yield recurrent("LSTM", 4, 2, 5, 6, bias=True, activations=three, activation_alpha=[0.3, 0.9], activation_beta=[0.4, 0.8])
