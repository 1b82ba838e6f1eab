# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""accel.compare: every value beside ONNX Runtime's, and the first that differs."""
import os
import sys

import numpy as np
import pytest

import accel
from accel import _compile, compare
from accel._difference import measure

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
parser = pytest.importorskip("onnx.parser")

F32 = np.dtype(np.float32)

# A chain with a branch, a loop, integers and halves; 'scale' is what tests make wrong. The file's order is not that
# of the values: 'late' comes first.
TEXT = """
<ir_version: 8, opset_import: ["" : 17]>
model (float[n, 8] x, bool c, int64[3] k) => (float[n, 8] y, int64[3] z, float16[n, 8] h) <float scale = {2}, int64 two = {2}> {
  [late] y = Softmax(q)
  [first] a = Tanh(x)
  [scaled] s = Mul(a, scale)
  [branch] q = If (c) <then_branch = yes () => (float[n, 8] t) { t = Neg(s) }, else_branch = no () => (float[n, 8] e) { e = Abs(s) }>
  [times] z = Mul(k, two)
  [half] f = Cast <to = 10> (s)
  [sine] h = Neg(f)
}
"""


def save(folder, text, **values):
    model = parser.parse_model(text)
    for tensor in model.graph.initializer:
        if tensor.name in values:
            tensor.CopyFrom(onnx.numpy_helper.from_array(np.array(values[tensor.name], onnx.numpy_helper.to_array(tensor).dtype), tensor.name))
    path = os.path.join(folder, "model.onnx")
    onnx.save(model, path)
    return path


@pytest.fixture
def model(compiler, tmp_path):
    return save(tmp_path, TEXT)


@pytest.fixture
def wrong(monkeypatch, tmp_path):
    """wrong(name=value): what is compiled has another initializer than the file that is compared."""

    def change(**values):
        (tmp_path / "wrong").mkdir(exist_ok=True)
        other = save(tmp_path / "wrong", TEXT, **values)
        right = _compile.compile
        monkeypatch.setattr(_compile, "compile", lambda path, *rest, **options: right(other, *rest, **options))

    return change


def test_a_right_model_agrees(model, capsys):
    rows = compare.compare(model, dims={"n": 3}, opt_level=3)
    assert [row.value for row in rows] == ["a", "s", "q", "y", "z", "f", "h"]
    assert [(row.node, row.op, row.is_output) for row in rows][2:4] == [("branch", "If", False), ("late", "Softmax", True)]
    assert all(row.ok for row in rows) and rows[0].type == "float32[3x8]"
    assert compare.main([model, "--dim", "n=2", "--seed=5"]) == 0
    text = capsys.readouterr().out
    assert "all 7 values agree; the largest error is" in text and "late" in text


def test_the_first_that_differs_is_named(model, wrong, capsys):
    wrong(scale=2.001)
    rows = compare.compare(model, dims={"n": 3}, relative=1e-5)
    assert {row.value: row.ok for row in rows} == dict(a=True, s=False, q=False, y=False, z=True, f=False, h=False)
    assert rows[1].difference.relative == pytest.approx(5e-4, rel=0.01)
    assert compare.main([model, "--wrong-only", "--rtol=1e-5"]) == 2
    text = capsys.readouterr().out
    assert "the first that differs is node 'scaled' (Mul), value 's'; what it reads agrees\n5 of 7 values differ, and 2 of 3 outputs" in text
    assert "first " not in text.replace("the first that", "")


def test_integers_are_compared_exactly(model, wrong):
    wrong(two=3)
    rows = {row.value: row for row in compare.compare(model, {"x": np.ones((1, 8), np.float32), "c": np.array(True), "k": np.array([0, 5, 0])})}
    assert [name for name, row in rows.items() if not row.ok] == ["z"]
    assert (rows["z"].difference.where, rows["z"].difference.got, rows["z"].difference.expected) == ([1], 15, 10)


def test_parts_give_the_same_rows(model, monkeypatch):
    sessions = []
    whole = compare.InferenceSession
    monkeypatch.setattr(compare, "InferenceSession", lambda path: sessions.append(path) or whole(path))
    once = compare.compare(model, dims={"n": 300})
    assert len(sessions) == 1
    parts = compare.compare(model, dims={"n": 300}, megabytes=0.15)
    assert len(sessions) > 4
    assert [row.value for row in once] == [row.value for row in parts]
    assert [row.difference.got for row in once] == [row.difference.got for row in parts]


def test_steps_of_quantization_are_allowed(compiler, tmp_path):
    path = save(
        tmp_path,
        """
    <ir_version: 8, opset_import: ["" : 17]>
    q (float[64, 64] x) => (float[64, 64] y) <float s = {0.02}, int8 o = {0}> {
      m = MatMul(x, x) t = Tanh(m) u = QuantizeLinear(t, s, o) v = DequantizeLinear(u, s, o) y = Mul(v, v)
    }""",
    )
    assert compare.main([path]) == 0


def test_inputs_come_from_a_file(model, tmp_path, capsys):
    feeds = {"x": np.ones((2, 8), np.float32), "c": np.array(False), "k": np.arange(3)}
    np.savez(tmp_path / "named.npz", **feeds)
    np.savez(tmp_path / "placed.npz", *feeds.values())
    (tmp_path / "folder").mkdir()
    for i, value in enumerate(feeds.values()):
        np.save(tmp_path / "folder" / f"{i}.npy", value)
    for name in ("named.npz", "placed.npz", "folder"):
        assert compare.main([model, "--inputs", str(tmp_path / name)]) == 0
        assert "float32[2x8]" in capsys.readouterr().out
    del feeds["k"]
    np.savez(tmp_path / "fewer.npz", **feeds)
    assert compare.main([model, "--inputs", str(tmp_path / "fewer.npz")]) == 1
    assert "has no array 'k'; it has ['x', 'c']" in capsys.readouterr().err
    assert compare.main([model, "--inputs", str(tmp_path / "none.npz")]) == 1
    assert "cannot read the inputs" in capsys.readouterr().err
    whole = (tmp_path / "named.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.npz").write_bytes(b"")
    damaged = bytearray(whole)
    damaged[whole.index(b"NUMPY")] ^= 1
    (tmp_path / "damaged.npz").write_bytes(damaged)
    for name in ("cut.npz", "empty.npz", "damaged.npz", "folder/0.npy"):
        assert compare.main([model, "--inputs", str(tmp_path / name)]) == 1
        text = capsys.readouterr().err
        assert f"cannot read the inputs '{tmp_path / name}': " in text and "expected a file of numpy.savez" in text


def test_names_are_shown_on_one_line(compiler, tmp_path, capsys):
    path = save(tmp_path, '<ir_version: 8, opset_import: ["" : 17]> g (float[3] x) => (float[3] y) { y = Neg(x) }')
    proto = onnx.load(path)
    proto.graph.node[0].name = "a\x1b[2Jb\nc\u202e\u00e9"
    onnx.save(proto, path)
    assert compare.main([path]) == 0
    text = capsys.readouterr().out
    assert text.count("a\\x1b[2Jb\\nc\\u202e\u00e9") == 2 and "\x1b" not in text and "\u202e" not in text


@pytest.mark.parametrize(
    "words, message",
    [
        (["none.onnx"], "cannot open the model 'none.onnx': no such file"),
        (["{}", "--dim", "n"], "--dim 'n': expected name=value"),
        (["{}", "--dim", "n=two"], "--dim: 'two' is no shape"),
        (["{}", "--shape", "x=1x-2"], "--shape: '1x-2' is no shape, expected sizes as in 1x3x224x224"),
        (["{}", "--dim", "m=2"], "the model has no dim and no input 'm'; its dims are ['n']"),
        (["{}", "--memory", "0"], "--memory 0: expected megabytes, more than 0"),
        (["{}", "--compile=-O9"], "-O9: expected -O0, -O1, -O2 or -O3"),
        ([__file__], "as an ONNX model"),
    ],
)
def test_mistakes_are_told(model, words, message, capsys):
    assert compare.main([word.format(model) for word in words]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_missing_packages_are_named(model, package, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, package, None)
    assert compare.main([model]) == 1
    assert f"needs the package {package}, which is not installed: pip install {package}" in capsys.readouterr().err


def test_what_the_reference_cannot_run(compiler, tmp_path, capsys):
    path = save(tmp_path, '<ir_version: 8, opset_import: ["" : 17]> g (float[3] x, int64[2] i) => (float[2] y) { y = Gather(x, i) }')
    assert compare.main([path, "--seed=1"]) == 1
    text = capsys.readouterr().err
    assert "cannot run" in text or "expected" in text
    assert "The inputs are random: give sizes with --dim or --shape, or give --inputs." in text
    np.savez(tmp_path / "in.npz", x=np.ones(3, np.float32), i=np.array([7, 8]))
    assert compare.main([path, "--inputs", str(tmp_path / "in.npz")]) == 1
    assert "The inputs are random" not in capsys.readouterr().err


def difference(got, expected, dtype=F32, **options):
    return measure(np.array(got, dtype), np.array(expected, dtype), np.dtype(dtype), **options)


def test_floats_may_be_off_by_what_fits_their_type():
    assert difference([1, 2], [1.0005, 2]).ok and not difference([1, 2], [1.01, 2]).ok
    assert difference([1, 2], [1.01, 2], np.float16).ok and not difference([1, 2], [1.1, 2], np.float16).ok
    assert not difference([1, 2], [1.0005, 2], np.float64).ok
    # against the largest element: a sum's error is that of its largest terms
    assert difference([1e-9, 1], [2e-5, 1]).ok and not difference([1e-9, 1], [2e-3, 1]).ok
    assert difference([1, 2], [1.02, 2], quantized=True).ok
    assert not difference([1, 2], [1.02, 2], quantized=True, relative=1e-3).ok
    assert not difference([1, 2], [1.0005, 2], relative=1e-6).ok and difference([0.5, 0], [0, 0], absolute=1).ok


def test_the_error_shown_is_that_of_the_place():
    # The larger error is within what its element may be off by.
    found = difference([1000.5, 0.4], [1000, 0], relative=3e-4, absolute=0)
    assert found.wrong == 1 and found.where == [1] and found.absolute == pytest.approx(0.4)


def test_special_values_must_be_where_they_are_expected():
    nan, inf = np.nan, np.inf
    assert difference([nan, inf, -inf, 0.0], [nan, inf, -inf, -0.0]).ok
    for got, expected in ((nan, 1), (1, nan), (inf, 1), (1, inf), (inf, -inf)):
        found = difference([0, got], [0, expected])
        assert not found.ok and found.where == [1] and found.absolute == inf


def test_other_values_are_exact():
    assert not difference([2**62], [2**62 + 1], np.int64).ok and difference([2**62], [2**62], np.int64).ok
    assert not difference([True], [False], bool).ok
    assert not difference([3], [4], np.int8).ok and difference([3], [4], np.int8, quantized=True).ok
    assert not difference([30], [40], np.int8, quantized=True).ok
    assert difference(1, 1).ok and difference(np.zeros((0, 3)), np.zeros((0, 3))).ok
    assert difference(np.zeros((2, 3)), np.zeros((3, 2))).what == "shape [2, 3], expected [3, 2]"


def test_maps_are_compared_by_their_keys():
    rows = [{0: 1.0, 1: 2.0}]
    assert measure(rows, [{1: 2.0, 0: 1.0}], F32).ok
    assert not measure(rows, [{0: 1.0, 1: 3.0}], F32).ok
    assert measure(rows, [{0: 1.0, 2: 2.0}], F32).what == measure(rows, [], F32).what == "other maps than expected"
