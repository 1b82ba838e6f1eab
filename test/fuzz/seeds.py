# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes what fuzzing begins with, beside the corpora of the repository: DIR/onnx, DIR/mlir, DIR/images and DIR/external-data.

usage: seeds.py DIR

ONNX files are the smallest node test of each op, those of the zoo below 4 kB, and models of the hostile tests; MLIR text is
that of the lit tests of the dialects.
"""

import glob
import os
import re
import shutil
import sys
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "hostile"))
LARGEST = 4096


def node_tests():
    """op -> the smallest of its models, serialized."""
    from onnx.backend.test.case.node import collect_testcases

    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in collect_testcases(None):
            raw = case.model.SerializeToString()
            op = case.model.graph.node[0].op_type + ("" if len(case.model.graph.node) == 1 else "_expanded")
            if len(raw) < len(found.get(op, b"x" * LARGEST)):
                found[op] = raw
    return found


def write(folder, name, raw):
    with open(os.path.join(folder, re.sub(r"[^A-Za-z0-9_.-]+", "_", name)), "wb") as file:
        file.write(raw)


def main():
    import make

    onnx, mlir, data, images = (os.path.join(sys.argv[1], name) for name in ("onnx", "mlir", "external-data", "images"))
    for folder in (onnx, mlir, data, images):
        shutil.copytree(os.path.join(HERE, "corpus", os.path.basename(folder)), folder, dirs_exist_ok=True)
    for op, raw in node_tests().items():
        write(onnx, op, raw)
    hostile = os.path.join(sys.argv[1], "hostile")
    for name in make.CASES:
        path = make.write(name, hostile)
        if os.path.isfile(path) and os.path.getsize(path) <= LARGEST:
            with open(path, "rb") as file:
                write(onnx, f"hostile_{name}", file.read())
    shutil.rmtree(hostile, ignore_errors=True)
    for path in glob.glob(os.path.join(ROOT, "test", "dialects", "*", "*.mlir")):
        with open(path, encoding="utf-8") as file:
            for i, part in enumerate(file.read().split("// -----")):
                write(mlir, f"{os.path.basename(path)}_{i}", part.encode())


if __name__ == "__main__":
    main()
