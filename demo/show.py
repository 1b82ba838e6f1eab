# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles the two models that train.py wrote and shows, on held-back digits, what comes out beside ONNX Runtime.

usage: show.py --models DIR    (with accel-compile on PATH and the accel package on PYTHONPATH)
The exit status is 1 if a compiled model answers differently from ONNX Runtime.
"""

import argparse
import os
import sys
import time

import numpy as np

import measure
import pictures

NAMES = {"cnn": "a convolutional network (2 conv, 2 pool, 1 fully connected)", "mlp": "a perceptron, 784-64-10"}
BATCH = 64


def line(text=""):
    print(text, flush=True)


def compile_model(path):
    """The compiled library, seconds, and the compiler's peak memory in kB."""
    output = path[: -len(".onnx")] + ".so"
    seconds, kilobytes = measure.command(["accel-compile", path, "-o", output])
    return output, seconds, kilobytes


def answers(session, images):
    return session.run(None, {"image": images})[0]


def show_digits(images, probabilities, labels, first):
    """The first few digits, and some of those that the model gets wrong, five in a row."""
    said = probabilities.argmax(1)
    wrong = np.flatnonzero(said != labels)
    shown = list(range(first))
    failures = "What it gets wrong:" if len(wrong) <= 5 else f"5 of the {len(wrong)} that it gets wrong:"
    for title, chosen in (("", shown[:5]), ("", shown[5:]), (failures, list(wrong[:5]))):
        if not chosen:
            continue
        if title:
            line(f"   {title}")
            line()
        captions = [
            f"{said[i]} ({probabilities[i].max():.0%})" + ("" if said[i] == labels[i] else f" is {labels[i]}")
            for i in chosen
        ]
        for text in pictures.beside([images[i, 0] for i in chosen], captions):
            line(f"   {text}".rstrip())
        line()


def table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for n, row in enumerate(rows):
        line(
            "   "
            + "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))])
        )
        if n == 0:
            line("   " + "  ".join("-" * width for width in widths))


def size(kilobytes):
    return f"{kilobytes / 1024:.1f} MB" if kilobytes >= 1024 else f"{kilobytes:.0f} kB"


def present(name, folder, images, labels, first):
    """Compiles and shows one model; returns how many answers differ from ONNX Runtime's."""
    source = os.path.join(folder, f"{name}.onnx")
    line(f"== {name}: {NAMES[name]}")
    line()
    library, seconds, compiler_kb = compile_model(source)
    begin = time.perf_counter()
    reference = measure.session("ONNX Runtime", source)
    opened = time.perf_counter() - begin
    sessions = [measure.session("Accel", library), reference]
    ours, theirs = (answers(s, images) for s in sessions)
    line()
    show_digits(images, ours, labels, first)

    times = {}
    for batch in (1, BATCH):
        runs = [measure.bound(s, {"image": np.ascontiguousarray(images[:batch])}) for s in sessions]
        times[batch] = measure.medians([run for run, _ in runs])
        for (_, (result,)), want in zip(runs, (ours, theirs)):
            np.testing.assert_allclose(result, want[:batch], rtol=1e-4, atol=1e-6)
    memory = [measure.memory_kb(engine, path, BATCH) for engine, path in zip(measure.ENGINES, (library, source))]
    made = [f"{seconds:.2f} s", f"{opened:.2f} s"]
    rows = [("", "right", "1 image", f"{BATCH} images", "memory", "compile", "file")]
    for i, (engine, given) in enumerate(zip(measure.ENGINES, (ours, theirs))):
        right = int((given.argmax(1) == labels).sum())
        file = size(os.path.getsize((library, source)[i]) / 1024) + (" .so", " .onnx")[i]
        took = [f"{times[b][i]:.1f} us" for b in (1, BATCH)]
        rows.append(
            (engine, f"{right} of {len(labels)} ({right / len(labels):.1%})", *took, size(memory[i]), made[i], file)
        )
    table(rows)
    differing = int((ours.argmax(1) != theirs.argmax(1)).sum())
    line()
    line(
        f"   The same answer on {len(labels) - differing} of {len(labels)} images; probabilities differ by at most {np.abs(ours - theirs).max():.1e}."
    )
    line(f"   The compiler's peak memory: {size(compiler_kb)}.")
    line()
    return differing


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", required=True)
    folder = parser.parse_args().models
    held_back = np.load(os.path.join(folder, "held_back.npz"))
    line()
    shown = {"cnn": 10, "mlp": 0}
    differing = sum(present(name, folder, held_back["images"], held_back["labels"], shown[name]) for name in NAMES)
    line(
        "Times are medians with one thread, inputs and outputs bound, both engines taking turns. 'memory' is what opening the"
    )
    line(
        f"model and running {BATCH} images adds to a process; 'compile' is accel-compile, or ONNX Runtime's opening of the file."
    )
    line("A .so needs no engine beside it: only the C library.")
    line()
    line("With a model of your own:")
    line("   build/bin/accel-compile --check model.onnx             can it be compiled? every reason, if not")
    line("   build/bin/accel-compile model.onnx -o model.so")
    line("   build/bin/accel-run model.so --benchmark                 random inputs, times")
    line("   PYTHONPATH=build/python .venv/bin/python -c \\")
    line(
        "     \"import accel; s = accel.InferenceSession('model.so'); print([(i.name, i.shape) for i in s.get_inputs()])\""
    )
    if differing:
        sys.exit(f"demo: {differing} answers differ from ONNX Runtime's")


main()
