# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles and runs every op of the tables (tables/*.py) on random inputs and compares with an independent reference.

Each row runs in all modes that apply: static (every dim a number), dynamic (named dims, three sizes with one library),
constant (all inputs but the first are weights), left (the first is). Two threads must give the bits of one.
"""

import importlib
import os
import sys
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

import numpy as np

import compare
import engine
import suite
from tables.row import RUNS

TABLES = [
    importlib.import_module(f"tables.{name}")
    for name in """
        attention classic control data elementwise fold images index
        linear loss matmul microsoft narrow quantize recurrent reduce
        resize sampling shape spectrum text window
    """.split()
]


def reference(row, model, values):
    """A function from the inputs to feed to the outputs; `values` are all inputs, fed or not."""
    if callable(row.reference):

        def formula(feeds):
            found = row.reference(*(feeds.get(f"x{i}", value) for i, value in enumerate(values)))
            return list(found) if isinstance(found, tuple) else [found]

        return formula
    if row.reference == "onnxruntime":
        return engine.Reference(model).run
    from onnx.reference import ReferenceEvaluator

    evaluator = ReferenceEvaluator(model)
    return lambda feeds: [np.asarray(r) for r in evaluator.run(None, feeds)]


def check(row, mode):
    """Why the row fails in the mode, or None."""
    model, fed, first = row.model(mode)
    want_of = reference(row, model, first)
    with engine.compiled(model) as open_session, np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = open_session()
        for run in range(RUNS if mode == "dynamic" else 1):
            values = row.values(run)
            feeds = {f"x{i}": values[i] for i in fed}
            try:
                want = want_of(feeds)
            except Exception as error:
                return f"the reference fails: {error}"
            got = session.run(None, feeds)
            if why := compare.differences(got, want, **row.tolerance):
                sizes = {f"x{i}": list(values[i].shape) for i in fed}
                return f"{why}; inputs {sizes}"
            if not engine.same_bits(got, open_session(threads=2).run(None, feeds)):
                return "two threads give other bits than one"
    return None


def main():
    parser = suite.parser(__doc__)
    parser.add_argument("--modes", default="static,dynamic,constant,left")
    parser.add_argument("--list", action="store_true", help="print the names and end")
    args = suite.parse(parser)
    cases = {}
    for table in TABLES:
        for row in table.rows():
            for mode in row.modes():
                if mode in args.modes.split(","):
                    name = f"{row.name()}/{mode}"
                    assert name not in cases, f"two rows are called {name}"
                    cases[name] = lambda row=row, mode=mode: check(row, mode)
    if args.list:
        print("\n".join(suite.chosen(cases, args.only)))
        return
    suite.finish(suite.run("ops", cases, args))


if __name__ == "__main__":
    main()
