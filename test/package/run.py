# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is installed works at any place: cmake --install, then the prefix is moved and used as a stranger would.

The tools of the build tree are not on PATH here, and nothing that is installed may hold its path. With --all, also the
tarball and the wheel that tools/dev/package.sh makes. bare.sh runs these on a machine without LLVM.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "test", "support"))

import suite

EXAMPLE = os.path.join(ROOT, "examples", "cmake")
CLEAN = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8", "ACCEL_KERNEL_CACHE": "off"}
# CMake's own choice if there is one, else the compiler that Accel was built with.
for variable, candidates in (("CC", ("cc", "clang-22")), ("CXX", ("c++", "clang++-22"))):
    CLEAN |= {variable: next((c for c in candidates if shutil.which(c, path=CLEAN["PATH"])), candidates[0])}


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


def tools(prefix):
    for name in ("accel-compile", "accel-run", "accel-opt", "accel-lsp-server"):
        call(os.path.join(prefix, "bin", name), "--version")


def completion(prefix):
    """The scripts lie where shells look for them."""
    for script, shell in (
        ("bash-completion/completions/accel-run", "bash"),
        ("zsh/site-functions/_accel-run", "zsh"),
        ("fish/vendor_completions.d/accel-run.fish", "fish"),
    ):
        with open(os.path.join(prefix, "share", script), encoding="utf-8") as file:
            if file.read() != call(os.path.join(prefix, "bin", "accel-run"), f"--completion={shell}"):
                return f"{script} is not what accel-run --completion={shell} prints"


def run_onnx(program):
    """accel-run finds the compiler beside it."""
    text = call(program, "classifier.onnx", "--dim", "batch=2", cwd=os.path.join(WORK, "example"))
    return None if "scores" in text else f"no scores in: {text}"


def python(executable, path):
    """The package finds its compiler; NumPy comes from the path, too."""
    program = (
        "import accel, numpy\n"
        "session = accel.InferenceSession(accel.compile('classifier.onnx'))\n"
        "x = (numpy.arange(128) / 128).reshape(2, 64).astype('float32')\n"
        "for row in session.run(None, {'pixels': x})[0]: print(*row)\n"
    )
    return differs(call(executable, "-c", program, cwd=os.path.join(WORK, "example"), PYTHONPATH=path))


def configure(folder, package, *words, source="example"):
    return call("cmake", "-S", os.path.join(WORK, source), "-B", folder, f"-Daccel_DIR={package}", *words)


def cmake(package, folder, kind, generator):
    if generator == "Ninja" and not shutil.which("ninja", path=CLEAN["PATH"]):
        raise suite.Skip("no ninja")
    configure(folder, package, f"-DTYPE={kind}", "-G", generator)
    call("cmake", "--build", folder)
    if why := differs(call(os.path.join(folder, "classify"))):
        return why
    if "Compiling the model" in call("cmake", "--build", folder):
        return "the model is compiled again though nothing changed"
    ends = {"STATIC": "libclassifier.a", "SHARED": "libclassifier.so", "OBJECT": "classifier.o"}
    os.remove(os.path.join(folder, "accel", "classifier", ends[kind]))
    if "Compiling the model" not in call("cmake", "--build", folder):
        return "the model is not compiled again though its library is gone"


def cross(package, folder):
    """Another machine's triple follows from CMAKE_SYSTEM_PROCESSOR. Only the model is built: this needs no C library."""
    compiler, target = "/usr/bin/clang++-22", "aarch64-linux-gnu"
    if not os.path.exists(compiler):
        raise suite.Skip(f"no {compiler}")
    configure(
        folder, package, "-DCMAKE_SYSTEM_NAME=Linux", "-DCMAKE_SYSTEM_PROCESSOR=aarch64", "-DTYPE=SHARED",
        f"-DCMAKE_CXX_COMPILER={compiler}", f"-DCMAKE_CXX_COMPILER_TARGET={target}",
        "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY",
    )  # fmt: skip
    call("cmake", "--build", folder, "--target", "classifier_accel")
    with open(os.path.join(folder, "accel", "classifier", "libclassifier.so"), "rb") as file:
        machine = int.from_bytes(file.read(20)[18:20], "little")
    return None if machine == 183 else f"expected machine 183 (aarch64), found {machine}"


def mistakes(package):
    """A mistake in CMakeLists.txt is told when it is read."""
    for words, expects in (
        ("classifier.onnx TYPE PROGRAM", "expected SHARED, STATIC or OBJECT"),
        ("missing.onnx", "there is no model"),
        ("classifier.onnx SHAPE x=1", "unknown arguments: SHAPE"),
        ("classifier.onnx CPU", "no value after CPU"),
    ):
        source = tempfile.mkdtemp(dir=WORK)
        shutil.copy(os.path.join(WORK, "example", "classifier.onnx"), source)
        with open(os.path.join(source, "CMakeLists.txt"), "w", encoding="utf-8") as file:
            file.write(
                "cmake_minimum_required(VERSION 3.25)\nproject(mistakes LANGUAGES C)\n"
                f"find_package(accel REQUIRED)\naccel_add_model(model {words})\n"
            )
        try:
            configure(os.path.join(source, "build"), package, source=source)
        except RuntimeError as error:
            if expects not in " ".join(str(error).split()):
                return f"{words}: expected '{expects}', found: {error}"
        else:
            return f"{words}: no error"


def paths(prefix):
    """Nothing that is installed names the source or the build tree."""
    tree = ROOT.encode() + b"/"
    for folder, _, names in os.walk(prefix):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                text = file.read()
            if (at := text.find(tree)) >= 0:
                return f"{os.path.join(folder, name)} holds {text[at : at + 100]}"


def same_bits(prefix, build):
    """The tools that bring LLVM with them make the same library as those of the build tree."""
    made = []
    for number, folder in enumerate((prefix, build)):
        path = os.path.join(WORK, f"same-{number}.so")
        call(os.path.join(folder, "bin", "accel-compile"), os.path.join(WORK, "example", "classifier.onnx"), "-o", path)
        with open(path, "rb") as file:
            made.append(file.read())
    return None if made[0] == made[1] else "they differ"


def of_prefix(label, prefix, kinds, generators):
    """What must work wherever this installation lies."""
    package = os.path.join(prefix, "lib", "cmake", "accel")
    cases = {
        "tools": partial(tools, prefix),
        "completion": partial(completion, prefix),
        "run-onnx": partial(run_onnx, os.path.join(prefix, "bin", "accel-run")),
        "python": partial(python, sys.executable, os.path.join(prefix, "lib", "accel", "python")),
        "paths": partial(paths, prefix),
        "cmake/cross": partial(cross, package, os.path.join(WORK, f"{label}-cross")),
        "cmake/mistakes": partial(mistakes, package),
    }
    for kind in kinds:
        for generator in generators:
            short = generator.split()[-1]
            folder = os.path.join(WORK, f"{label}-{kind}-{short}")
            cases[f"cmake/{kind}/{short}"] = partial(cmake, package, folder, kind, generator)
    return {f"{label}/{name}": case for name, case in cases.items()}


def of_wheel(wheel):
    """The wheel in an environment of its own, without an index; NumPy is this interpreter's."""
    environment = os.path.join(WORK, "environment")
    call(sys.executable, "-m", "venv", environment)
    own = os.path.join(environment, "bin", "python")
    call(own, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-index", "--no-deps", wheel)
    package = call(own, "-c", "import accel; print(accel.cmake_dir())", PYTHONPATH=numpy_folder()).strip()
    return {
        "wheel/python": partial(python, own, numpy_folder()),
        "wheel/run-onnx": partial(run_onnx, os.path.join(environment, "bin", "accel-run")),
        "wheel/cmake": partial(cmake, package, os.path.join(WORK, "wheel-cmake"), "STATIC", "Unix Makefiles"),
    }


def numpy_folder():
    return os.path.dirname(os.path.dirname(importlib.util.find_spec("numpy").origin))


def packages():
    """tools/dev/package.sh, twice: the tarball, the wheel, and whether both times gave the same."""
    first, second = os.path.join(WORK, "packages"), os.path.join(WORK, "packages-again")
    digests = []
    for folder in (first, second):
        call(os.path.join(ROOT, "tools", "dev", "package.sh"), "--quick", "--out", folder, cwd=ROOT)
        texts = {}
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as file:
                texts[name] = hashlib.file_digest(file, "sha256").hexdigest()
        digests.append(texts)
    tarball, wheel = (next(os.path.join(first, n) for n in digests[0] if n.endswith(e)) for e in (".tar.xz", ".whl"))
    return tarball, wheel, lambda: None if digests[0] == digests[1] else f"{digests[0]} and then {digests[1]}"


def unpack(tarball):
    folder = os.path.join(WORK, "unpacked")
    os.makedirs(folder)
    call("tar", "-xf", tarball, "-C", folder)
    return os.path.join(folder, *os.listdir(folder))


def collect(args):
    """The cases. What they need is made here, so a failure to make it ends the suite."""
    every = ("STATIC", "SHARED", "OBJECT"), ("Unix Makefiles", "Ninja")
    some = ("STATIC", "SHARED"), ("Unix Makefiles",)
    tarball, wheel, cases = args.tarball, args.wheel, {}
    if not (tarball or wheel):
        first, prefix = os.path.join(WORK, "first"), os.path.join(WORK, "moved here")
        call("cmake", "--install", os.path.abspath(args.build), "--prefix", first)
        os.rename(first, prefix)
        cases |= of_prefix("install", prefix, *every)
        if args.all:
            tarball, wheel, cases["packages/same-bytes"] = packages()
    if tarball:
        unpacked = unpack(tarball)
        cases |= of_prefix("tarball", unpacked, *some)
        if args.all:
            cases["packages/same-bits"] = partial(same_bits, unpacked, os.path.abspath(args.build))
    if wheel:
        cases |= of_wheel(wheel)
    return cases


def main():
    global WORK
    parser = suite.parser(__doc__)
    parser.add_argument("--tarball", help="test this file of tools/dev/package.sh instead of a build tree")
    parser.add_argument("--wheel", help="this wheel, likewise")
    args = suite.parse(parser)
    missing = [name for name in ("onnx", "numpy") if not importlib.util.find_spec(name)]
    missing += [name for name in ("cmake",) if not shutil.which(name, path=CLEAN["PATH"])]
    if missing:
        sys.exit(f"test/package/run.py needs {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="accel-package-") as WORK:
        shutil.copytree(EXAMPLE, os.path.join(WORK, "example"))
        call(sys.executable, "make_model.py", cwd=os.path.join(WORK, "example"))
        outcomes = suite.run("package", collect(args), args)
    suite.finish(outcomes)


if __name__ == "__main__":
    main()
