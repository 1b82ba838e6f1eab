# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the benchmarks share: their options, the loop over cases, and what they print and write."""

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
for folder in ("support", "e2e"):
    sys.path.append(os.path.join(ROOT, "test", folder))

import suite

import engines
import measure
import peak
import report
import stats
import turns

PAGE = os.path.join(ROOT, "docs", "performance.md")


def parser(doc):
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--build", default=os.path.join(ROOT, "build"), help="the build tree: bin/ and python/accel")
    made.add_argument("--peers", default=",".join(engines.PEERS), help="engines to compare with (default: %(default)s)")
    made.add_argument("--threads", default="1", help="numbers of threads, such as 1,2 (default: %(default)s)")
    made.add_argument("--only", default="", help="cases whose name holds one of these, separated by commas")
    made.add_argument("--rounds", type=int, default=turns.Settings.rounds, help="turns of each engine")
    made.add_argument("--seconds", type=float, default=turns.Settings.seconds, help="length of a turn")
    made.add_argument(
        "--clock",
        choices=("wall", "cpu"),
        default="wall",
        help="cpu: the CPU time of a run, for one thread on a machine that other programs keep busy",
    )
    made.add_argument("--timeout", type=float, default=turns.Settings.timeout, help="seconds to compile or to load")
    made.add_argument("--json", help="write all figures to this file")
    made.add_argument(
        "--markdown",
        nargs="?",
        const=PAGE,
        metavar="FILE",
        help="write the tables between the markers of a document (docs/performance.md)",
    )
    made.add_argument("--section", metavar="NAME", help="the markers that --markdown writes between")
    made.add_argument(
        "--limit", type=float, help="end with status 1 if a case takes more than this many times the fastest peer's time"
    )
    made.add_argument(
        "--peak-limit", type=float, help="the same if a case reaches less than this part of the peak; cases without a rate pass"
    )
    return made


class Sizes(argparse.Action):
    """NAME=SIZE, any number of times, as a dict."""

    def __call__(self, parser, namespace, value, option=None):
        name, _, size = value.rpartition("=")
        if not name or not size.isdigit():
            parser.error(f"{option} takes NAME=SIZE, found '{value}'")
        setattr(namespace, self.dest, getattr(namespace, self.dest) | {name: int(size)})


def count(threads):
    return "1 thread" if threads == 1 else f"{threads} threads"


class Run:
    """One run of a benchmark: measures cases as they come and keeps the rows."""

    def __init__(self, name, made):
        self.name, self.args = name, suite.parse(made)
        self.threads = [int(t) for t in self.args.threads.split(",")]
        wanted = self.wanted(made)
        self.absent = {p: why for p in wanted if (why := engines.missing(p))}
        self.peers = [p for p in wanted if p not in self.absent]
        if self.args.clock == "cpu" and self.threads != [1]:
            made.error("--clock cpu is for one thread: the CPU times of several do not add up to the time of a run")
        self.settings = turns.Settings(
            self.args.rounds, self.args.seconds, clock=self.args.clock, timeout=self.args.timeout
        )
        self.rows, self.refused = [], []
        self.machine = report.machine(["accel", *(p for p in self.peers if p != engines.STATIC)])
        for key, value in self.machine:
            print(f"{key}: {value}")
        for peer, why in self.absent.items():
            print(f"{engines.ENGINES[peer].label}: {why}")
        print()
        self.folder = tempfile.TemporaryDirectory()
        self.meter = peak.build(self.folder.name)
        if not self.meter:
            print("no C compiler (clang-22, clang or cc): the peak is not measured\n")

    def wanted(self, made):
        """The peers of the command line."""
        named = [p for p in self.args.peers.split(",") if p]
        for unknown in set(named) - set(engines.PEERS):
            made.error(f"no peer '{unknown}'; there are {', '.join(engines.PEERS)}")
        return named

    @contextlib.contextmanager
    def measuring(self):
        """What is stopped within is reported as far as it came."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            yield
        except KeyboardInterrupt:
            self.skip("the rest", "not measured: stopped")

    def chosen(self, name):
        return bool(suite.chosen([name], self.args.only))

    def add(self, case):
        """Measures a case at every number of threads and prints a line for each."""
        with tempfile.TemporaryDirectory(dir=self.folder.name) as folder:
            made = measure.prepare(case, ["accel", *self.peers], folder, self.settings.timeout)
            if "failed" in made["accel"]:
                self.skip(case.name, f"Accel cannot compile it: {made['accel']['failed']}")
                return
            case.notes += made["accel"]["said"]
            for threads in self.threads:
                row = measure.measure(case, made, threads, self.meter, self.settings)
                self.rows.append(row)
                self.tell(row)

    def skip(self, name, why):
        self.refused.append((name, why))
        print(f"{name}: {why}", flush=True)

    def tell(self, row):
        parts = [f"{engines.ENGINES[e].label} {report.time_cell(row, e)}" for e in ("accel", *self.peers)]
        ratios = [report.times_ratio(stats.ratio(row, p)) or "-" for p in self.peers]
        rate = report.rate_cell(row)
        what = f"; {rate}, {report.percent(stats.share(row)) or '?'} of the peak" if rate else ""
        print(f"{row['name']}, {count(row['threads'])}: {', '.join(parts)}; ratios {' '.join(ratios)}{what}", flush=True)

    def circumstances(self, threads, rows):
        """How these rows were measured, in one line."""
        facts = [count(threads) + (", CPU time" if self.settings.clock == "cpu" else "")]
        if threads in (peaks := report.peaks(rows)):
            low, high = peaks[threads]
            facts.append(f"peak {low:.0f} to {high:.0f} GFLOP/s")
        if used := report.others(rows):
            facts.append(f"other programs used {used[0]:.2f} CPUs in the median row, {used[1]:.2f} at most")
        return "; ".join(facts)

    def sections(self, form):
        """The report, piece by piece; form: how a Table is written."""
        for threads in self.threads:
            rows = [r for r in self.rows if r["threads"] == threads]
            if not any(map(report.compared, rows)):
                continue
            yield self.circumstances(threads, rows)
            yield form(report.times(rows, self.peers))
            if self.peers:
                yield form(report.summary(rows, self.peers))
            if self.name == "models":
                yield form(report.farthest(rows))
        first = [r for r in self.rows if r["threads"] == self.threads[0]]
        if self.name == "models" and any(map(report.compared, first)):
            order = " / ".join(engines.ENGINES[e].label for e in ("accel", *self.peers))
            yield f"What it costs, with {count(self.threads[0])}: {order}"
            yield form(report.costs(first, self.peers))

    def remarks(self):
        yield from (f"{name}: {why}" for name, why in self.refused)
        yield from report.left_out(self.rows)

    def finish(self):
        """Prints the tables, writes the files, and gives the status to end with."""
        for section in self.sections(report.Table.text):
            print("\n" + section.rstrip())
        if remarks := list(self.remarks()):
            print("\nLeft out, or to be known:\n  " + "\n  ".join(remarks))
        if self.args.json:
            with open(self.args.json, "w") as file:
                everything = {"machine": dict(self.machine), "rows": self.rows, "refused": self.refused}
                json.dump(everything, file, indent=1)
        if self.args.markdown:
            self.write_markdown(remarks)
        self.folder.cleanup()
        return self.status()

    def write_markdown(self, remarks):
        parts = ["\n".join(f"- {key}: {value}" for key, value in self.machine)]
        parts += list(self.sections(report.Table.markdown))
        if remarks:
            parts.append("Left out, or to be known:\n" + "\n".join(f"- {line}" for line in remarks))
        with open(self.args.markdown) as file:
            document = file.read()
        text = report.splice(document, self.args.section or self.name, "\n\n".join(part.strip() for part in parts))
        with open(self.args.markdown, "w") as file:
            file.write(text)

    def status(self):
        bad = []
        for row in self.rows:
            ratio, share = stats.best_ratio(row, self.peers), stats.share(row)
            if self.args.limit and ratio and ratio * self.args.limit < 1:
                bad.append(f"{row['name']}: {1 / ratio:.2f} times the fastest peer's time")
            if self.args.peak_limit and share is not None and share < self.args.peak_limit:
                bad.append(f"{row['name']}: {share:.0%} of the peak")
            if row["engines"]["accel"].get("failed") or row["engines"]["accel"].get("wrong"):
                bad.append(f"{row['name']}: no right answer of Accel")
        for line in bad:
            print(f"FAILED {line}")
        return 1 if bad else 0
