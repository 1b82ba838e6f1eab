# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Cases about whole models: results against ONNX Runtime, reference data, threads, reproducible files, --check."""

import functools
import glob
import gzip
import os
import subprocess
import tempfile
import time

import numpy as np
import onnx
from onnx import numpy_helper

import compare
import engine
import zoo
from suite import Skip

HERE = os.path.dirname(os.path.abspath(__file__))
NO_ZOO = "no model zoo ($ACCEL_ZOO, or ../shared beside the repository)"
# Results must have the same bits with all of them: even and odd, more than items of a small kernel and than CPUs.
THREADS = (2, 3, 7)


def manifest(long):
    """name -> sizes to try, or None for those that the zoo knows, from models.txt. long: those marked so, too."""
    found = {}
    with open(os.path.join(HERE, "models.txt")) as file:
        for line in file:
            name, *settings = line.partition("#")[0].split() or [""]
            if not name or ("long" in settings and not long):
                continue
            settings = [word for word in settings if word != "long"]
            found[name] = [
                {k: int(v) for k, v in (pair.split("=") for pair in word.split(","))} for word in settings
            ] or None
    return found


def zoo_path(name):
    return os.path.join(zoo.MODELS, f"{name}.onnx")


def compare_with_runtime(model, sizes, make_feeds=None, see=None, fallback=False, **tolerance):
    """model: a ModelProto or a path. One library serves all sizes, the first of them once more at the end.

    make_feeds(sizes): the inputs, if not any random values will do. see(got, want): told of results that agree.
    fallback: whether kernels may be plain loops. tolerance: for compare.difference.
    """
    if make_feeds is None:
        proto = onnx.load(model) if isinstance(model, str) else model
        make_feeds = lambda dims: engine.random_feeds(proto, dims)
    reference = engine.Reference(model)
    with engine.compiled(model, fallback=fallback) as open_session:
        session, *others = (open_session(threads) for threads in (1, *THREADS))
        for dims in [*sizes, sizes[0]]:
            feeds = make_feeds(dims)
            want, got = reference.run(feeds), session.run(None, feeds)
            if why := compare.differences(got, want, **tolerance):
                return f"{why}; sizes {dims}"
            if see:
                see(got, want)
            for threads, other in zip(THREADS, others):
                if not engine.same_bits(got, other.run(None, feeds)):
                    return f"{threads} threads give other bits than one; sizes {dims}"
    return None


def refused(model, dims, said):
    """Why a run of the compiled model with these dims does not fail with this message, or None."""
    import accel

    with engine.compiled(model) as open_session:
        try:
            open_session(1).run(None, engine.random_feeds(model, dims))
        except accel.Error as error:
            return None if said in str(error) else f"expected '{said}', got '{error}'"
    return f"expected an error: {said}"


def generated(make, sizes):
    return compare_with_runtime(make(), sizes)


def zoo_model(name, sizes):
    return zoo_against_runtime(name, sizes) or reference_data(name)


def zoo_against_runtime(name, sizes):
    path = zoo_path(name)
    if not os.path.exists(path):
        raise Skip(NO_ZOO if not zoo.is_there() else f"the model zoo has no {name}.onnx")
    path = zoo.prepared(path)
    model = onnx.load(path, load_external_data=False)
    # Rounding grows through the layers: engines differ by so much of the largest value, one from the other.
    return compare_with_runtime(
        path, sizes or zoo.sizes(path, model), functools.partial(zoo.feeds, model), scaled=1e-4
    )


def reference_data(name):
    """Inputs and outputs that were published with the model, where there are some."""
    folders = sorted(glob.glob(os.path.join(zoo.MODELS, "data", name, "test_data_set_*")))
    read = lambda path: numpy_helper.to_array(onnx.load_tensor(path))
    with engine.compiled(zoo_path(name)) as open_session:
        session = open_session(1)
        ports = session.get_inputs()
        for folder in folders:
            inputs = [read(path) for path in sorted(glob.glob(folder + "/input_*.pb"))]
            want = [read(path) for path in sorted(glob.glob(folder + "/output_*.pb"))]
            # Some data was published for another version of the model.
            if [array.ndim for array in inputs] != [len(port.shape) for port in ports] or not want:
                continue
            got = session.run(None, {port.name: array for port, array in zip(ports, inputs)})
            if why := compare.differences(got, want, rtol=1e-3):
                return f"{why}; published data of {os.path.basename(folder)}"
    return None


def mnist_images():
    """All 10,000 test images: the predictions of ONNX Runtime image for image, the same bits at one and two threads."""
    images_path = os.path.join(zoo.FOLDER, "data", "t10k-images-idx3-ubyte.gz")
    if not os.path.exists(images_path):
        raise Skip(NO_ZOO)
    with gzip.open(images_path) as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 1, 28, 28).astype(np.float32)
    with gzip.open(os.path.join(zoo.FOLDER, "data", "t10k-labels-idx1-ubyte.gz")) as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    path = zoo_path("mnist_cntk_v8")
    reference = engine.onnxruntime_session(path)
    name = reference.get_inputs()[0].name
    answers = lambda session: np.concatenate([session.run(None, {name: image})[0] for image in images])
    want = answers(reference)
    with engine.compiled(path) as open_session:
        got, two = answers(open_session(1)), answers(open_session(2))
    differing = int((got.argmax(1) != want.argmax(1)).sum())
    if differing:
        return f"{differing} of {len(images)} predictions differ from ONNX Runtime's"
    if got.tobytes() != two.tobytes():
        return "two threads give other bits than one"
    right = float((got.argmax(1) == labels).mean())
    return None if right > 0.98 else f"only {right:.2%} of the images are recognised"


def reproducible(make):
    """The same input gives the same file, bit for bit, wherever it lies."""
    import accel

    made = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            path, library = os.path.join(folder, "model.onnx"), os.path.join(folder, "model.so")
            onnx.save(make(), path)
            accel.compile(path, output=library)
            with open(library, "rb") as file:
                made.append(file.read())
    return None if made[0] == made[1] else "two compilations of one model differ"


def external_data(make, sizes):
    """Weights in a file beside the model give the results of weights inside it."""
    model = make()
    feeds = engine.random_feeds(model, sizes[0])
    want = engine.Reference(model).run(feeds)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        onnx.save_model(model, path, save_as_external_data=True, location="weights.bin", size_threshold=1024)
        with engine.compiled(path) as open_session:
            return compare.differences(open_session(1).run(None, feeds), want)


def checked(path):
    """--check says yes, or lists why not, without a crash and at once."""
    begin = time.monotonic()
    done = subprocess.run(
        ["accel-compile", "--check", path], capture_output=True, text=True, errors="replace", timeout=60
    )
    seconds = time.monotonic() - begin
    text = (done.stderr + done.stdout).strip()
    if done.returncode not in (0, 1):
        return f"status {done.returncode}: {text[-300:]}"
    if done.returncode == 1 and not text:
        return "refused without a word"
    return None if seconds < 5 else f"took {seconds:.1f} s"
