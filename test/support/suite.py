# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs named cases in worker processes and reports them: failures with their reason, JUnit XML, and the counts.

A case that ends its process or takes too long fails alone; a fresh worker goes on with the next case. A case is a
function without arguments that returns None if it passed, or why not; it raises Skip(reason) if it cannot run here.
One that passed may return a Note, which is shown beside its name.
"""

import argparse
import contextlib
import faulthandler
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import threading
import time
import traceback
import xml.etree.ElementTree as ET
from dataclasses import dataclass


class Skip(Exception):
    """The case cannot run here; the message says why."""


class Note(str):
    """What a case that passed has to say."""


@dataclass
class Outcome:
    kind: str  # passed, failed, skipped
    why: str = ""
    seconds: float = 0.0


def evaluate(case):
    try:
        why = case()
        return Outcome("failed" if why and not isinstance(why, Note) else "passed", str(why or ""))
    except Skip as skip:
        return Outcome("skipped", str(skip))
    except Exception as error:  # the reason a user would see, then where it came from
        text = f"{type(error).__name__}: {error}".strip()
        place = traceback.extract_tb(error.__traceback__)[-1]
        return Outcome("failed", f"{text} ({os.path.basename(place.filename)}:{place.lineno})")


def serve(pipe, cases, stacks):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.register(signal.SIGUSR1, stacks, all_threads=True)
    for name in iter(pipe.recv, None):
        begin = time.monotonic()
        outcome = evaluate(cases[name])
        outcome.seconds = time.monotonic() - begin
        pipe.send(outcome)


class Worker:
    """One process that runs cases by name; replaced after it ends or stalls."""

    def __init__(self, cases):
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe()
        self.stacks = tempfile.TemporaryFile()
        self.process = context.Process(target=serve, args=(theirs, cases, self.stacks), daemon=True)
        self.process.start()
        theirs.close()

    def run(self, name, timeout):
        """The outcome, and whether the worker can go on."""
        try:
            self.pipe.send(name)
            if self.pipe.poll(timeout):
                return self.pipe.recv(), True
            where = self.where()
            self.stop(kill=True)
            return Outcome("failed", f"took more than {timeout} s; {where}", timeout), False
        except (EOFError, OSError):
            self.process.join()
            code = self.process.exitcode
            how = f"signal {signal.Signals(-code).name}" if code and code < 0 else f"status {code}"
            return Outcome("failed", f"ended its process with {how}"), False

    def where(self):
        """What a case that stalls is at: the innermost Python frames, what its threads wait for, what it has started."""
        with contextlib.suppress(OSError):
            os.kill(self.process.pid, signal.SIGUSR1)
        time.sleep(1)
        self.stacks.seek(0)
        frames = [line.strip() for line in self.stacks.read().decode(errors="replace").splitlines() if "File" in line]
        waits, started = [], []
        for process in (self.process.pid, *descendants(self.process.pid)):
            with contextlib.suppress(OSError):
                tasks = os.listdir(f"/proc/{process}/task")
                waits.append([open(f"/proc/{process}/task/{task}/wchan").read() for task in tasks])
                started.append(open(f"/proc/{process}/cmdline").read().replace("\0", " ").strip())
        return f"at {'; '.join(frames[:4])}; waits {waits}; started {started[1:]}"

    def stop(self, kill=False):
        if kill:
            for process in (self.process.pid, *descendants(self.process.pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        else:
            try:
                self.pipe.send(None)
            except OSError:
                pass
        self.process.join()


def descendants(ancestor):
    """The processes that it started, and those that they started: a compiler that hangs is not to outlive its case."""
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
            children.setdefault(int(file.read().rpartition(")")[2].split()[1]), []).append(int(name))
    found = [ancestor]
    for process in found:
        found += children.get(process, [])
    return found[1:]


def run_cases(cases, jobs, timeout, tell):
    """name -> Outcome; tell(name, outcome) is called as each ends."""
    todo, outcomes, lock, spawn = iter(list(cases)), {}, threading.Lock(), threading.Lock()

    def drive():
        worker = None
        while True:
            with lock:
                name = next(todo, None)
            if name is None:
                break
            if worker is None:
                with spawn:
                    worker = Worker(cases)
            outcome, alive = worker.run(name, timeout)
            if not alive:
                worker = None
            with lock:
                outcomes[name] = outcome
                tell(name, outcome)
        if worker:
            worker.stop()

    threads = [threading.Thread(target=drive) for _ in range(max(1, min(jobs, len(cases))))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def write_junit(path, suite, outcomes):
    root = ET.Element("testsuite", name=suite, tests=str(len(outcomes)))
    for name, outcome in outcomes.items():
        case = ET.SubElement(root, "testcase", classname=suite, name=name, time=f"{outcome.seconds:.3f}")
        if outcome.kind != "passed":
            mark = "failure" if outcome.kind == "failed" else "skipped"
            ET.SubElement(case, mark, message=printable(outcome.why))
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def printable(text):
    """XML 1.0 and terminals have no place for control characters."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def parser(doc):
    """The options that every suite has."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    made.add_argument(
        "--build", default=os.path.join(root, "build"), help="the build tree: bin/accel-compile and python/accel"
    )
    made.add_argument("--jobs", type=int, default=os.cpu_count(), help="cases at a time")
    made.add_argument("--only", default="", help="run only cases whose name holds one of these, separated by commas")
    made.add_argument("--junit", help="write the results to this file")
    made.add_argument("--all", action="store_true", help="the long parts too")
    made.add_argument("--timeout", type=float, default=120, help="seconds for a case")
    made.add_argument("-v", "--verbose", action="store_true", help="a line for each case")
    return made


def parse(made):
    """The options of the command line; the tools and the Python package are then those of --build."""
    args = made.parse_args()
    build = os.path.abspath(args.build)
    sys.path.insert(0, os.path.join(build, "python"))
    os.environ["PATH"] = os.pathsep.join([os.path.join(build, "bin"), os.environ["PATH"]])
    return args


def chosen(names, only):
    wanted = [w for w in only.split(",") if w]
    return [n for n in names if not wanted or any(w in n for w in wanted)]


def run(suite, cases, args, skipped=None, promised=True):
    """Runs the cases that --only chooses, reports, and returns name -> Outcome (skipped ones included).

    What is not promised to pass is neither listed as failed nor written to --junit.
    """
    begin, done = time.monotonic(), [0]
    cases = {name: cases[name] for name in chosen(cases, args.only)}
    live = sys.stdout.isatty() and not args.verbose

    def tell(name, outcome):
        done[0] += 1
        if live:
            print(f"\r\033[K{done[0]}/{len(cases)} {name[:60]}", end="", flush=True)
        if (promised and outcome.kind == "failed") or args.verbose:
            why = f": {printable(outcome.why)}" if outcome.why else ""
            print(f"{chr(13) + chr(27) + '[K' if live else ''}{outcome.kind.upper():<7} {name}{why}", flush=True)

    outcomes = run_cases(cases, args.jobs, args.timeout, tell)
    outcomes = {name: outcomes[name] for name in cases}
    outcomes |= {
        name: Outcome("skipped", why) for name, why in (skipped or {}).items() if name in chosen([name], args.only)
    }
    if live:
        print("\r\033[K", end="")
    if args.junit and promised:
        write_junit(args.junit, suite, outcomes)
    summary(suite, outcomes, time.monotonic() - begin)
    return outcomes


def summary(suite, outcomes, seconds):
    reasons = {}
    for outcome in outcomes.values():
        if outcome.kind == "skipped":
            reasons[outcome.why] = reasons.get(outcome.why, 0) + 1
    for why, count in sorted(reasons.items(), key=lambda item: -item[1])[:12]:
        print(f"skipped {count}: {why}")
    count = lambda kind: sum(o.kind == kind for o in outcomes.values())
    print(
        f"{suite}: {count('passed')} passed, {count('failed')} failed, {count('skipped')} skipped in {seconds:.1f} s",
        flush=True,
    )


def finish(outcomes):
    sys.exit(any(outcome.kind == "failed" for outcome in outcomes.values()))
