# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The commands of the wheel, as tools/dev/wheel.py writes them."""
import importlib.util
import os
import subprocess
import sys

import pytest

WHEEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "dev", "wheel.py")


@pytest.fixture
def run(tmp_path):
    """run(words, environment): what a command prints whose program shows its words and $ACCEL_PYTHON."""
    spec = importlib.util.spec_from_file_location("wheel", WHEEL)
    wheel = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(wheel)
    (tmp_path / "accel" / "bin").mkdir(parents=True)
    (tmp_path / "accel" / "__init__.py").write_text("")
    program = tmp_path / "accel" / "bin" / "accel-run"
    program.write_text('#!/bin/sh\necho "$ACCEL_PYTHON" "$@"\n')
    program.chmod(0o755)
    (tmp_path / "command").write_text(wheel.COMMAND.format(name="accel-run"))

    def call(*words, **environment):
        whole = {name: value for name, value in os.environ.items() if name != "ACCEL_PYTHON"}
        whole |= {"PYTHONPATH": str(tmp_path), **environment}
        return subprocess.run([sys.executable, tmp_path / "command", *words], env=whole, check=True, capture_output=True, text=True).stdout

    return call


def test_programs_call_the_python_that_has_the_packages(run):
    assert run("a b", "--c") == f"{sys.executable} a b --c\n"
    assert run("--d", ACCEL_PYTHON="/other/python") == "/other/python --d\n"
