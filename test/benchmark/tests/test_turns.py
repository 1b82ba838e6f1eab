# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which turns count, and that an engine that dies does not end the others' turns."""

import turns
from process import Died

SETTINGS = turns.Settings(rounds=4, quiet=0.2)


class Fake:
    """Takes 1, 2, 3... ns, and dies in a given turn."""

    def __init__(self, dies=None):
        self.count, self.dies = 0, dies

    def busy(self):
        return 0.0

    def ask(self, run, least, clock):
        self.count += 1
        if self.count == self.dies:
            raise Died("gone")
        return {"ns": self.count}


def taken(monkeypatch, living, others):
    """What take_turns notes, where other programs use as many CPUs as `others` says of the time an engine returns."""

    def turn(process, settings):
        ns = process.ask(run=0.1, least=1, clock="wall")["ns"]
        return ns, others(ns)

    monkeypatch.setattr(turns, "turn", turn)
    figures, asked = {name: {} for name in living}, []
    turns.take_turns(living, figures, SETTINGS, lambda: asked.append(1))
    return figures, len(asked)


def test_quiet_turns_are_taken_once(monkeypatch):
    figures, asked = taken(monkeypatch, {"accel": Fake(), "ort": Fake()}, lambda ns: 0.0)
    assert figures["accel"]["times_ns"] == figures["ort"]["times_ns"] == [1, 2, 3, 4]
    assert asked == 4


def test_disturbed_turns_are_taken_again(monkeypatch):
    figures, asked = taken(monkeypatch, {"accel": Fake()}, lambda ns: 1.0 if ns in (2, 3) else 0.1)
    assert figures["accel"]["times_ns"] == [1, 4, 5, 6]
    assert asked == 6


def test_a_machine_that_is_never_quiet_is_measured_as_it_is(monkeypatch):
    figures, asked = taken(monkeypatch, {"accel": Fake()}, lambda ns: 1.0)
    assert figures["accel"]["times_ns"] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert figures["accel"]["others"] == [1.0] * 8
    assert asked == 8


def test_a_dead_engine_leaves_the_others(monkeypatch):
    living = {"accel": Fake(), "ort": Fake(dies=2)}
    figures, _ = taken(monkeypatch, living, lambda ns: 0.0)
    assert figures["accel"]["times_ns"] == [1, 2, 3, 4]
    assert figures["ort"] == {"failed": "gone"}
    assert list(living) == ["accel"]


def test_own_time_is_not_that_of_others(monkeypatch):
    monkeypatch.setattr(turns, "busy", iter([10.0, 13.0]).__next__)
    fake = Fake()
    monkeypatch.setattr(fake, "busy", iter([1.0, 3.0]).__next__)
    monkeypatch.setattr(turns.time, "monotonic", iter([0.0, 2.0]).__next__)
    assert turns.turn(fake, SETTINGS) == (1, 0.5)
