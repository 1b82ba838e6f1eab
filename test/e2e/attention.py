# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Attention as exporters write it (two products with a softmax between them), against NumPy in float64.

Around register tiles, items and blocks of keys; heads split from rows or as they are, of one width or two; masks that
are added or chosen; static and named dims; with one thread and two; for narrower vectors; and as plain loops, which
the compiler falls back to.
"""

import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

import compare
import engine
import numpy as np
import suite
from builder import Builder

# (rows, keys, depth, columns)
SIZES = [
    (1, 1, 32, 32),
    (1, 64, 64, 64),
    (2, 77, 64, 64),
    (1, 4100, 16, 16),
    (3, 5, 8, 8),
    (4, 300, 64, 64),
    (7, 7, 80, 80),
    (5, 600, 24, 40),
    (33, 1000, 64, 64),
    (128, 128, 32, 32),
    (197, 197, 64, 64),
    (300, 300, 80, 16),
    (20, 3000, 64, 64),
]
LAYOUTS = ("rows", "heads", "fused", "merged")
MASKS = ("none", "keys", "full", "where", "causal")
BATCH, HEADS = 2, 3


def transposed(b, x, *perm):
    return b.node("Transpose", x, perm=list(perm))


def build(sizes, layout, mask, dynamic):
    """The model, and the scale of its scores. dynamic: which dims have names: "all", or all but the rows ("keys")."""
    rows, keys, depth, columns = sizes
    b = Builder("attention", seed=1)
    batch, q, k = BATCH, rows, keys
    if dynamic:
        batch, q, k = "batch", "rows" if dynamic == "all" else rows, "rows" if rows == keys else "keys"
    shape = lambda *dims: b.constant(np.array(dims, np.int64))
    split = lambda x, size: b.node("Reshape", x, shape(0, 0, HEADS, size))
    if layout == "heads":
        query, key, value = (
            b.input(name, [batch, HEADS, dim, size])
            for name, dim, size in (("query", q, depth), ("key", k, depth), ("value", k, columns))
        )
        key = transposed(b, key, 0, 1, 3, 2)
    elif layout == "fused":  # one tensor of all three, as GPT-2 has it; the rows are the keys, columns the depth
        whole = b.input("whole", [batch, k, 3 * HEADS * depth])
        parts = b.node("Split", whole, b.constant(np.array([HEADS * depth] * 3, np.int64)), axis=2, outputs=3)
        query, value = (transposed(b, split(part, depth), 0, 2, 1, 3) for part in (parts[0], parts[2]))
        key = transposed(b, split(parts[1], depth), 0, 2, 3, 1)
    elif layout == "merged":  # batch and heads are one dim, which comes second, as in nn.MultiheadAttention
        names = (("query", q, depth), ("key", k, depth), ("value", k, columns))
        query, key, value = (
            b.node("Reshape", b.input(name, [dim, batch, HEADS * size]), shape(0, -1, size)) for name, dim, size in names
        )
        query, key, value = transposed(b, query, 1, 0, 2), transposed(b, key, 1, 2, 0), transposed(b, value, 1, 0, 2)
    else:
        query = transposed(b, split(b.input("query", [batch, q, HEADS * depth]), depth), 0, 2, 1, 3)
        key = transposed(b, split(b.input("key", [batch, k, HEADS * depth]), depth), 0, 2, 3, 1)
        value = transposed(b, split(b.input("value", [batch, k, HEADS * columns]), columns), 0, 2, 1, 3)
    root = np.float32(depth**-0.25)
    if mask == "causal":  # scaled before, on both sides
        query, key = (b.node("Mul", x, b.constant(root)) for x in (query, key))
        scores = b.node("MatMul", query, key)
    else:
        scores = b.node("Div", b.node("MatMul", query, key), b.constant(np.float32(depth**0.5)))
    if mask in ("keys", "full"):
        scores = b.node("Add", scores, b.input("mask", [batch, 1, 1 if mask == "keys" else q, k]))
    elif mask == "where":
        kept = b.input("mask", [batch, 1, q, k], "bool")
        scores = b.node("Where", kept, scores, b.constant(np.float32(-np.inf)))
    elif mask == "causal":
        later = np.triu(np.ones((rows, keys), bool), 1)
        scores = b.node("Where", b.constant(later), b.constant(np.float32(np.finfo(np.float32).min)), scores)
    weights = b.node("Softmax", scores, axis=-1)
    if mask == "where":  # rows without keys are zero
        weights = b.node("Where", b.node("IsNaN", weights), b.constant(np.float32(0)), weights)
    result = b.node("MatMul", weights, value)
    if layout == "merged":
        result = b.node("Reshape", transposed(b, result, 1, 0, 2), shape(rows, BATCH, HEADS * columns))
    elif layout != "heads":
        result = b.node("Reshape", transposed(b, result, 0, 2, 1, 3), shape(0, 0, HEADS * columns))
    b.output(result)
    return b.model()


def inputs(sizes, layout, mask, rng):
    """What is fed, and query, key, value and mask for the reference."""
    rows, keys, depth, columns = sizes
    normal = lambda *shape: rng.standard_normal(shape).astype(np.float32)
    operands = [normal(BATCH, HEADS, n, size) for n, size in ((rows, depth), (keys, depth), (keys, columns))]
    feeds = dict(zip(("query", "key", "value"), operands))
    merge = lambda x: x.transpose(0, 2, 1, 3).reshape(BATCH, x.shape[2], -1)
    if layout == "rows":
        feeds = {name: merge(x) for name, x in feeds.items()}
    elif layout == "merged":
        feeds = {name: merge(x).transpose(1, 0, 2).copy() for name, x in feeds.items()}
    elif layout == "fused":
        feeds = {"whole": np.concatenate([merge(x) for x in operands], 2)}
    added = np.zeros((), np.float32)
    if mask == "keys":
        added = np.where(rng.random((BATCH, 1, 1, keys)) < 0.3, np.finfo(np.float32).min, 0).astype(np.float32)
        feeds["mask"] = added
    elif mask == "full":
        added = normal(BATCH, 1, rows, keys)
        added[rng.random(added.shape) < 0.3] = -np.inf
        added[..., -1] = 0
        feeds["mask"] = added
    elif mask == "where":
        kept = rng.random((BATCH, 1, rows, keys)) < 0.5
        kept[:, :, ::3] = False
        kept[:, :, 1::3, : keys // 2] = False
        feeds["mask"] = kept
        added = np.where(kept, 0, -np.inf)
    elif mask == "causal":
        added = np.where(np.triu(np.ones((rows, keys), bool), 1), -np.inf, 0)
    return feeds, operands, added


def reference(operands, added, layout, scale, zeros):
    query, key, value = (x.astype(np.float64) for x in operands)
    scores = query @ key.swapaxes(2, 3) * scale + added
    with np.errstate(invalid="ignore"):
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
    if zeros:
        weights = np.nan_to_num(weights)
    result = (weights @ value).astype(np.float32)
    if layout == "heads":
        return result
    merged = result.transpose(0, 2, 1, 3).reshape(BATCH, result.shape[2], -1)
    return merged.transpose(1, 0, 2) if layout == "merged" else merged


def check(sizes, layout, mask, dynamic, **options):
    plain = options.pop("plain", False)
    model = build(sizes, layout, mask, dynamic)
    feeds, operands, added = inputs(sizes, layout, mask, np.random.default_rng(2))
    want = reference(operands, added, layout, sizes[2] ** -0.5, mask == "where")
    with tempfile.TemporaryDirectory() as folder:
        if plain:
            import accel

            path = os.path.join(folder, "model.mlir")
            accel.compile(model, output=path, stop_after="nn")
            with open(path) as file:
                if "nn.attention" not in file.read():
                    return "attention is not recognised"
            model, options = path, {"opt_level": 0}
        with engine.compiled(model, **options) as session:
            one, two = session(1).run(None, feeds), session(2).run(None, feeds)
    if why := compare.differences(one, [want], rtol=1e-5, atol=4e-6):
        return why
    return None if engine.same_bits(one, two) else "two threads give other bits than one"


def main():
    args = suite.parse(suite.parser(__doc__))
    cases = {}
    for i, sizes in enumerate(SIZES):
        for j, mask in enumerate(MASKS):
            for k, layout in enumerate(LAYOUTS):
                rows, keys, depth, columns = sizes
                # All pairs of masks and sizes, and of layouts and sizes; a causal mask is for equal numbers.
                if not args.all and (i + j + k) % len(LAYOUTS) and mask != "none":
                    continue
                if (mask == "causal" or layout == "fused") and (rows != keys or depth != columns):
                    continue
                if layout == "merged" and mask not in ("none", "causal"):
                    continue
                name = f"{rows}x{keys}x{depth}x{columns}/{layout}/{mask}"
                modes = {"static": {}}
                if args.all or (i + j) % 2:
                    modes["x86-64-v3"] = {"cpu": "x86-64-v3"}
                elif rows * keys < 10000:
                    modes |= {"plain": {"plain": True}, "x86-64-v2": {"cpu": "x86-64-v2"}}
                for mode, options in modes.items():
                    cases[f"{name}/{mode}"] = lambda a=(sizes, layout, mask), o=options: check(*a, None, **o)
                if layout != "merged" and mask != "causal":
                    cases[f"{name}/dynamic"] = lambda a=(sizes, layout, mask): check(*a, "all")
                    if layout == "heads" and rows != keys:  # as few rows as heads that share their keys
                        cases[f"{name}/keys"] = lambda a=(sizes, layout, mask): check(*a, "keys")
    suite.finish(suite.run("attention", cases, args))


if __name__ == "__main__":
    main()
