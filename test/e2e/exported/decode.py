# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Decodes 200 tokens with the exported GPT-2 step model, its caches kept in a context, against ONNX Runtime's loop.

Two sequences: greedy ones, where each token is the likeliest after those before, and drawn ones. At each step the
likeliest token is ONNX Runtime's, and after the first step nothing is allocated.

--time says what a token costs: here, here with past and present passed by the caller, and in ONNX Runtime with past and
present bound as OrtValues. CPU time of the calling thread, one thread each, taking turns at each token; the 25th
percentile of all tokens, and of the last 20.
"""

import functools
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "support")]

import accel
import numpy as np
import onnxruntime as ort
import run as exported
import suite

STEPS, FIRST, HEADS, DEPTH, VOCABULARY = 200, 464, 12, 64, 50257


def settings(kind):
    options = kind()
    options.intra_op_num_threads = 1
    return options


class Stateful:
    """Caches in a context."""

    def __init__(self, library):
        self.state = accel.InferenceSession(library, settings(accel.SessionOptions)).new_state()
        self.state.reserve(batch=1, past=STEPS, total=STEPS + 1)

    def step(self, ids, mask):
        return self.state.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]

    def reset(self):
        self.state.reset()


class Passed:
    """Caches as arrays that the caller gives back."""

    def __init__(self, library):
        self.session = accel.InferenceSession(library, settings(accel.SessionOptions))
        self.names = [i.name for i in self.session.get_inputs()][2:]
        self.reset()

    def reset(self):
        self.past = {name: np.zeros((1, HEADS, 0, DEPTH), np.float32) for name in self.names}

    def step(self, ids, mask):
        logits, *present = self.session.run(None, {"input_ids": ids, "attention_mask": mask, **self.past})
        self.past = dict(zip(self.names, present))
        return logits


class Runtime:
    """ONNX Runtime, with caches that are never copied to arrays."""

    def __init__(self, path):
        self.session = ort.InferenceSession(path, settings(ort.SessionOptions), providers=["CPUExecutionProvider"])
        self.names = [i.name for i in self.session.get_inputs()][2:]
        self.outputs = [o.name for o in self.session.get_outputs()]
        self.reset()

    def reset(self):
        empty = np.zeros((1, HEADS, 0, DEPTH), np.float32)
        self.past = [ort.OrtValue.ortvalue_from_numpy(empty) for _ in self.names]

    def step(self, ids, mask):
        binding = self.session.io_binding()
        binding.bind_cpu_input("input_ids", ids)
        binding.bind_cpu_input("attention_mask", mask)
        for name, value in zip(self.names, self.past):
            binding.bind_ortvalue_input(name, value)
        for name in self.outputs:
            binding.bind_output(name)
        self.session.run_with_iobinding(binding)
        logits, *self.past = binding.get_outputs()
        return logits.numpy()


def decode(engines, drawn, steps=STEPS):
    """What each engine takes for the likeliest token, and its seconds, at each step."""
    tokens, seconds = np.zeros((len(engines), steps), np.int64), np.zeros((len(engines), steps))
    for engine in engines:
        engine.reset()
    for i in range(steps):
        for k, engine in enumerate(engines):
            token = drawn[i] if drawn is not None else tokens[k, i - 1] if i else FIRST
            ids, mask = np.array([[token]]), np.ones((1, i + 1), np.int64)
            begin = time.thread_time()
            logits = engine.step(ids, mask)
            seconds[k, i] = time.thread_time() - begin
            tokens[k, i] = logits[0, -1].argmax()
    return tokens, seconds


def checked(name, folder, python):
    try:
        path = exported.exported(name, folder, python)
    except exported.NotExported as error:
        return f"not exported: {error}"
    library = accel.compile(path, state={"past_*": "present_*"})
    ours, theirs = Stateful(library), Runtime(path)
    said = []
    for what, drawn in (("greedy", None), ("drawn", np.random.default_rng(1).integers(0, VOCABULARY, STEPS))):
        ours.reset()
        ours.step(np.array([[FIRST]]), np.ones((1, 1), np.int64))
        before = ours.state.memory()["allocations"]
        tokens, _ = decode([ours, theirs], drawn)
        if ours.state.memory()["allocations"] != before:
            return f"{what}: {ours.state.memory()['allocations'] - before} allocations after the first step"
        if (tokens[0] != tokens[1]).any():
            at = int((tokens[0] != tokens[1]).argmax())
            return f"{what}: token {at} is {tokens[0, at]}, expected {tokens[1, at]}"
        said.append(f"{what}: {STEPS} tokens equal, {len(set(tokens[0]))} different ones")
    ours.state.rewind(7)
    return suite.Note("; ".join(said)) if ours.state.position == 7 else f"rewound to {ours.state.position}"


def timed(name, folder, python):
    path = exported.exported(name, folder, python)
    engines = {
        "caches in a context": Stateful(accel.compile(path, state={"past_*": "present_*"})),
        "caches passed": Passed(accel.compile(path)),
        "ONNX Runtime": Runtime(path),
    }
    print(f"{name}: milliseconds a token (25th percentile of {STEPS} and of the last 20)")
    for _ in range(2):
        _, seconds = decode(list(engines.values()), np.random.default_rng(1).integers(0, VOCABULARY, STEPS))
        for label, row in zip(engines, seconds * 1e3):
            print(f"  {label:<20} {np.percentile(row, 25):6.2f} {np.percentile(row[-20:], 25):6.2f}", flush=True)


def main():
    made = suite.parser(__doc__)
    made.set_defaults(timeout=600)
    made.add_argument("--models", help="where the .onnx files are and go (default: exported/models in the build tree)")
    made.add_argument("--torch", metavar="PYTHON", help="a Python that has PyTorch and the rest")
    made.add_argument("--time", action="store_true", help="say what a token costs")
    args = suite.parse(made)
    folder = os.path.abspath(args.models or os.path.join(args.build, "exported", "models"))
    os.makedirs(folder, exist_ok=True)
    python = exported.with_torch(args.torch)
    cases = {}
    for exporter in ("torchscript", "dynamo"):
        name = f"gpt2_decode.{exporter}.dynamic"
        cases[name] = functools.partial(checked, name, folder, python)
        if args.time and (not args.only or name in suite.chosen([name], args.only)):
            timed(name, folder, python)
    suite.finish(suite.run("decode", cases, args))


if __name__ == "__main__":
    main()
