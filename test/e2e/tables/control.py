# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Branches and loops: what they carry, what they stack, sizes that change, what they see of the graph around them."""

import numpy as np
from onnx import parser
from tables.row import around, const, positive, row, x


def graph(text, name=None):
    made = parser.parse_graph(text)
    made.name = name or made.name
    return made


def flag(value):
    return x(dtype="bool", values=lambda rng, shape: value)


def number(value):
    return x(dtype="int64", values=lambda rng, shape: value)


def branches():
    cases = {
        "same": ("yes () => (float[n, 4] t) { t = Exp(x1) }", "no () => (float[n, 4] e) { a = Neg(x1) e = Relu(a) }"),
        "sizes": ("yes () => (float[p, 4] t) { t = Concat <axis = 0> (x1, x1) }", "no () => (float[n, 4] e) { e = Identity(x1) }"),
        "nested": (
            "yes () => (float[n, 4] t) { s = ReduceSum <keepdims = 0> (x1) z = Sub(s, s) g = Less(s, z) "
            "t = If (g) < then_branch = a () => (float[n, 4] u) { u = Neg(x1) }, else_branch = b () => (float[n, 4] v) { v = Sqrt(x1) } > }",
            "no () => (float[n, 4] e) { e = Identity(x1) }",
        ),
    }
    for name, (then, otherwise) in cases.items():
        for value in (True, False):
            yield row("If", flag(value), around("N", 4, values=positive()), then_branch=graph(then, f"{name}_{value}"), else_branch=graph(otherwise))


def loops():
    doubled = graph("body (int64 i, bool c, float[n, 3] s) => (bool c2, float[n, 3] t, float[n, 3] u) { c2 = Identity(c) t = Add(s, s) u = Neg(t) }")
    none = graph("body (int64 i, bool c, float[n, 3] s) => (bool c2, float[n, 3] t) { c2 = Identity(c) t = Neg(s) }")
    for trips in (5, 1):
        yield row("Loop", const(trips), const(True, "bool"), x("N", 3), outputs=2, body=doubled)
    yield row("Loop", const(0), const(True, "bool"), x("N", 3), body=none)
    yield row("Loop", number(4), const(True, "bool"), x("N", 3), outputs=2, body=doubled)
    # The condition that the body computes: until a sum is large enough.
    grows = graph("body (int64 i, bool c, float[4] s) => (bool c2, float[4] t) { t = Add(s, s) m = ReduceSum <keepdims = 0> (t) "
                  "h = Constant <value = float {100.0}> () c2 = Less(m, h) }")
    yield row("Loop", None, const(True, "bool"), x(4, values=positive(high=1.0)), body=grows)
    yield row("Loop", number(3), flag(True), x(4, values=positive(high=1.0)), body=grows)
    yield row("Loop", const(3), flag(False), x(4), body=grows)
    # What is carried gets longer, and two values change places.
    longer = graph("body (int64 i, bool c, float[n] s) => (bool c2, float[p] t) { c2 = Identity(c) t = Concat <axis = 0> (s, s) }")
    yield row("Loop", number(4), const(True, "bool"), x("N"), body=longer)
    swaps = graph("body (int64 i, bool c, float[2] a, float[2] b) => (bool c2, float[2] b2, float[2] a2) "
                  "{ c2 = Identity(c) b2 = Identity(b) a2 = Identity(a) }")
    for trips in (3, 4):
        yield row("Loop", const(trips), const(True, "bool"), x(2), x(2), outputs=2, body=swaps)
    # What an iteration leaves, and the condition, are what they were before the next values were carried.
    before = graph("before (int64 i, bool c, float[3] s) => (bool c2, float[3] t, float[3] old) { c2 = Identity(c) t = Add(s, s) old = Identity(s) }")
    yield row("Loop", const(3), const(True, "bool"), x(3), outputs=2, body=before)
    both = graph("both (int64 i, bool c, float[2] a, float[2] b) => (bool c2, float[2] b2, float[2] a2, float[2] u, float[2] v) "
                 "{ c2 = Identity(c) b2 = Identity(b) a2 = Identity(a) u = Identity(a) v = Identity(b) }")
    yield row("Loop", const(3), const(True, "bool"), x(2), x(2), outputs=4, body=both)
    flips = graph("flips (int64 i, bool c, bool p, float[2] a) => (bool c2, bool q, float[2] t) { c2 = Identity(p) q = Not(p) t = Add(a, a) }")
    for value in (True, False):
        yield row("Loop", const(5), const(True, "bool"), const(value, "bool"), x(2), outputs=2, body=flips)
    # Rows that grow with the run.
    scores = graph("body (int64 i, bool c, float[n] s) => (bool c2, float[p] t) { c2 = Identity(c) t = Concat <axis = 0> (s, s) }", "grown")
    yield row("Loop", const(2), const(True, "bool"), x(3), body=scores)
    # The number of the iteration, and a value from around the loop.
    indexed = graph("body (int64 i, bool c, float[3] s) => (bool c2, float[3] t, float[3] r) { c2 = Identity(c) r = Gather <axis = 0> (x3, i) t = Add(s, r) }")
    yield row("Loop", number(4), const(True, "bool"), x(3), around(5, 3), outputs=2, body=indexed)


def scans():
    old = graph("old (float[3] s, float[3] e) => (float[3] t, float[3] u) { t = Add(s, e) u = Identity(s) }")
    yield row("Scan", x(3), x(5, 3), outputs=2, num_scan_inputs=1, body=old)
    sums = graph("body (float[3] s, float[3] e) => (float[3] t, float[3] u) { t = Add(s, e) u = Mul(t, e) }")
    for directions in (0, 1):
        yield row("Scan", x(3), x("T", 3), outputs=2, num_scan_inputs=1, body=sums,
                  scan_input_directions=[directions], scan_output_directions=[1 - directions])
    yield row("Scan", x(3), x(3, 5), outputs=2, num_scan_inputs=1, body=sums, scan_input_axes=[1], scan_output_axes=[1])
    two = graph("body (float[n] s, float[n] a, float[n] b) => (float[n] t, float[n] u) { p = Mul(a, b) t = Add(s, p) u = Identity(p) }")
    yield row("Scan", x("N"), x(6, "N"), x(6, "N"), outputs=2, num_scan_inputs=2, body=two)


def sums_of_sequences(lengths, state, steps):
    state, left = state.copy(), np.zeros_like(steps)
    for sample, length in enumerate(lengths):
        for i in range(length):
            state[sample] += steps[sample, i]
            left[sample, i] = state[sample] * steps[sample, i]
    return state, left


def scans_of_batches():
    """Opset 8: ONNX Runtime, too, leaves zeros behind the end of a sequence."""
    sums = graph("sums (float[3] s, float[3] e) => (float[3] t, float[3] u) { t = Add(s, e) u = Mul(t, e) }")
    settings = {"outputs": 2, "num_scan_inputs": 1, "body": sums, "opset": 8}
    lengths = lambda most: x("N", dtype="int64", values=lambda rng, shape: rng.integers(1, most + 1, shape))
    for directions in (0, 1):
        yield row("Scan", None, x("N", 3), x("N", "T", 3), directions=[directions], **settings)
        yield row("Scan", lengths(1), x("N", 3), x("N", "T", 3), directions=[directions], **settings)
        yield row("Scan", lengths(5), x("N", 3), x("N", 5, 3), directions=[directions], **settings)
        yield row("Scan", const([4, 1, 5]), x(3, 3), x(3, 5, 3), directions=[directions], **settings)
    # A sequence without elements keeps its state; ONNX Runtime refuses one.
    yield row("Scan", const([0, 5, 2]), x(3, 3), x(3, 5, 3), reference=sums_of_sequences, **settings)
    two = graph("two (float[2] s, float[2] a, float[4, 2] b) => (float[2] t, float[4] u, float[2] v) "
                "{ p = ReduceSum <keepdims = 0, axes = [0]> (b) q = Mul(p, a) t = Add(s, q) u = ReduceMax <keepdims = 0, axes = [1]> (b) v = Neg(s) }")
    yield row("Scan", lengths(6), x("N", 2), x("N", 6, 2), x("N", 6, 4, 2), outputs=3, num_scan_inputs=2, body=two, directions=[1, 0], opset=8)
    none = graph("none (float[3] e) => (float[3] u) { u = Relu(e) }")
    yield row("Scan", lengths(6), x("N", 6, 3), num_scan_inputs=1, body=none, opset=8)


def rows():
    yield from branches()
    yield from scans_of_batches()
    yield from loops()
    yield from scans()
