# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""An engine's process: that it sleeps between questions, and what its end looks like."""

import textwrap
import time

import pytest

from process import Died, Process


@pytest.fixture
def start(tmp_path):
    """start(code): a Process whose worker answers the first question, then does what the code says."""
    made = []

    def make(code, timeout=30.0):
        path = tmp_path / f"worker{len(made)}.py"
        before = "import json, os, signal, sys, time\nprint(json.dumps({'memory': 7}), flush=True)\n"
        path.write_text(before + textwrap.dedent(code))
        made.append(Process("engine", "file", "feeds", 1, timeout, worker=str(path)))
        return made[-1]

    yield make
    for process in made:
        process.close()


ECHO = """
for line in sys.stdin:
    print(json.dumps({"got": json.loads(line)}), flush=True)
"""


def test_asks_and_answers(start):
    process = start(ECHO)
    assert process.start == {"memory": 7}
    assert process.ask(run=1) == {"got": {"run": 1}}
    assert process.ask(run=2) == {"got": {"run": 2}}


def test_spins_only_in_its_turn(start):
    """A thread that spins, as thread pools do while they wait for work, gets no time between turns."""
    process = start("import threading\ndef spin():\n    while True: pass\nthreading.Thread(target=spin, daemon=True).start()" + ECHO)
    process.ask(run=1)
    before = process.busy()
    time.sleep(0.2)
    assert process.busy() == before


def test_a_crash_is_told(start):
    process = start("sys.stdin.readline()\nprint('out of luck', file=sys.stderr)\nos.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(Died, match="ended with SIGSEGV: out of luck"):
        process.ask(run=1)


def test_a_crash_between_turns_is_told(start):
    process = start(ECHO)
    process.process.kill()
    process.process.wait()
    with pytest.raises(Died, match="SIGKILL"):
        process.ask(run=1)


def test_an_error_is_told(start):
    process = start("sys.stdin.readline()\nprint(json.dumps({'error': 'no such op'}), flush=True)")
    with pytest.raises(Died, match="no such op"):
        process.ask(run=1)


def test_taking_too_long_is_told(start):
    process = start("time.sleep(100)", timeout=0.2)
    with pytest.raises(Died, match="more than"):
        process.ask(run=1)
