# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""accel.compile and the backend interface, with a stand-in for the compiler that records how it is called."""
import json
import os
import shutil
import sys

import numpy as np
import pytest

import accel
import accel.backend
from accel import _compile

# Writes its arguments and the model it was given beside itself, then copies a library to the output.
COMPILER = """#!{python}
import json, os, shutil, signal, sys
here = os.path.dirname(os.path.abspath(__file__))
model = open(sys.argv[1], "rb").read()
json.dump([sys.argv[2:], model.decode("latin-1")], open(here + "/called.json", "w"))
if model == b"bad":
    sys.exit("accel-compile: error: node 'Conv_1': expected a tensor")
if model == b"crash":
    os.kill(os.getpid(), signal.SIGSEGV)
if model == b"odd":
    print("warning: odd", file=sys.stderr)
shutil.copy({library!r}, sys.argv[sys.argv.index("-o") + 1])
"""


@pytest.fixture
def called(scale, tmp_path, monkeypatch):
    """What the stand-in was called with: (flags, the model's bytes)."""
    path = tmp_path / "accel-compile"
    path.write_text(COMPILER.format(python=sys.executable, library=scale))
    path.chmod(0o755)
    monkeypatch.setenv("ACCEL_COMPILE", str(path))
    return lambda: json.loads((tmp_path / "called.json").read_text())


def run(session):
    return session.run(["y"], {"x": np.ones((1, 4), np.float32), "k": np.array(3, np.float32)})[0].tolist()


def test_options_become_flags(called, tmp_path):
    model = tmp_path / "m.onnx"
    model.write_bytes(b"model")
    output = str(tmp_path / "m.so")
    options = dict(shape={"x": [1, 3], "s": []}, dim={"batch": 4, "seq": (1, 32)}, opt_level=2, cpu="native", verify_each=True, unused=None, define=["a", "b"])
    assert accel.compile(model, output, flags=["-v"], **options) == output
    words = "--shape x=1x3 --shape s= --dim batch=4 --dim seq=1..32 -O2 --cpu=native --verify-each --define=a --define=b -v"
    assert called()[0] == ["-o", output, *words.split()]
    assert run(accel.InferenceSession(output)) == [[3, 3, 3, 3]]


def test_models_that_are_no_files(called):
    import onnx

    path = accel.compile(b"bytes")
    assert called()[1] == "bytes" and path.endswith(".so") and os.path.exists(path)
    proto = onnx.helper.make_model(onnx.helper.make_graph([], "g", [], []))
    assert accel.compile(proto) != path
    assert called()[1].encode("latin-1") == proto.SerializeToString()
    with pytest.raises(TypeError, match="expected a path, bytes or an onnx.ModelProto, found int"):
        accel.compile(3)
    with pytest.raises(accel.NoSuchFile, match="cannot open the model 'none.onnx'"):
        accel.compile("none.onnx")


def test_errors_are_the_compilers(called):
    with pytest.raises(accel.CompileError, match="^accel-compile: error: node 'Conv_1': expected a tensor$") as error:
        accel.compile(b"bad")
    assert error.value.returncode == 1 and error.value.command[2] == "-o"
    with pytest.raises(accel.CompileError, match="was ended by SIGSEGV; to see it again: .*accel-compile"):
        accel.compile(b"crash")
    with pytest.warns(UserWarning, match="warning: odd"):
        accel.compile(b"odd")


def test_a_session_compiles_its_model(called, tmp_path):
    model = tmp_path / "net.onnx"
    model.write_bytes(b"net")
    options = accel.SessionOptions()
    options.compile_options = {"dim": {"batch": 1}}
    session = accel.InferenceSession(model, options)
    assert called()[0][2:] == ["--dim", "batch=1"] and os.path.basename(called()[0][1]) == "net.so"
    assert not os.path.exists(called()[0][1])
    assert run(session) == run(accel.InferenceSession(b"net")) == [[3, 3, 3, 3]]


def test_finds_the_compiler(called, tmp_path, monkeypatch):
    assert _compile.compiler() == str(tmp_path / "accel-compile")
    monkeypatch.setenv("ACCEL_COMPILE", str(tmp_path / "none"))
    with pytest.raises(accel.NoSuchFile, match="ACCEL_COMPILE is '.*none', which is no program"):
        _compile.compiler()
    monkeypatch.delenv("ACCEL_COMPILE")
    for package, programs in (("python/accel", "bin"), ("lib/accel/python/accel", "bin"), ("accel", "accel/bin")):
        tree = tmp_path / "build"
        (tree / package).mkdir(parents=True)
        (tree / programs).mkdir()
        shutil.copy(tmp_path / "accel-compile", tree / programs / "accel-compile")
        monkeypatch.setattr(_compile, "__file__", str(tree / package / "_compile.py"))
        assert _compile.compiler() == str(tree / programs / "accel-compile")
        shutil.rmtree(tree)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _compile.compiler() == str(tmp_path / "accel-compile")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(accel.NoSuchFile, match="cannot find accel-compile"):
        _compile.compiler()


def test_backend(called):
    assert accel.backend.supports_device("CPU") and accel.backend.supports_device("CPU:0") and not accel.backend.supports_device("CUDA")
    x, k = np.ones((2, 4), np.float32), np.array(2, np.float32)
    outputs = accel.backend.run_model(b"model", [x, k])
    assert outputs.y.tolist() == (x * 2).tolist() and outputs[1].tolist() == [8, 8]
    assert accel.backend.prepare(b"model", "CPU", opt_level=1).run({"x": x, "k": k}).sum.tolist() == [8, 8]
    assert "-O1" in called()[0]
    with pytest.raises(ValueError, match="expected 2 inputs, found 1"):
        accel.backend.prepare(b"model").run([x])
    with pytest.raises(ValueError, match="device 'CUDA' is not supported"):
        accel.backend.prepare(b"model", "CUDA")
    assert accel.backend.is_compatible(b"model") and not accel.backend.is_compatible(b"bad")
