# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Builds the fuzz targets, runs each for a while, and adds what was run to docs/fuzzing.md.

usage: run.py [--seconds 600] [--only onnx,mlir] [--corpus DIR]

What a run finds (crash-*, timeout-*, oom-*, leak-*) is left in the folder of corpora, build-fuzz/corpus; after it is mended it
goes to test/fuzz/corpus, where check.sh replays it. The corpora grow from run to run.
"""

import argparse
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
TREE = os.path.join(ROOT, "build-fuzz")
PAGE = os.path.join(ROOT, "docs", "fuzzing.md")
# target -> (its corpus, the largest input)
TARGETS = {"onnx-bytes": ("onnx", 4096), "onnx": ("onnx", 4096), "external-data": ("external-data", 1024), "images": ("images", 8192), "mlir": ("mlir", 4096)}


def fuzz(target, seconds, corpora):
    """(executions, findings) of one target."""
    corpus, largest = TARGETS[target]
    found = os.path.join(corpora, "found", target) + os.sep
    own = os.path.join(corpora, "grown", target)
    os.makedirs(found, exist_ok=True)
    os.makedirs(own, exist_ok=True)
    before = set(os.listdir(found))
    command = [os.path.join(TREE, "bin", f"fuzz-{target}"), own, os.path.join(corpora, corpus), f"-artifact_prefix={found}"]
    command += [f"-max_total_time={seconds}", f"-max_len={largest}", "-timeout=20", "-rss_limit_mb=4096", "-print_final_stats=1"]
    # The packaged LLVM is not instrumented, and its allocators poison memory in our code only.
    environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0:allow_user_poisoning=0:allocator_may_return_null=1"}
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=environment)
    runs = re.search(r"stat::number_of_executed_units: (\d+)", done.stdout)
    findings = sorted(set(os.listdir(found)) - before)
    if done.returncode or not runs:
        print(done.stdout[-6000:])
    return int(runs[1]) if runs else 0, findings


def record(target, seconds, runs, findings):
    """Adds to the target's row of the table."""
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    row = re.search(rf"^\| {re.escape(target)} \| ([\d.]+) \| (\d+) \| (\d+) \|$", text, flags=re.MULTILINE)
    hours, all_runs, all_findings = float(row[1]) + seconds / 3600, int(row[2]) + runs, int(row[3]) + findings
    new = f"| {target} | {hours:.2f} | {all_runs} | {all_findings} |"
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(text.replace(row[0], new))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=600, help="for each target")
    parser.add_argument("--only", default="", help="targets, separated by commas")
    parser.add_argument("--corpus", default=os.path.join(TREE, "corpus"))
    args = parser.parse_args()
    subprocess.run([os.path.join(ROOT, "tools", "dev", "build.sh"), "fuzz", *(f"fuzz-{t}" for t in TARGETS)], check=True)
    subprocess.run([sys.executable, os.path.join(HERE, "seeds.py"), args.corpus], check=True)
    failed = False
    for target in [t for t in TARGETS if not args.only or t in args.only.split(",")]:
        runs, findings = fuzz(target, args.seconds, args.corpus)
        print(f"{target}: {runs} executions in {args.seconds} s, {len(findings)} findings {' '.join(findings)}", flush=True)
        record(target, args.seconds, runs, len(findings))
        failed |= bool(findings)
    sys.exit(failed)


if __name__ == "__main__":
    main()
