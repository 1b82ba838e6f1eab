# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is installed works at any place: cmake --install, then the prefix is moved and used as a stranger would.

The tools of the build tree are not on PATH here, and nothing that is installed may hold its path.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "test", "support"))

import suite

EXAMPLE = os.path.join(ROOT, "examples", "cmake")
CLEAN = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8", "ACCEL_KERNEL_CACHE": "off"}


def call(*command, cwd=None, **environment):
    """What a command prints; its failure is the case's."""
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env={**CLEAN, **environment}, stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: status {done.returncode}: {done.stdout[-2000:]}")
    return done.stdout


def expected():
    """The lines that the example prints, computed by NumPy in f64 from the weights in its model."""
    import numpy
    import onnx.numpy_helper

    model = onnx.load(os.path.join(WORK, "example", "classifier.onnx"))
    weights, bias = (onnx.numpy_helper.to_array(t).astype(float) for t in model.graph.initializer)
    logits = (numpy.arange(128) / 128).reshape(2, 64) @ weights + bias
    powers = numpy.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def differs(text):
    import numpy

    found = numpy.array([[float(word) for word in line.split()] for line in text.strip().splitlines()])
    if found.shape != (2, 10) or not numpy.allclose(found, expected(), atol=2e-5):
        return f"expected\n{expected().round(5)}\nfound\n{text}"


def install(args):
    """An installation that was moved, and the example beside it."""
    call("cmake", "--install", os.path.abspath(args.build), "--prefix", os.path.join(WORK, "first"))
    os.rename(os.path.join(WORK, "first"), PREFIX)
    shutil.copytree(EXAMPLE, os.path.join(WORK, "example"))
    call(sys.executable, "make_model.py", cwd=os.path.join(WORK, "example"))


def tool(name):
    return os.path.join(PREFIX, "bin", name)


def tools():
    for name in ("accel-compile", "accel-run", "accel-opt", "accel-lsp-server"):
        if name != "accel-lsp-server" or os.path.exists(tool(name)):
            call(tool(name), "--version")


def run_onnx():
    """accel-run finds the compiler beside it."""
    text = call(tool("accel-run"), "classifier.onnx", "--dim", "batch=2", cwd=os.path.join(WORK, "example"))
    return None if "scores" in text else f"no scores in: {text}"


def python():
    program = (
        "import accel, numpy\n"
        "session = accel.InferenceSession(accel.compile('classifier.onnx'))\n"
        "x = (numpy.arange(128) / 128).reshape(2, 64).astype('float32')\n"
        "for row in session.run(None, {'pixels': x})[0]: print(*row)\n"
    )
    package = os.path.join(PREFIX, "lib", "accel", "python")
    return differs(call(sys.executable, "-c", program, cwd=os.path.join(WORK, "example"), PYTHONPATH=package))


def configure(folder, *words, source="example"):
    return call("cmake", "-S", os.path.join(WORK, source), "-B", folder, f"-Daccel_ROOT={PREFIX}", *words)


def cmake(kind, generator):
    def case():
        if generator == "Ninja" and not shutil.which("ninja", path=CLEAN["PATH"]):
            raise suite.Skip("no ninja")
        folder = os.path.join(WORK, f"{generator}-{kind}")
        configure(folder, f"-DTYPE={kind}", "-G", generator)
        call("cmake", "--build", folder)
        if why := differs(call(os.path.join(folder, "classify"))):
            return why
        if "Compiling the model" in call("cmake", "--build", folder):
            return "the model is compiled again though nothing changed"
        ends = {"STATIC": "libclassifier.a", "SHARED": "libclassifier.so", "OBJECT": "classifier.o"}
        os.remove(os.path.join(folder, "accel", "classifier", ends[kind]))
        if "Compiling the model" not in call("cmake", "--build", folder):
            return "the model is not compiled again though its library is gone"

    return case


def cross():
    """Another machine's triple follows from CMAKE_SYSTEM_PROCESSOR. Only the model is built: this needs no C library."""
    version = call(tool("accel-compile"), "--version")
    folder, target = os.path.join(WORK, "cross"), "aarch64-linux-gnu"
    if not os.path.isdir(f"/usr/{target}/include"):
        raise suite.Skip(f"this build has no runtime for {target}")
    configure(
        folder, "-DCMAKE_SYSTEM_NAME=Linux", "-DCMAKE_SYSTEM_PROCESSOR=aarch64", "-DTYPE=SHARED",
        "-DCMAKE_CXX_COMPILER=/usr/bin/clang++-22", f"-DCMAKE_CXX_COMPILER_TARGET={target}",
        "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY",
    )  # fmt: skip
    call("cmake", "--build", folder, "--target", "classifier_accel")
    with open(os.path.join(folder, "accel", "classifier", "libclassifier.so"), "rb") as file:
        machine = int.from_bytes(file.read(20)[18:20], "little")
    return None if machine == 183 else f"expected machine 183 (aarch64), found {machine}; {version}"


def mistakes():
    """A mistake in CMakeLists.txt is told when it is read."""
    for words, expects in (
        ("classifier.onnx TYPE PROGRAM", "expected SHARED, STATIC or OBJECT"),
        ("missing.onnx", "there is no model"),
        ("classifier.onnx SHAPE x=1", "unknown arguments: SHAPE"),
        ("classifier.onnx CPU", "no value after CPU"),
    ):
        source = os.path.join(WORK, "mistakes")
        shutil.rmtree(source, ignore_errors=True)
        os.makedirs(source)
        shutil.copy(os.path.join(WORK, "example", "classifier.onnx"), source)
        with open(os.path.join(source, "CMakeLists.txt"), "w", encoding="utf-8") as file:
            file.write(
                "cmake_minimum_required(VERSION 3.25)\nproject(mistakes LANGUAGES C)\n"
                f"find_package(accel REQUIRED)\naccel_add_model(model {words})\n"
            )
        try:
            configure(os.path.join(source, "build"), source="mistakes")
        except RuntimeError as error:
            if expects not in " ".join(str(error).split()):
                return f"{words}: expected '{expects}', found: {error}"
        else:
            return f"{words}: no error"


def paths():
    """Nothing that is installed names the source or the build tree."""
    tree = ROOT.encode() + b"/"
    for folder, _, names in os.walk(PREFIX):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                text = file.read()
            if (at := text.find(tree)) >= 0:
                return f"{os.path.join(folder, name)} holds {text[at : at + 100]}"


def main():
    global WORK, PREFIX
    args = suite.parse(suite.parser(__doc__))
    missing = [name for name in ("onnx", "numpy") if not importlib.util.find_spec(name)]
    if missing or not shutil.which("cmake", path=CLEAN["PATH"]):
        sys.exit(f"test/package/run.py needs cmake, and of Python: {' '.join(missing)}")
    cases = {"tools": tools, "run-onnx": run_onnx, "python": python, "paths": paths}
    for kind in ("STATIC", "SHARED", "OBJECT"):
        for generator in ("Unix Makefiles", "Ninja"):
            cases[f"cmake/{kind}/{generator.split()[-1]}"] = cmake(kind, generator)
    cases |= {"cmake/cross": cross, "cmake/mistakes": mistakes}
    with tempfile.TemporaryDirectory(prefix="accel-package-") as WORK:
        PREFIX = os.path.join(WORK, "moved here")
        install(args)
        outcomes = suite.run("package", cases, args)
    suite.finish(outcomes)


if __name__ == "__main__":
    main()
