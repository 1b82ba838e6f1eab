# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lets engines run in turns, so that all meet the same machine, and tells turns that other programs disturbed."""

import os
import time
from dataclasses import dataclass

from process import Died


@dataclass
class Settings:
    rounds: int = 7
    seconds: float = 0.1  # a batch of one engine in one round
    least: int = 3  # timed runs in a batch
    clock: str = "wall"  # or 'cpu'
    quiet: float = 0.2  # CPUs that other programs may use; a turn beside more is repeated, once for each round at most
    timeout: float = 300


def busy():
    """Seconds of CPU time that all programs have used."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def turn(process, settings):
    """(ns of a run, how many CPUs other programs used meanwhile)"""
    begin, mine, at = busy(), process.busy(), time.monotonic()
    answer = process.ask(run=settings.seconds, least=settings.least, clock=settings.clock)
    others = busy() - begin - (process.busy() - mine)
    return answer["ns"], max(0.0, others) / (time.monotonic() - at)


def undisturbed(turns, settings):
    """The turns to judge by: the quiet ones, or all if those are too few."""
    quiet = [t for t in turns if t[1] <= settings.quiet]
    return quiet if len(quiet) >= min(3, settings.rounds) else turns


def take_turns(living, figures, settings, between):
    """Fills in the times of each engine; one that dies is out from then on."""
    turns = {name: [] for name in living}
    lacks = lambda name: sum(o <= settings.quiet for _, o in turns[name]) < settings.rounds
    for number in range(2 * settings.rounds):
        names = [n for n in living if number < settings.rounds or lacks(n)]
        if not names:
            break
        between()
        start = number % len(names)
        for name in names[start:] + names[:start]:
            try:
                turns[name].append(turn(living[name], settings))
            except Died as error:
                figures[name]["failed"] = str(error)
                del living[name]
    for name in living:
        chosen = undisturbed(turns[name], settings)
        figures[name]["times_ns"] = [ns for ns, _ in chosen]
        figures[name]["others"] = [others for _, others in chosen]
