# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""InferenceSession.run: results, what it accepts and refuses, whose memory results are, threads, fork."""
import multiprocessing
import os
import shutil
import threading
import time

import numpy as np
import pytest

import accel


def expected(x, k):
    y = x * k
    return y, y.astype(np.float64).sum(1)


def check(session, x, k):
    y, total = session.run(None, {"x": x, "k": k})
    want_y, want_total = expected(np.asarray(x), k)
    np.testing.assert_array_equal(y, want_y)
    np.testing.assert_allclose(total, want_total, rtol=1e-5, atol=1e-5)
    return y, total


def test_describes_its_model(scale):
    session = accel.InferenceSession(scale)
    assert [(p.name, p.type, p.shape) for p in session.get_inputs()] == [("x", "tensor(float)", ["batch", 4]), ("k", "tensor(float)", [])]
    assert [(p.name, p.type, p.shape) for p in session.get_outputs()] == [("y", "tensor(float)", ["batch", 4]), ("sum", "tensor(float)", ["batch"])]
    meta = session.get_modelmeta()
    assert (meta.graph_name, meta.producer_name) == ("scale", "hand")
    assert session.get_providers() == ["CPUExecutionProvider"]


def test_runs_at_several_batches(scale, rng):
    session = accel.InferenceSession(scale)
    for batch in (3, 1, 0, 17, 3):
        y, total = check(session, rng.standard_normal((batch, 4), np.float32), np.float32(rng.standard_normal()))
        assert (y.shape, total.shape, y.dtype) == ((batch, 4), (batch,), np.float32)


def test_output_names_choose_and_order(scale, rng):
    session = accel.InferenceSession(scale)
    x, k = rng.standard_normal((2, 4), np.float32), np.float32(3)
    total, y = session.run(["sum", "y"], {"x": x, "k": k})
    assert total.shape == (2,) and y.shape == (2, 4)
    assert session.run([], {"x": x, "k": k}) == []
    with pytest.raises(accel.InvalidArgument, match=r"unknown output 'z'; the model has \['y', 'sum'\]"):
        session.run(["z"], {"x": x, "k": k})


def test_results_are_the_callers(scale, rng):
    session = accel.InferenceSession(scale)
    x = rng.standard_normal((5, 4), np.float32)
    first = check(session, x, np.float32(2))
    kept = [a.copy() for a in first]
    check(session, x, np.float32(-7))
    for array, copy in zip(first, kept):
        np.testing.assert_array_equal(array, copy)
        assert array.flags.writeable
    del session
    np.testing.assert_array_equal(first[0], kept[0])


@pytest.mark.parametrize(
    "change",
    [
        lambda x: np.asfortranarray(x),
        lambda x: np.concatenate([x, x], 1)[:, ::2],
        lambda x: x[::-1],
        lambda x: misaligned(x),
        lambda x: x.astype(">f4"),
        lambda x: readonly(x),
        lambda x: x.tolist(),
        lambda x: x.view(Subclass),
    ],
    ids=["fortran", "strided", "reversed", "misaligned", "big-endian", "read-only", "list", "subclass"],
)
def test_inputs_in_any_layout(scale, rng, change):
    x = change(rng.standard_normal((6, 4), np.float32))
    check(accel.InferenceSession(scale), np.asarray(x, np.float32) if isinstance(x, list) else x, np.float32(1.5))
    got = accel.InferenceSession(scale).run(["y"], {"x": x, "k": np.array(1.5, np.float32)})[0]
    np.testing.assert_array_equal(got, np.asarray(x, np.float32) * np.float32(1.5))


class Subclass(np.ndarray):
    pass


def misaligned(x):
    memory = np.zeros(x.nbytes + 1, np.uint8)
    out = memory[1:].view(np.float32).reshape(x.shape)
    out[...] = x
    assert not out.flags.aligned
    return out


def readonly(x):
    x = x.copy()
    x.flags.writeable = False
    return x


@pytest.mark.parametrize(
    "feeds, message",
    [
        ({"x": np.ones((1, 4), np.float32)}, r"missing 'k'"),
        ({"X": np.ones((1, 4), np.float32), "k": np.float32(1)}, r"missing 'x'; unknown 'X'"),
        ({"x": np.ones((1, 4), np.float32), "k": np.float32(1), "kk": 1}, r"unknown 'kk'"),
        ({"x": np.ones((1, 4)), "k": np.float32(1)}, r"'x' is an array of float64, expected float32"),
        ({"x": np.ones((1, 5), np.float32), "k": np.float32(1)}, r"'x'.*dim 1 is 5, not 4"),
        ({"x": np.ones(4, np.float32), "k": np.float32(1)}, r"'x'.*rank 2, found rank 1"),
        ({"x": np.ones((1001, 4), np.float32), "k": np.float32(1)}, r"'x'.*'batch'.*1001"),
        ({"x": np.ones((1, 4), np.float32), "k": "one"}, r"'k' is a str of <U3"),
        ({"x": np.ones((1, 4), np.float32), "k": None}, r"'k' is a NoneType of object"),
    ],
)
def test_refuses_wrong_feeds(scale, feeds, message):
    session = accel.InferenceSession(scale)
    with pytest.raises(accel.InvalidArgument, match=message):
        session.run(None, feeds)
    assert issubclass(accel.InvalidArgument, ValueError)
    check(session, np.ones((1, 4), np.float32), np.float32(4))  # the session goes on


def test_sizes_that_only_the_run_knows(build, rng):
    session = accel.InferenceSession(build("positive"))
    assert session.get_outputs()[0].shape == [None]
    for size in (0, 1, 50, 7):
        x = rng.standard_normal(size, np.float32)
        y, count = session.run(None, {"x": x})
        np.testing.assert_array_equal(y, x[x > 0])
        assert count.shape == () and count == (x > 0).sum()
    with pytest.raises(accel.RunFailed, match="node 'Compress_0': element 1 is a NaN"):
        session.run(None, {"x": np.array([1, np.nan], np.float32)})


def test_threads_share_a_session(scale):
    session = accel.InferenceSession(scale)
    failures = []

    def work(seed):
        rng = np.random.default_rng(seed)
        try:
            for _ in range(200):
                check(session, rng.standard_normal((rng.integers(1, 9), 4), np.float32), np.float32(seed))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(session._idle) <= 8


def in_child(session, pipe):
    try:
        check(session, np.full((4, 4), 2, np.float32), np.float32(3))
        pipe.send("fine")
    except BaseException as error:
        pipe.send(repr(error))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_runs_after_fork(scale):
    session = accel.InferenceSession(scale)
    check(session, np.ones((900, 4), np.float32), np.float32(2))
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=in_child, args=(session, theirs))
    process.start()
    try:
        assert ours.poll(30), "the child does not answer"
        assert ours.recv() == "fine"
    finally:
        process.kill()
        process.join()
    check(session, np.ones((2, 4), np.float32), np.float32(2))


def test_a_path_written_anew_is_loaded_anew(build, tmp_path, rng):
    path = tmp_path / "model.so"
    shutil.copy(build("scale"), path)
    first = accel.InferenceSession(path)
    os.unlink(path)
    shutil.copy(build("positive"), path)
    second = accel.InferenceSession(str(path))
    assert [p.name for p in second.get_outputs()] == ["y", "count"]
    check(first, rng.standard_normal((2, 4), np.float32), np.float32(2))


def test_wrong_files(tmp_path, build):
    with pytest.raises(accel.NoSuchFile, match="cannot open the model '.*none.so'"):
        accel.InferenceSession(tmp_path / "none.so")
    assert issubclass(accel.NoSuchFile, FileNotFoundError)
    whole = open(build("scale"), "rb").read()
    for name, data, reason in (
        ("short.so", whole[:1000], "it is cut short"),
        ("shorter.so", whole[: len(whole) // 2], "it is cut short"),
        ("text.so", b"\x7fELF" + b"x" * 100, "it is no 64-bit little-endian ELF file"),
        ("empty.so", b"", "it is no ELF file"),
        ("arm.so", whole[:18] + b"\xb7\0" + whole[20:], "it is for aarch64"),
        ("object.so", whole[:16] + b"\x01\0" + whole[18:], "it is an object file"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(accel.InvalidModel, match=f"cannot load the model '.*{name}': {reason}"):
            accel.InferenceSession(tmp_path / name)
    with pytest.raises(accel.InvalidModel, match="is a folder"):
        accel.InferenceSession(tmp_path)
    other = tmp_path / "other.so"
    other.symlink_to(os.path.realpath(np._core._multiarray_umath.__file__))
    with pytest.raises(accel.InvalidModel, match="does not export 'accel_model'"):
        accel.InferenceSession(other)


def test_overhead_of_a_run(scale):
    """A small run costs at most 15 us over the model's own time (5 is usual)."""
    options = accel.SessionOptions()
    options.intra_op_num_threads = 1
    session = accel.InferenceSession(scale, options)
    feeds = {"x": np.ones((1, 4), np.float32), "k": np.array(2, np.float32)}
    best = min(timed(session, feeds) for _ in range(20))
    assert best < 15e-6, f"{best * 1e6:.1f} us"


def timed(session, feeds, count=200):
    begin = time.perf_counter()
    for _ in range(count):
        session.run(None, feeds)
    return (time.perf_counter() - begin) / count


def test_profile(scale, tmp_path):
    import json

    options = accel.SessionOptions()
    options.enable_profiling = True
    options.profile_file_prefix = str(tmp_path / "p_")
    session = accel.InferenceSession(scale, options)
    for _ in range(3):
        check(session, np.ones((5, 4), np.float32), np.float32(2))
    events = json.load(open(session.end_profiling()))["traceEvents"]
    kernels = [e for e in events if e["cat"] == "kernel"]
    assert len(kernels) == 3 and len(events) == 6
    assert {e["name"] for e in kernels} == {"Mul_0"}
    assert kernels[0]["args"]["nodes"] == ["Mul_0", "ReduceSum_1"] and kernels[0]["args"]["items"] == 5
    with pytest.raises(accel.Error, match="enable_profiling"):
        accel.InferenceSession(scale).end_profiling()
