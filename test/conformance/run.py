# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the ONNX node tests of the installed onnx package: those that manifest.txt lists must pass.

A line of manifest.txt: a test and the modes in which it passes: static (as it is), dynamic (every input dim unknown),
constant (all inputs but the first are initializers). A line of skip.txt says why others are not run: a pattern of
tests, modes where not all are meant, a colon, and the reason; the first line that fits counts.

All static tests are run, and of the other modes a third, chosen by the test's name.

  --all      runs the rest too, and those that are not listed, and says how many of these pass
  --update   the same, and writes manifest.txt anew
"""

import fnmatch
import functools
import os
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

import numpy as np

import cases
import compare
import engine
import suite

MANIFEST, SKIP = (os.path.join(HERE, name) for name in ("manifest.txt", "skip.txt"))
TURNS = 3  # without --all, one of so many tests in the modes other than static
UNLISTED = "unlisted: in neither manifest.txt nor skip.txt"
HEADER = """\
# The ONNX node tests that pass, and in which modes. Written by: python test/conformance/run.py --update
"""


def lines(path):
    with open(path) as file:
        return [line.strip() for line in file if line.strip() and not line.startswith("#")]


def read_manifest():
    return {(name, mode) for name, *modes in (line.split() for line in lines(MANIFEST)) for mode in modes}


def write_manifest(passing):
    by_name = {}
    for name, mode in passing:
        by_name.setdefault(name, set()).add(mode)
    with open(MANIFEST, "w") as file:
        file.write(HEADER)
        for name in sorted(by_name):
            file.write(" ".join([name, *(mode for mode in cases.MODES if mode in by_name[name])]) + "\n")


def read_skips():
    """[(pattern, modes, reason)]"""
    found = []
    for line in lines(SKIP):
        head, colon, reason = line.partition(":")
        pattern, *modes = head.split()
        if not colon or not reason.strip() or any(mode not in cases.MODES for mode in modes):
            sys.exit(f"{os.path.relpath(SKIP)}: expected 'pattern [modes]: reason', got '{line}'")
        found.append((pattern, modes or cases.MODES, reason.strip()))
    return found


def check(model, data_sets, mode):
    for inputs, want in data_sets:
        made, feeds = cases.variant(model, mode, inputs)
        with engine.compiled(made, fallback=True) as open_session, np.errstate(all="ignore"):
            got = open_session(2).run(None, feeds)
        if why := compare.differences(got, want, rtol={"float32": 1e-3}, atol=1e-5):
            return why
    return None


def main():
    parser = suite.parser(__doc__)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--modes", default=",".join(cases.MODES))
    args = suite.parse(parser)
    manifest, skips, tests = read_manifest(), read_skips(), cases.collect()
    todo, extra, reasons = {}, {}, {}
    for name, (model, data_sets) in sorted(tests.items()):
        for mode in args.modes.split(","):
            if not cases.applies(model, mode):
                continue
            label, case = f"{name}/{mode}", functools.partial(check, model, data_sets, mode)
            if (name, mode) in manifest:
                if args.all or args.update or args.only or mode == "static" or zlib.crc32(name.encode()) % TURNS == 0:
                    todo[label] = case
                continue
            extra[label] = case
            fits = (why for pattern, modes, why in skips if mode in modes and fnmatch.fnmatch(name, pattern))
            reasons[label] = next(fits, UNLISTED)
    passing = set()
    if args.update or args.all:  # what was never promised cannot fail
        outcomes = suite.run("unlisted", extra, args, promised=False)
        passing = {label for label, outcome in outcomes.items() if outcome.kind == "passed"}
        print(f"{len(passing)} of {len(extra)} unlisted tests pass" + ("" if args.update else "; --update lists them"))
    skipped = {label: why for label, why in reasons.items() if label not in passing}
    outcomes = suite.run("conformance", todo, args, skipped)
    if gone := sorted({name for name, _ in manifest if name not in tests}):
        print(f"manifest.txt lists tests that onnx {__import__('onnx').__version__} does not have: {', '.join(gone)}")
    if args.update:
        passing |= {label for label, outcome in outcomes.items() if outcome.kind == "passed"}
        not_run = {entry for entry in manifest if "/".join(entry) not in outcomes and entry[0] in tests}
        write_manifest({tuple(label.rsplit("/", 1)) for label in passing} | not_run)
    suite.finish(outcomes)


if __name__ == "__main__":
    main()
