# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What follows from the measured rows: rates, shares of the peak, ratios and their means."""

import math
import statistics


def time_of(row, engine):
    """Nanoseconds of a right answer, or None."""
    figures = row["engines"].get(engine, {})
    return None if figures.get("failed") or figures.get("wrong") else figures.get("ns")


def ratio(row, peer):
    """How many times as long as Accel a peer takes; None unless both answer, and rightly."""
    ours, theirs = time_of(row, "accel"), time_of(row, peer)
    return theirs / ours if ours and theirs else None


def slowdown(row, peer):
    """The other way round: how many times a peer's time Accel takes."""
    return 1 / faster if (faster := ratio(row, peer)) else None


def best_ratio(row, peers):
    """The same for whichever peer is the fastest."""
    return min(filter(None, (ratio(row, peer) for peer in peers)), default=None)


def spread(row, engine):
    """Half of an engine's rounds lie within this part of its median: how noisy the machine was."""
    times = row["engines"][engine].get("times_ns", [])
    if len(times) < 4:
        return 0.0
    low, middle, high = statistics.quantiles(times, n=4)
    return (high - low) / middle


def bound(row):
    """What limits a row: ('flops' or 'bytes', the least ns that it takes). None where nothing is known of its work.

    It is the one of the two that takes the machine longer at its best: the roofline model.
    """
    found = []
    for work, peak in (("flops", "fma"), ("bytes", "copy")):
        if row[work] and row["peaks"].get(peak):
            found.append((row[work] / row["peaks"][peak], work))
    return max(found)[::-1] if found else None


def share(row, engine="accel"):
    """How near an engine comes to the least time."""
    limit, time = bound(row), time_of(row, engine)
    return limit[1] / time if limit and time else None


def rate(row, engine="accel"):
    """('flops' or 'bytes', how many an engine does in a nanosecond: G a second), by what limits the row."""
    time = time_of(row, engine)
    work = limit[0] if (limit := bound(row)) else "flops" if row["flops"] else "bytes"
    return (work, row[work] / time) if time and row[work] else None


def geomean(values):
    values = list(values)
    return math.exp(statistics.fmean(map(math.log, values))) if values else None


def summary(rows, peers):
    """[(peer, or None for the fastest of them; count; mean; (worst ratio, name); (best ratio, name); won)]"""
    found = []
    for peer in [*peers, *([None] if len(peers) > 1 else [])]:
        of = lambda row: ratio(row, peer) if peer else best_ratio(row, peers)
        ratios = [(r, row["name"]) for row in rows if row["mean"] and (r := of(row))]
        if ratios:
            won = sum(r > 1 for r, _ in ratios)
            found.append((peer, len(ratios), geomean(r for r, _ in ratios), min(ratios), max(ratios), won))
    return found
