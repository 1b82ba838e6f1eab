# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sums up suites from the JUnit XML that each wrote: a line a suite, its failed tests, and the total as the last line.

usage: junit.py [--seconds N] 'NAME SECONDS STATUS XML' ...
A suite that left no readable XML, or that ended with an error although no test of it failed, counts as one failed test.
The exit status is 1 if anything failed.
"""

import argparse
import os
import sys
import xml.etree.ElementTree as ET

OUTCOMES = ("passed", "failed", "skipped")


def outcome(case):
    """lit, CTest, pytest and test/support/report.py agree on these marks of a test case."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("disabled", "notrun"):
        return "skipped"
    return "passed"


def read(path, status):
    """The counts of a suite, and the names of what failed."""
    counts, failed = dict.fromkeys(OUTCOMES, 0), []
    try:
        cases = list(ET.parse(path).iter("testcase"))
    except (OSError, ET.ParseError):
        cases = []
        failed.append("(the suite ended without results)")
    for case in cases:
        kind = outcome(case)
        counts[kind] += 1
        if kind == "failed":
            failed.append("::".join(filter(None, (case.get("classname"), case.get("name")))))
    if status and not failed:
        failed.append(f"(the suite ended with status {status})")
    counts["failed"] = len(failed)
    return counts, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, help="seconds that everything took, build included")
    parser.add_argument("rows", nargs="*")
    args = parser.parse_args()
    total = dict.fromkeys(OUTCOMES, 0)
    print(f"{'suite':<14}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for row in args.rows:
        name, seconds, status, path = row.split(maxsplit=3)
        counts, failed = read(path, int(status))
        print(f"{name:<14}{counts['passed']:>8}{counts['failed']:>8}{counts['skipped']:>9}{seconds:>9}")
        for test in failed[:40]:
            print(f"  FAILED {test}")
        if len(failed) > 40:
            print(f"  ... and {len(failed) - 40} more; all are in {os.path.relpath(path)}")
        for kind in OUTCOMES:
            total[kind] += counts[kind]
    if args.seconds is not None:
        print(f"all of it: {args.seconds} s")
    print(", ".join(f"{total[kind]} {kind}" for kind in OUTCOMES))
    return 1 if total["failed"] or not args.rows else 0


sys.exit(main())
