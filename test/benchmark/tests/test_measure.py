# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Judging outputs, the worker with a real engine, and the program that measures the peak."""

import os
import sys
import types

import numpy as np
import onnx
import pytest

import catalogue
import engines
import measure
import peak
import turns
from builder import Builder


def test_judges_by_onnx_runtime():
    right, wrong = [np.ones(3, np.float32)], [np.full(3, 1.1, np.float32)]
    assert measure.judge({"accel": right, "ort": right}) == {}
    assert list(measure.judge({"accel": wrong, "ort": right, "iree": right})) == ["accel"]
    assert list(measure.judge({"accel": right, "iree": wrong})) == ["iree"]
    assert measure.judge({}) == {}


def test_quantized_models_may_round_elsewhere():
    outputs = {"ort": [np.ones(3, np.float32)], "accel": [np.full(3, 1.01, np.float32)]}
    assert list(measure.judge(outputs)) == ["accel"]
    assert measure.judge(outputs, loose=True) == {}


def test_first_line_is_the_reason_without_a_path():
    text = "note: x\n/some/where/model.onnx: error: node 'a' (Foo): op Foo is not supported\n1 error\n"
    assert engines.first_line(text) == "node 'a' (Foo): op Foo is not supported"
    assert engines.first_line("  \n only this\n") == "only this"
    assert engines.first_line("") == "no message"


@pytest.mark.parametrize("dtype, shape", [(np.float32, (3, 5)), (np.int8, (7,)), (np.float64, ()), (np.float32, (0, 4))])
def test_aligned(dtype, shape):
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    made = engines.aligned(array)
    assert made.dtype == array.dtype and made.shape == array.shape and np.array_equal(made, array)
    assert not array.size or made.ctypes.data % engines.ALIGNMENT == 0


def test_what_is_not_installed_is_told(monkeypatch):
    monkeypatch.setattr(engines.OpenVINO, "package", "no_such_package.at_all")
    assert engines.missing("openvino") == "not installed"


def test_file_bytes_counts_external_weights(tmp_path):
    b = Builder("test")
    b.output(b.node("MatMul", b.input("x", [1, 64]), b.weight(64, 64)))
    path = str(tmp_path / "model.onnx")
    onnx.save(b.model(), path, save_as_external_data=True, location="weights", size_threshold=0)
    assert measure.file_bytes(path) == os.path.getsize(path) + 64 * 64 * 4


@pytest.fixture
def case(tmp_path):
    b = Builder("test")
    b.output(b.node("MatMul", b.input("x", [2, 64]), b.weight(64, 64)))
    path = str(tmp_path / "model.onnx")
    onnx.save(b.model(), path)
    return measure.Case("test", path, {"x": np.ones((2, 64), np.float32)}, flops=2 * 2 * 64 * 64)


def test_measures_a_peer(case, monkeypatch):
    """ONNX Runtime in Accel's place: all but the compiler takes part."""
    pytest.importorskip("onnxruntime")
    prepared = {"ort": {"path": case.path, "seconds": 0.0, "bytes": 1, "said": []}}
    settings = turns.Settings(rounds=2, seconds=0.01)
    monkeypatch.setattr(measure, "MEASURED", "ort")
    row = measure.measure(case, prepared, 1, None, settings)
    figures = row["engines"]["ort"]
    assert figures["ns"] > 0 and len(figures["times_ns"]) >= 2
    assert figures["load_s"] > 0 and figures["memory"] > 0


def test_an_engine_that_cannot_load_fails_alone(case, tmp_path):
    pytest.importorskip("onnxruntime")
    broken = str(tmp_path / "broken.onnx")
    with open(broken, "wb") as file:
        file.write(b"nothing")
    prepared = {"ort": {"path": broken, "seconds": 0.0, "bytes": 1, "said": []}, "iree": {"failed": "no such op"}}
    row = measure.measure(case, prepared, 1, None, turns.Settings(rounds=1))
    assert "InvalidProtobuf" in row["engines"]["ort"]["failed"]
    assert row["engines"]["iree"] == {"failed": "no such op"}


def test_the_static_twin_is_told_the_shapes_that_the_file_leaves_open(case, tmp_path, monkeypatch):
    b = Builder("test")
    b.output(b.node("MatMul", b.input("x", ["rows", 64]), b.input("y", [64, 3])))
    given = {"x": np.ones((5, 64), np.float32), "y": np.ones((64, 3), np.float32)}
    case.open = catalogue.left_open(b.model(), given)
    assert case.open == {"x": (5, 64)} and catalogue.label("a/net.onnx", case.open) == "net 5x64"
    compiler = types.SimpleNamespace(compiler=lambda: "accel-compile")
    monkeypatch.setitem(sys.modules, "accel", types.SimpleNamespace(_compile=compiler))
    monkeypatch.setitem(sys.modules, "accel._compile", compiler)
    called = []
    monkeypatch.setattr(engines, "call", lambda words, timeout: called.append(words) or "")
    for engine in ("accel", engines.STATIC):
        engines.ENGINES[engine].prepare(case, str(tmp_path), 1)
    library = str(tmp_path / "model.so")
    words = ["accel-compile", case.path, "-o", library]
    assert called == [words, [*words, "--shape=x=5x64"]]
    assert engines.STATIC not in engines.PEERS


def test_peak(tmp_path):
    binary = peak.build(str(tmp_path))
    if binary is None:
        pytest.skip("no C compiler")
    for threads in (1, 2):
        meter = peak.Meter(binary, threads)
        assert meter.ask("fma") > 0.1
        assert meter.ask("copy 10000") > 0.1
        assert meter.ask("copy 1") > 0
        meter.close()


def test_a_traceback_is_told_by_its_last_line():
    assert engines.first_line("Traceback (most recent call last):\n  File x\nValueError: no\n") == "ValueError: no"
