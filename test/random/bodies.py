# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Recipes of ops that hold graphs: If, Loop and Scan, with bodies that are random too and use values around them."""

import numpy as np

from graph import Rejected, Value, disturb, is_float

BODY = ("Relu", "Tanh", "Sigmoid", "Neg", "Abs", "Softsign", "Identity")


def step(b, value):
    """One node in a body that keeps dtype and shape."""
    if not is_float(value.dtype) or b.chance(0.4):
        return b.node(b.choose(BODY) if is_float(value.dtype) else "Identity", value)

    def fits(v):
        pairs = zip(v.shape[::-1], value.shape[::-1])
        return v.dtype == value.dtype and v.rank <= value.rank and all(a in (1, b) for a, b in pairs)

    return b.node(b.choose(("Add", "Mul", "Sub", "Max", "Min")), value, b.value(fits))


def steps(b, value):
    for _ in range(int(b.rng.integers(1, 4))):
        value = step(b, value)
    return value


def condition(g):
    if g.chance(0.5):
        return g.value(lambda v: v.dtype == "bool" and v.array.size == 1)
    x = g.floats(nonempty=True)
    return g.node("Less", g.node("ReduceMean", x, keepdims=0), g.constant(np.asarray(0.1), x.dtype))


def if_(g):
    x, which = g.floats(), condition(g)
    branches = []
    for name in ("then", "else"):
        b = g.body()
        b.pool.append(x)
        branches.append(b.proto(g.name(name), [steps(b, x)], inputs=[]))
    g.node("If", which, then_branch=branches[0], else_branch=branches[1])


def given(b, stem, array):
    """An input of a body, with the value that it has in the first iteration."""
    value = Value(b.name(stem), array, disturb(b.rng, array))
    b.inputs.append(value)
    b.pool.append(value)
    return value


def loop(g):
    x = g.floats()
    b = g.body()
    given(b, "i", np.asarray(0))
    go = given(b, "go", np.asarray(True))
    carried = given(b, "carried", x.array)
    after = steps(b, carried)
    go_on = b.node("Identity", go)
    if b.chance(0.3) and after.array.size:
        mean = b.node("ReduceMean", after, keepdims=0)
        go_on = b.node("Less", mean, b.constant(np.asarray(0.2), x.dtype))
    scanned = [b.node("Identity", after)] if b.chance(0.5) else []
    trips = g.constant(np.asarray(int(g.rng.integers(0 if not scanned else 1, 4))))
    first = g.constant(np.asarray(True))
    body = b.proto(g.name("body"), [go_on, after, *scanned])
    g.node("Loop", trips, first, x, outputs=1 + len(scanned), body=body)


def scan(g):
    x = g.floats(range(1, 5), nonempty=True)
    b = g.body()
    state = given(b, "state", x.array[0])
    row = given(b, "row", x.array[0])
    after = step(b, b.node("Add", state, row))
    body = b.proto(g.name("body"), [after, b.node("Identity", after)])
    start = g.node("Gather", x, g.constant(np.asarray(0)), axis=0)
    g.node("Scan", start, x, outputs=2, body=body, num_scan_inputs=1)


BODIES = [(2, if_), (2, loop), (1, scan)]
