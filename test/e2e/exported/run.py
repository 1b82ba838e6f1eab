# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles what PyTorch's exporters make of real architectures, and compares results with ONNX Runtime's.

The architectures are the rows of table.py. Files that are missing are made first, which needs PyTorch (README.md says
how to install it); this program itself needs no more than .venv has. The last lines are a table of all files:
name | status | the largest difference as a share of the largest value, or what went wrong.
"""

import functools
import importlib.util
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "support")]

import compare
import engine
import install
import models
import suite
import table

# The rounding of float32 grows through the layers: of DeepLab, PyTorch and ONNX Runtime give results that differ by 5e-5
# of their largest value.
TOLERANCE = {"scaled": 1e-4}
NO_TORCH = "PyTorch is not installed (test/e2e/exported/README.md says how)"


def with_torch(chosen):
    """The Python that exports: the chosen one, else this one, else that of install.py; None if none has PyTorch."""
    if chosen:
        return chosen
    if importlib.util.find_spec("torch"):
        return sys.executable
    python = os.path.join(install.DEFAULT, "bin", "python")
    return python if os.path.exists(python) else None


def exported(name, folder, python):
    """The path of the file, which is made if it is not there."""
    path = os.path.join(folder, name + ".onnx")
    if os.path.exists(path):
        return path
    if not python:
        raise suite.Skip(NO_TORCH)
    command = [python, os.path.join(HERE, "export.py"), folder, name]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if not os.path.exists(path):
        said = (done.stdout.strip() or done.stderr.strip() or f"status {done.returncode}").splitlines()[-1]
        raise NotExported(said.removeprefix(name + ": "))
    return path


class NotExported(Exception):
    pass


def checked(name, folder, python):
    """A case: what to say of it, with the status before a bar where it did not pass."""
    import accel

    row, exporter, shapes = table.files()[name]
    if why := row.missing(exporter, shapes):
        raise suite.Skip(f"not exported: {why}")
    sizes, shares = row.sizes[: 1 if shapes == "static" else None], []
    see = lambda got, want: shares.append(compare.largest(got, want))
    agree = functools.partial(models.compare_with_runtime, sizes=sizes, make_feeds=row.feeds, see=see, **TOLERANCE)
    try:
        path, slow = exported(name, folder, python), None
        try:
            why = agree(path)
        except engine.Fallback as error:
            slow, why = error, agree(path, fallback=True)
    except NotExported as error:
        return f"not exported | {error}"
    except accel.CompileError as error:
        return f"not compiled | {refusals(error, path)}"
    if why:
        return f"differs | {why}"
    share = f"{max(shares):.1e}"
    return f"plain loops | {share}; {crashes(slow)}" if slow else suite.Note(share)


def refusals(error, path):
    """The compiler's messages in one line: what is the same for several nodes once, and no advice."""
    found = {}
    for line in str(error).splitlines():
        if not line.startswith(f"{path}: error: "):
            continue
        said = line.removeprefix(f"{path}: error: ")
        node = re.match(r"node '.*?' \((\w+)[^)]*\): ", said)
        key = f"{node.group(1)}: {said[node.end():]}" if node else said
        found[key] = found.get(key, 0) + 1
    return "; ".join(f"{n} {said}" for said, n in found.items()) or str(error).strip()[-300:]


def crashes(warning):
    """Which kernels have no better code than plain loops, and why."""
    pattern = r"compiler of kernel '([^']*)' \(node '(.*?)'\) ([^;']*); it is compiled as plain loops"
    return "; ".join(
        f"{kernel} (of {nodes.split(chr(39), 1)[0]}) {what}"
        for kernel, nodes, what in re.findall(pattern, str(warning), re.DOTALL)
    )


def print_table(outcomes):
    rows = []
    for name, outcome in outcomes.items():
        status, bar, rest = outcome.why.partition(" | ")
        rows.append((name, *((status, rest) if bar else (outcome.kind, outcome.why))))
    widths = [max((len(row[i]) for row in rows), default=0) for i in (0, 1)]
    for name, status, rest in rows:
        print(f"{name:<{widths[0]}} | {status:<{widths[1]}} | {suite.printable(rest)}")


def main():
    made = suite.parser(__doc__)
    made.set_defaults(timeout=600)
    made.add_argument("--list", action="store_true", help="only list the files")
    made.add_argument("--models", help="where the .onnx files are and go (default: exported/models in the build tree)")
    made.add_argument("--torch", metavar="PYTHON", help="a Python that has PyTorch and the rest")
    args = suite.parse(made)
    if args.list:
        print("\n".join(suite.chosen(table.files(), args.only)))
        return
    folder = os.path.abspath(args.models or os.path.join(args.build, "exported", "models"))
    os.makedirs(folder, exist_ok=True)
    python = with_torch(args.torch)
    cases = {name: functools.partial(checked, name, folder, python) for name in table.files()}
    outcomes = suite.run("exported", cases, args, promised=False)
    print_table(outcomes)
    suite.finish(outcomes)


if __name__ == "__main__":
    main()
