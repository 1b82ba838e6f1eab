# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Measures one model on several engines: each in a process of its own, in turns, the others stopped meanwhile."""

import contextlib
import os
import pickle
import statistics
import tempfile
import time
from dataclasses import dataclass, field

import onnx

import compare
import engines
from peak import Meter
from process import Died, Process
from turns import take_turns


MEASURED = "accel"  # without it there is nothing to compare


@dataclass
class Case:
    """A model with its inputs, and the work of a run as the graph says it."""

    name: str
    path: str
    feeds: dict
    flops: int | None = 0  # None: not known
    bytes: int | None = None  # that it must at least read and write
    loose: bool = False  # quantized or of half precision: engines may round in other places
    mean: bool = True  # whether it counts in the means
    notes: list = field(default_factory=list)
    open: dict = field(default_factory=dict)  # the shapes of the inputs whose dims the file leaves to the run


def file_bytes(path):
    """The size of a file; of an ONNX model with the files that hold its weights."""
    total = os.path.getsize(path)
    if path.endswith(".onnx"):
        model = onnx.load(path, load_external_data=False)
        entries = [entry for tensor in model.graph.initializer for entry in tensor.external_data]
        for name in {entry.value for entry in entries if entry.key == "location"}:
            total += os.path.getsize(os.path.join(os.path.dirname(path), name))
    return total


def prepare(case, names, folder, timeout):
    """name -> what an engine needs to load the model: {"path", "seconds", "bytes", "said"}, or {"failed"}."""
    made = {}
    for name in names:
        place = os.path.join(folder, name)
        os.makedirs(place, exist_ok=True)
        begin = time.perf_counter()
        try:
            path, said = engines.ENGINES[name].prepare(case, place, timeout)
        except engines.Failed as error:
            made[name] = {"failed": str(error)}
            if name == MEASURED:
                break  # the peers have nothing to be compared with
            continue
        seconds = time.perf_counter() - begin if path != case.path else 0.0
        made[name] = {"path": path, "seconds": seconds, "bytes": file_bytes(path), "said": said}
    return made


def judge(outputs, loose=False):
    """name -> how an engine's outputs differ from the reference's, for those that do.

    ONNX Runtime's are the reference where it ran, else Accel's.
    """
    tolerance = {"rtol": 2e-2, "scaled": 2e-2} if loose else {"rtol": {"float32": 1e-3}, "scaled": 1e-4}
    reference = next((name for name in ("ort", "accel") if name in outputs), None)
    if reference is None:
        return {}
    want = outputs[reference]
    differ = {n: compare.differences(got, want, **tolerance) for n, got in outputs.items() if n != reference}
    return {name: why for name, why in differ.items() if why}


def measure(case, prepared, threads, meter_binary, settings):
    """The figures of one model at one number of threads, as a dict that can be written as JSON."""
    row = {
        "name": case.name,
        "threads": threads,
        "flops": case.flops,
        "estimated": False,  # whether the flops are the compiler's estimate, not a count
        "bytes": case.bytes,
        "mean": case.mean,
        "notes": list(case.notes),
        "engines": {},
    }
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        feeds = os.path.join(folder, "feeds")
        with open(feeds, "wb") as file:
            pickle.dump(case.feeds, file, protocol=5)
        living, outputs = {}, {}
        for name, made in prepared.items():
            figures = row["engines"][name] = {"failed": made["failed"]} if "failed" in made else {}
            if figures:
                continue
            figures.update(prepare_s=made["seconds"], file_bytes=made["bytes"], times_ns=[])
            try:
                process = Process(name, made["path"], feeds, threads, settings.timeout)
                stack.callback(process.close)
                figures.update(process.start)
                where = os.path.join(folder, name)
                process.ask(outputs=where)
                with open(where, "rb") as file:
                    outputs[name] = pickle.load(file)
                living[name] = process
            except Died as error:
                figures["failed"] = str(error)
        for name, why in judge(outputs, case.loose).items():
            row["engines"][name]["wrong"] = why
        outputs.clear()
        if case.flops is None and "accel" in living:
            with contextlib.suppress(Died):
                row["flops"], row["estimated"] = living["accel"].ask(flops=True)["flops"], True
        meter = None
        if meter_binary and living:
            meter = Meter(meter_binary, threads)
            stack.callback(meter.close)
        questions = {"fma": "fma"} | ({"copy": f"copy {case.bytes}"} if case.bytes else {})
        peaks = {what: [] for what in questions}
        if MEASURED in living:
            take_turns(living, row["engines"], settings, lambda: ask_all(meter, questions, peaks))
        others = [o for figures in row["engines"].values() for o in figures.get("others", [])]
        row["others"] = statistics.fmean(others) if others else None
        row["peaks"] = {what: statistics.median(rates) for what, rates in peaks.items() if rates}
    for figures in row["engines"].values():
        if not figures.get("failed") and figures["times_ns"]:
            figures["ns"] = statistics.median(figures["times_ns"])
    return row


def ask_all(meter, questions, answers):
    for what, question in questions.items() if meter else ():
        answers[what].append(meter.ask(question))
