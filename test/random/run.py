# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares random graphs of 5 to 30 nodes with ONNX Runtime, and with what the compiler makes at -O0.

A case is a seed. One that fails is reduced to as few nodes as still fail, and printed as ONNX text; with --keep DIR
the reduced model and its inputs are written there too, as DIR/random_SEED.onnx and .npz.

  --seeds 1000 --from 5000    which
  --check-recipes             grow the graphs only, and tell how often each op came up
"""

import collections
import os
import sys
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

import numpy as np
import onnx

import compare
import engine
import graph
import reduce
import suite
from isolate import isolated
from recipes import RECIPES

NODES = 30


def tolerance(value):
    """What an output may be off by: what the disturbed values make of it, and what roundings are."""
    moved = graph.distance(value)
    off = graph.OFF.get(value.dtype, 0.0)
    return {"rtol": 10 * off, "scaled": 10 * off + 3 * moved, "atol": 1e-30}


def failure(model, feeds, wanted, levels=(0, 3)):
    """Why the compiled model is wrong, or None. wanted: the outputs as graph.Value."""
    for level in levels:
        with engine.compiled(model, opt_level=level) as open_session:
            got = open_session().run(None, feeds)
        for value, result in zip(wanted, got):
            if why := compare.difference(result, value.array, **tolerance(value)):
                return f"-O{level}: {value.name}: {why}"
    return None


def check(seed, keep):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        model, feeds, wanted = graph.grow(seed, RECIPES, NODES)
        why = attempt(model, feeds, wanted)
        if not why:
            return None
        small, inputs, why = reduce.reduce(model, feeds, wanted, attempt, why)
        if keep:
            os.makedirs(keep, exist_ok=True)
            onnx.save(small, os.path.join(keep, f"random_{seed}.onnx"))
            np.savez(os.path.join(keep, f"random_{seed}.npz"), **inputs)
        return f"{why}\n{onnx.printer.to_text(small)}"


def attempt(model, feeds, wanted):
    """The failure as text, also where compiler or model raise or end their process."""
    return isolated(lambda: failure(model, feeds, wanted))


def count_ops(seeds):
    ops, nodes = collections.Counter(), 0
    for seed in seeds:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            model = graph.grow(seed, RECIPES, NODES)[0]
        nodes += len(model.graph.node)
        ops.update({n.op_type for n in model.graph.node})
    print(f"{len(seeds)} graphs, {nodes} nodes")
    for op, count in ops.most_common():
        print(f"{count:6} {op}")


def main():
    parser = suite.parser(__doc__)
    parser.add_argument("--seeds", type=int, help="how many (40; with --all 400)")
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--keep", help="write reduced models that fail to this folder")
    parser.add_argument("--check-recipes", action="store_true")
    args = suite.parse(parser)
    seeds = range(args.first, args.first + (args.seeds or (400 if args.all else 40)))
    if args.check_recipes:
        count_ops(seeds)
        return
    cases = {f"random/{seed}": lambda seed=seed: check(seed, args.keep) for seed in seeds}
    suite.finish(suite.run("random", cases, args))


if __name__ == "__main__":
    main()
