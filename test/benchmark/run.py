# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times compiled models beside ONNX Runtime, taking turns in one process with inputs and outputs bound, and GEMM
kernels beside the rate of multiply-adds that one core reaches.

  --limit 1.5         end with status 1 if a model takes more than 1.5 times ONNX Runtime's time
  --gemm-limit 0.8    the same if a GEMM reaches less than 80% of the peak
"""

import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path[:0] = [os.path.join(ROOT, "test", "support"), os.path.join(ROOT, "test", "e2e"), os.path.join(ROOT, "demo")]

import numpy as np
import onnx

import engine
import generate
import measure
import models
import suite
from builder import Builder

GEMMS = [(128, 768, 768), (512, 512, 512), (1, 1024, 1024), (64, 784, 64)]


def gemm(m, k, n):
    b = Builder("gemm")
    b.output(b.node("MatMul", b.input("x", [m, k]), b.weight(k, n)))
    return b.model()


def peak(folder):
    """GFLOP/s of one core of this machine."""
    binary = os.path.join(folder, "peak")
    subprocess.run(
        ["/usr/bin/clang-22", "-O2", "-march=native", "-ffp-contract=fast", os.path.join(HERE, "peak.c"), "-o", binary],
        check=True,
    )
    return float(subprocess.run([binary], check=True, capture_output=True, text=True).stdout)


def candidates():
    """(name, path or function that makes the model, sizes)"""
    for name, sizes in models.manifest().items():
        if os.path.exists(models.zoo_path(name)):
            for dims in sizes:
                yield name, models.zoo_path(name), dims
    for name in ("mlp", "cnn_dynamic", "residual", "separable", "attention"):
        make, sizes = generate.MODELS[name]
        for dims in sizes:
            yield name, make, dims


def medians(name, source, dims, threads, folder):
    """Microseconds of both engines."""
    import accel

    path = source
    if callable(source):
        path = os.path.join(folder, f"{name}.onnx")
        onnx.save(source(), path)
    feeds = engine.random_feeds(onnx.load(path), dims)
    library = accel.compile(path, output=os.path.join(folder, f"{name}.so"))
    sessions = [measure.session(e, p, threads) for e, p in zip(measure.ENGINES, (library, path))]
    return measure.medians([measure.bound(s, feeds)[0] for s in sessions])


def main():
    parser = suite.parser(__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", help="write the figures to this file")
    parser.add_argument("--limit", type=float, default=float("inf"))
    parser.add_argument("--gemm-limit", type=float, default=0.0)
    args = suite.parse(parser)
    rows, bad = [], 0
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'model':<34}{'Accel us':>12}{'ONNX Runtime us':>17}{'ratio':>8}")
        for name, source, dims in candidates():
            label = " ".join([name, *(f"{k}={v}" for k, v in dims.items())])
            if not suite.chosen([label], args.only):
                continue
            ours, theirs = medians(name, source, dims, args.threads, folder)
            rows.append({"model": label, "accel_us": ours, "onnxruntime_us": theirs})
            bad += ours > args.limit * theirs
            print(f"{label:<34}{ours:>12.1f}{theirs:>17.1f}{ours / theirs:>8.2f}", flush=True)
        top = peak(folder)
        print(f"\nGEMM on one core; peak {top:.1f} GFLOP/s")
        for shape in GEMMS:
            label = "gemm " + "x".join(map(str, shape))
            if not suite.chosen([label], args.only):
                continue
            ours, theirs = medians("gemm_" + "_".join(map(str, shape)), lambda: gemm(*shape), {}, 1, folder)
            rate, other = (2e-3 * np.prod(shape, dtype=float) / t for t in (ours, theirs))
            rows.append({"model": label, "accel_us": ours, "onnxruntime_us": theirs, "gflops": rate, "peak": top})
            bad += rate < args.gemm_limit * top
            share = f"{rate:.1f} GFLOP/s, {rate / top:.0%} of the peak (ONNX Runtime {other / top:.0%})"
            print(f"{label:<34}{ours:>12.1f}{theirs:>17.1f}{ours / theirs:>8.2f}   {share}", flush=True)
    if args.json:
        with open(args.json, "w") as file:
            json.dump({"threads": args.threads, "rows": rows}, file, indent=1)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
