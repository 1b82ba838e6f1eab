# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tables, and their place in a document."""

import pytest

import report


def figures(ns, **more):
    return {"ns": ns, "times_ns": [ns] * 5, "load_s": 0.02, "memory": 5_000_000, "prepare_s": 0.0, "file_bytes": 1_000_000} | more


def row(name="net", threads=1, others=0.0, **engines):
    return {
        "name": name,
        "threads": threads,
        "flops": 2e9,
        "estimated": False,
        "bytes": None,
        "mean": True,
        "peaks": {"fma": 200.0},
        "others": others,
        "notes": [],
        "engines": engines,
    }


ROW = row(accel=figures(20e6, prepare_s=1.25), ort=figures(30e6))


def test_duration():
    assert [report.duration(t) for t in (7.123, 999.6, 1234, 56_789, 1e6, 2.5e9, None)] == [
        "7.12 ns",
        "1000 ns",
        "1.23 us",
        "56.8 us",
        "1.00 ms",
        "2.50 s",
        None,
    ]


def test_table_as_text():
    table = report.Table("name", "n")
    table.add("a", 1)
    table.add("long", None)
    assert table.text() == "name  n\na     1\nlong\n"


def test_table_as_markdown():
    table = report.Table("name", "n")
    table.add("a", 1)
    assert table.markdown() == "| name | n |\n| --- | ---: |\n| a | 1 |\n"


def test_times():
    (cells,) = report.times([ROW], ["ort"]).rows
    assert cells == ["net", "20.0 ms", "30.0 ms", "1.50", "100 GFLOP/s", "50%"]


def test_times_without_a_right_answer():
    wrong = row("wrong", accel=figures(1.0, wrong="output 0"), ort=figures(2.0))
    peer = row("peer", accel=figures(20e6), ort={"failed": "no such op"})
    table = report.times([wrong, peer], ["ort"])
    assert [cells[:4] for cells in table.rows] == [["peer", "20.0 ms", "fails", ""]]


def test_noise_is_marked():
    noisy = row(accel=figures(20e6, times_ns=[10e6, 15e6, 20e6, 25e6, 30e6]))
    assert report.time_cell(noisy, "accel") == "~20.0 ms"


def test_costs():
    (cells,) = report.costs([ROW], ["ort"]).rows
    assert cells == ["net", "1.25 / -", "20.0 / 20.0", "5.00 / 5.00", "1.00 / 1.00"]


def test_summary():
    (cells,) = report.summary([ROW], ["ort"]).rows
    assert cells == ["ONNX Runtime", "1", "1.50", "1.50 (net)", "1.50 (net)", "1"]


def test_left_out_says_each_thing_once():
    bad = {"accel": figures(1.0, wrong="output 0: 1, expected 2"), "ort": {"failed": "no such op"}}
    lines = report.left_out([row(**bad), row(threads=2, **bad)])
    assert lines == ["net: Accel is wrong: output 0: 1, expected 2", "net: ONNX Runtime fails: no such op"]


def test_peaks_and_others():
    rows = [row(others=0.25, accel=figures(1.0)), row(threads=2, others=0.5, accel=figures(1.0))]
    assert report.peaks(rows) == {1: (200.0, 200.0), 2: (200.0, 200.0)}
    assert report.others(rows) == (0.375, 0.5)
    assert report.others([]) is None


def test_splice():
    document = "before\n<!-- begin: a -->\nold\n<!-- end: a -->\nafter <!-- begin: b -->"
    text = report.splice(document, "a", "new\n")
    assert text == "before\n<!-- begin: a -->\n\nnew\n\n<!-- end: a -->\nafter <!-- begin: b -->"
    assert report.splice(text, "a", "new") == text
    with pytest.raises(ValueError, match="begin: c"):
        report.splice(document, "c", "new")


def test_machine_names_its_processor():
    assert {"processor", "CPUs", "vectors", "memory"} <= dict(report.machine([])).keys()


def test_farthest():
    rows = [
        row("near", accel=figures(11e6)),
        row("far", accel=figures(200e6)),
        row("short", accel=figures(4e4)),
        row("bytes", accel=figures(100e6)) | {"bytes": 4e8, "peaks": {"fma": 200.0, "copy": 8.0}},
        row("unknown", accel=figures(50e6)) | {"flops": None},
    ]
    assert report.farthest(rows).rows == [
        ["far", "200 ms", "10.0 ms", "5%", "multiply-adds"],
        ["bytes", "100 ms", "50.0 ms", "50%", "bytes"],
        ["near", "11.0 ms", "10.0 ms", "91%", "multiply-adds"],
    ]


def test_against_static():
    rows = [row(accel=figures(30e6), static=figures(20e6)), row("other", accel=figures(5e6), static={"failed": "no"})]
    assert report.against_static(rows).rows == [["net", "20.0 ms", "30.0 ms", "1.50"], ["other", "fails", "5.00 ms", ""]]
    assert list(report.slowdowns(rows)) == ["models: 1; ratio: 1.50 in the geometric mean, 1.50 at most (net)"]
    assert not list(report.slowdowns(rows[1:]))
