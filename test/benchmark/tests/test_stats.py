# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ratios, means, rates and shares of made-up rows."""

import pytest

import stats


def row(name="m", flops=None, bytes=None, peaks=None, mean=True, **times):
    """times: engine -> ns, or a word that says why there is none."""
    engines = {e: {"ns": t} if isinstance(t, (int, float)) else {t: "reason", "ns": 1.0} for e, t in times.items()}
    return {"name": name, "flops": flops, "bytes": bytes, "peaks": peaks or {}, "mean": mean, "engines": engines}


def test_ratio():
    assert stats.ratio(row(accel=200.0, ort=300.0), "ort") == 1.5


@pytest.mark.parametrize("why", ["failed", "wrong"])
def test_a_wrong_or_missing_answer_has_no_ratio(why):
    assert stats.ratio(row(accel=200.0, ort=why), "ort") is None
    assert stats.ratio(row(accel=why, ort=300.0), "ort") is None
    assert stats.ratio(row(accel=200.0), "ort") is None


def test_slowdown():
    assert stats.slowdown(row(accel=300.0, static=200.0), "static") == 1.5
    assert stats.slowdown(row(accel=300.0, static="failed"), "static") is None


def test_best_ratio_is_that_of_the_fastest_peer():
    made = row(accel=200.0, ort=300.0, openvino=100.0, iree="wrong")
    assert stats.best_ratio(made, ["ort", "openvino", "iree"]) == 0.5
    assert stats.best_ratio(row(accel=200.0), ["ort"]) is None


def test_geomean():
    assert stats.geomean([0.5, 2.0]) == pytest.approx(1.0)
    assert stats.geomean([2.0, 2.0, 16.0]) == pytest.approx(4.0)
    assert stats.geomean([]) is None


def test_summary():
    rows = [
        row("a", accel=100.0, ort=50.0, openvino=200.0),
        row("b", accel=100.0, ort=200.0, openvino="failed"),
        row("c", accel="wrong", ort=1.0),
        row("call", mean=False, accel=1.0, ort=1000.0),
    ]
    ort, openvino, fastest = stats.summary(rows, ["ort", "openvino"])
    assert ort == ("ort", 2, pytest.approx(1.0), (0.5, "a"), (2.0, "b"), 1)
    assert openvino == ("openvino", 1, pytest.approx(2.0), (2.0, "a"), (2.0, "a"), 1)
    assert fastest == (None, 2, pytest.approx(1.0), (0.5, "a"), (2.0, "b"), 1)


def test_a_row_is_bound_by_what_takes_longer():
    peaks = {"fma": 100.0, "copy": 10.0}
    assert stats.bound(row(flops=1000, bytes=50, peaks=peaks)) == ("flops", 10.0)
    assert stats.bound(row(flops=1000, bytes=500, peaks=peaks)) == ("bytes", 50.0)
    assert stats.bound(row(flops=0, bytes=500, peaks=peaks)) == ("bytes", 50.0)
    assert stats.bound(row(flops=1000, peaks=peaks)) == ("flops", 10.0)
    assert stats.bound(row(flops=None, bytes=None, peaks=peaks)) is None
    assert stats.bound(row(flops=1000, bytes=500)) is None


def test_rate_and_share():
    made = row(flops=1000, bytes=50, peaks={"fma": 100.0, "copy": 10.0}, accel=40.0)
    assert stats.rate(made) == ("flops", 25.0)
    assert stats.share(made) == 0.25
    made = row(flops=1000, bytes=500, peaks={"fma": 100.0, "copy": 10.0}, accel=100.0)
    assert stats.rate(made) == ("bytes", 5.0)
    assert stats.share(made) == 0.5


def test_rate_without_a_peak():
    made = row(flops=1000, accel=40.0)
    assert stats.rate(made) == ("flops", 25.0)
    assert stats.share(made) is None


def test_spread():
    made = {"engines": {"accel": {"times_ns": [90.0, 100.0, 100.0, 100.0, 110.0]}, "ort": {"times_ns": [1.0, 9.0]}}}
    assert stats.spread(made, "accel") == pytest.approx(0.1)
    assert stats.spread(made, "ort") == 0.0  # too few to tell
