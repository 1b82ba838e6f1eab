# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tables of measured rows, as text and as Markdown, and the description of the machine."""

import os
import platform
import statistics

import stats
from engines import ENGINES, STATIC

NOISY = 0.1  # a spread beyond this is marked
SHORT = 5e4  # ns; of shorter runs the call itself is a part that no kernel can make good
FARTHEST = 5


class Table:
    """Rows of cells under a header; the first column is text, the rest numbers."""

    def __init__(self, *header):
        self.header, self.rows = header, []

    def add(self, *cells):
        self.rows.append([str(c) if c is not None else "" for c in cells])

    def widths(self):
        return [max(len(row[i]) for row in [self.header, *self.rows]) for i in range(len(self.header))]

    def lines(self):
        widths = self.widths()
        for row in [self.header, *self.rows]:
            cells = [c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))]
            yield "  ".join(cells).rstrip()

    def text(self):
        return "\n".join(self.lines()) + "\n"

    def markdown(self):
        rows = [self.header, ["---"] + ["---:"] * (len(self.header) - 1), *self.rows]
        return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def duration(ns):
    if ns is None:
        return None
    for limit, scale, unit in ((1e3, 1, "ns"), (1e6, 1e3, "us"), (1e9, 1e6, "ms")):
        if ns < limit:
            return f"{digits(ns / scale)} {unit}"
    return f"{digits(ns / 1e9)} s"


def digits(value):
    """Three significant ones."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def megabytes(count):
    return None if count is None else f"{digits(max(count, 0) / 1e6)}"


def percent(value):
    return None if value is None else f"{value:.0%}"


def times_ratio(value):
    return None if value is None else f"{value:.2f}"


def time_cell(row, engine):
    """An engine's time, or one word for why there is none."""
    figures = row["engines"].get(engine)
    if figures is None:
        return "-"
    if figures.get("failed"):
        return "fails"
    if figures.get("wrong"):
        return "wrong"
    mark = "~" if stats.spread(row, engine) > NOISY else ""
    return mark + duration(figures["ns"]) if "ns" in figures else "-"


def rate_cell(row):
    rate = stats.rate(row)
    if rate is None:
        return None
    unit = "GB/s" if rate[0] == "bytes" else "GFLOP/s"
    return f"{'about ' if row['estimated'] else ''}{digits(rate[1])} {unit}"


def compared(row):
    """Whether Accel has a right answer to be compared with."""
    return stats.time_of(row, "accel") is not None


def times(rows, peers):
    """What a run takes, beside the peers and beside the machine's peak."""
    header = ["model", "Accel", *(ENGINES[p].label for p in peers)]
    table = Table(*header, *(f"{ENGINES[p].label} / Accel" for p in peers), "rate", "of the peak")
    for row in filter(compared, rows):
        cells = [time_cell(row, e) for e in ("accel", *peers)]
        ratios = [times_ratio(stats.ratio(row, p)) for p in peers]
        table.add(row["name"], *cells, *ratios, rate_cell(row), percent(stats.share(row)))
    return table


def costs(rows, peers):
    """What it takes to get there; a cell holds one number for each engine."""
    names = ["accel", *peers]
    columns = {
        "compile s": lambda f: digits(f["prepare_s"]) if f.get("prepare_s") else None,
        "load ms": lambda f: digits(1e3 * f["load_s"]) if "load_s" in f else None,
        "peak memory MB": lambda f: megabytes(f.get("memory")),
        "file MB": lambda f: megabytes(f.get("file_bytes")),
    }
    table = Table("model", *columns)
    for row in filter(compared, rows):
        figures = [row["engines"].get(name, {}) for name in names]
        table.add(row["name"], *(" / ".join(cell(f) or "-" for f in figures) for cell in columns.values()))
    return table


def summary(rows, peers):
    table = Table("Accel against", "models", "geometric mean", "worst", "best", "Accel is faster on")
    for peer, count, mean, worst, best, won in stats.summary(rows, peers):
        name = ENGINES[peer].label if peer else "the fastest of them"
        extreme = lambda pair: f"{pair[0]:.2f} ({pair[1]})"
        table.add(name, count, f"{mean:.2f}", extreme(worst), extreme(best), won)
    return table


def farthest(rows):
    """The rows that come least near to what the machine can do, of those that a call's own cost does not decide."""
    known = [row for row in rows if stats.share(row) is not None and stats.time_of(row, "accel") >= SHORT]
    table = Table("farthest from the limit", "Accel", "the limit", "of the peak", "limited by")
    for row in sorted(known, key=stats.share)[:FARTHEST]:
        work, least = stats.bound(row)
        what = "multiply-adds" if work == "flops" else "bytes"
        table.add(row["name"], time_cell(row, "accel"), duration(least), percent(stats.share(row)), what)
    return table


def against_static(rows):
    """What a run takes beside the same model compiled for its size alone."""
    table = Table("model", ENGINES[STATIC].label, "Accel", "ratio")
    for row in filter(compared, rows):
        cells = [time_cell(row, name) for name in (STATIC, "accel")]
        table.add(row["name"], *cells, times_ratio(stats.slowdown(row, STATIC)))
    return table


def slowdowns(rows):
    """One line over all rows of `against_static`, if there are any."""
    found = [(slower, row["name"]) for row in rows if (slower := stats.slowdown(row, STATIC))]
    if found:
        most, name = max(found)
        mean = stats.geomean(slower for slower, _ in found)
        yield f"models: {len(found)}; ratio: {mean:.2f} in the geometric mean, {most:.2f} at most ({name})"


def left_out(rows):
    """A line for each answer that is missing or wrong, and for what the compiler warned of."""
    lines = []
    for row in rows:
        for name, figures in row["engines"].items():
            for what in ("failed", "wrong"):
                if figures.get(what):
                    verb = "fails" if what == "failed" else "is wrong"
                    line = f"{row['name']}: {ENGINES[name].label} {verb}: {figures[what]}"
                    lines += [line] if line not in lines else []
        for note in row["notes"]:
            line = f"{row['name']}: {note}"
            lines += [line] if line not in lines else []
    return lines


def machine(names):
    """[(what, value)] of the machine and of the engines."""
    facts, flags = {}, set()
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                key, _, value = line.partition(":")
                facts.setdefault(key.strip(), value.strip())
        flags = set(facts.get("flags", "").split())
    except OSError:
        pass
    wanted = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "avx_vnni", "amx_tile")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return [
        ("processor", facts.get("model name", platform.machine())),
        ("CPUs", str(os.cpu_count())),
        ("vectors", " ".join(flag for flag in wanted if flag in flags) or "unknown"),
        ("memory", f"{memory / 2**30:.0f} GiB"),
        ("system", f"{platform.system()} {platform.release().split('-')[0]}"),
        ("load before", f"{os.getloadavg()[0]:.1f}"),
        *((ENGINES[n].label, ENGINES[n].version()) for n in names),
    ]


def peaks(rows):
    """thread count -> the rate of multiply-adds measured beside the rows, in GFLOP/s, and how it varied."""
    found = {}
    for row in rows:
        if "fma" in row["peaks"]:
            found.setdefault(row["threads"], []).append(row["peaks"]["fma"])
    return {threads: (min(rates), max(rates)) for threads, rates in sorted(found.items())}


def others(rows):
    """How many CPUs other programs used while the rows were measured: (median, most)."""
    used = [row["others"] for row in rows if row.get("others") is not None]
    return (statistics.median(used), max(used)) if used else None


def splice(document, name, text):
    """The document with what stands between the markers of that name replaced."""
    begin, end = f"<!-- begin: {name} -->\n", f"<!-- end: {name} -->"
    head, found_begin, rest = document.partition(begin)
    _, found_end, tail = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"the document has no lines '{begin.strip()}' and '{end}'")
    return head + begin + "\n" + text.strip() + "\n\n" + end + tail
