# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes docs/supported-ops.md from what the compiler lists and what the tests promise."""

import itertools
import os
import subprocess
import sys
from collections import defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support"), os.path.join(HERE, "..", "e2e")]

import onnx

import cases
import dtypes
import run
import suite

PAGE = os.path.join(ROOT, "docs", "supported-ops.md")
LIMITS = os.path.join(HERE, "limits.txt")
HEAD = """\
# Supported ops

Written by `test/conformance/supported.py` from what the tests promise; a test compares the two.
`accel-compile --list-ops` lists the ops and their first opsets, `accel-compile model.onnx --check` what of a model is not supported.

- **opset**: the first one; each version's own meaning holds from there on.
- **types**: those that agree with the onnx package's evaluator, for each type variable of the op's newest version: all that the
  standard allows, all but some, or a list. *rows*: the op is not among the node tests, or its types cannot be changed there; it has
  as many rows in [test/e2e/tables](../test/e2e/tables), mostly against ONNX Runtime, with these types.
- **static**, **dynamic**, **constant**: how many of the standard's node tests of the op pass as they are, with all dims unknown,
  and with all inputs but the first as weights. Reasons for the rest are in [skip.txt](../test/conformance/skip.txt).

Each element type may have every rank from 0 to 31 and dims of 0; what is named here holds on each CPU target.
"""


def short(name):
    return name.replace("bfloat", "bf").replace("float", "f").replace("uint", "u").replace("int", "i")


def known_ops():
    text = subprocess.run(["accel-compile", "--list-ops"], check=True, capture_output=True, text=True).stdout
    return [(domain, name, int(since)) for domain, name, since in map(str.split, text.splitlines())]


def qualified(domain, name):
    return name if domain in ("", "ai.onnx") else f"{domain}.{name}"


def limits():
    return dict(map(str.strip, line.split(":", 1)) for line in run.lines(LIMITS))


def node_tests():
    """op -> the names of node tests whose first node of that domain it is: (name, modes that apply)."""
    found = defaultdict(list)
    for name, (model, _) in sorted(cases.collect().items()):
        modes = [mode for mode in cases.MODES if cases.applies(model, mode)]
        # Of a function's body there is nothing to say: its test counts for no op.
        if len(model.graph.node) == 1 or not name.endswith("_expanded"):
            for op in sorted({qualified(node.domain, node.op_type) for node in model.graph.node}):
                found[op].append((name, modes))
    return found


def type_text(op, listed):
    """What is listed of each type variable, against what the standard allows."""
    parts = []
    for variable, passing in sorted(listed.items()):
        allowed = allowed_types(op, variable)
        missing = sorted(allowed - passing)
        if not missing:
            what = "all"
        elif len(missing) <= len(passing) / 2:
            what = "all but " + " ".join(map(short, missing))
        else:
            what = " ".join(map(short, sorted(passing)))
        parts.append(f"{variable} {what}")
    return ", ".join(parts)


def allowed_types(op, variable):
    domain, _, name = op.rpartition(".")
    schema = onnx.defs.get_schema(name, domain)
    found = set()
    for text in dtypes.variables(schema).get(variable, []):
        dtype = dtypes.tensor_type(text)
        if dtype is not None and dtypes.kind(text) == "":
            found.add("string" if dtype == object else str(dtype))
    return found


def rows_of_tables():
    """op -> (number of rows of test/e2e/tables, types of their first inputs)."""
    import ops

    found = defaultdict(lambda: [0, set()])
    for row in (row for table in ops.TABLES for row in table.rows()):
        entry = found[qualified(row.attributes.get("domain", ""), row.op)]
        entry[0] += 1
        entry[1] |= {i.dtype for i in row.inputs[:1] if i is not None}
    return found


def page():
    tests, manifest, table = node_tests(), run.read_manifest(), rows_of_tables()
    listed, notes = defaultdict(lambda: defaultdict(set)), limits()
    for label in dtypes.read_listed():
        op, variable, dtype = label.split()
        listed[op][variable].add(dtype)
    ops_of, lines = defaultdict(list), [HEAD]
    for domain, name, since in known_ops():
        ops_of[domain].append((name, since))
    counts = ", ".join(f"{len(ops)} of {domain}" for domain, ops in ops_of.items())
    lines.append(f"{sum(map(len, ops_of.values()))} ops: {counts}.\n")
    for domain, ops in ops_of.items():
        lines += [f"## {domain}", "", "| op | opset | types | static | dynamic | constant | limits |", "| --- | --- | --- | --- | --- | --- | --- |"]
        for name, since in ops:
            op = qualified(domain, name)
            types = type_text(op, listed[op]) if op in listed else ""
            if not types and op in table:
                count, seen = table[op]
                types = f"{count} rows: " + " ".join(map(short, sorted(seen)))
            cells = []
            for mode in cases.MODES:
                apply = [test for test, modes in tests.get(op, []) if mode in modes]
                cells.append(f"{sum((test, mode) in manifest for test in apply)} of {len(apply)}" if apply else "")
            lines.append("| " + " | ".join([name, str(since), types, *cells, notes.pop(op, "")]) + " |")
        lines.append("")
    lines += ["## Not supported", "", *(f"- {op}: {note}" for op, note in notes.items()), ""]
    return "\n".join(lines)


def write():
    text = page()
    with open(PAGE, "w") as file:
        file.write(text)


def difference():
    """Why the page is not what the tests say, or None."""
    with open(PAGE) as file:
        found = file.read().splitlines()
    for number, (is_there, should) in enumerate(itertools.zip_longest(found, page().splitlines(), fillvalue="no line"), 1):
        if is_there != should:
            return f"line {number} is '{is_there}', expected '{should}': run test/conformance/supported.py"
    return None


if __name__ == "__main__":
    suite.parse(suite.parser(__doc__))  # the compiler of --build
    write()
