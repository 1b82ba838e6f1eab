# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models for the tests: hand-written C in models/, compiled with the real runtime, so that no compiler is needed."""
import os
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
CC = os.environ.get("CC", "clang-22")
FLAGS = ["-std=gnu11", "-O1", "-fPIC", "-pthread", "-fvisibility=hidden", "-I", os.path.join(SOURCE, "include"), "-I", SOURCE]

try:
    import accel
except ImportError:  # not on PYTHONPATH: the sources then
    sys.path.insert(0, os.path.dirname(HERE))
    import accel


@pytest.fixture(scope="session")
def compiler():
    """For tests of real models: the package can be tested without a compiler, too."""
    try:
        return accel._compile.compiler()
    except accel.NoSuchFile:
        pytest.skip("accel-compile is not built")


@pytest.fixture(scope="session")
def runtime(tmp_path_factory):
    """The runtime's object."""
    path = str(tmp_path_factory.mktemp("runtime") / "runtime.o")
    subprocess.run([CC, *FLAGS, "-c", os.path.join(SOURCE, "lib/Runtime/Runtime.c"), "-o", path], check=True)
    return path


@pytest.fixture(scope="session")
def build(runtime, tmp_path_factory):
    """build('copy', CODE=2, ...): the path of models/copy.c as a library."""
    made = {}

    def make(name, output=None, **defines):
        key = name, output, tuple(sorted(defines.items()))
        if key not in made:
            path = str(output or tmp_path_factory.mktemp(name) / f"{name}.so")
            words = [f"-D{k}={v}" for k, v in defines.items()]
            source = os.path.join(HERE, "models", f"{name}.c")
            temporary = path + ".new"
            subprocess.run([CC, *FLAGS, *words, "-shared", source, runtime, "-o", temporary], check=True)
            os.replace(temporary, path)
            made[key] = path
        return made[key]

    return make


@pytest.fixture(scope="session")
def scale(build):
    return build("scale")


@pytest.fixture
def rng():
    import numpy as np

    return np.random.default_rng(7)
