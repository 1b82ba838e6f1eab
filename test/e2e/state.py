# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""States that contexts keep (accel-compile --state), against ONNX Runtime's own loop over past and present.

Caches that grow by a Concat, along each axis; others that grow otherwise, or not at all; in scripts; prompts, single
steps, and several sequences at once; rewound, forked, saved and loaded; what is refused, and damaged bytes.
"""

import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

import accel
import compare
import numpy as np
import onnxruntime as ort
import suite
from builder import Builder
from onnx import helper

HEADS, DEPTH, WIDTH, VOCABULARY = 3, 8, 24, 40
CACHE = {"past_*": "present_*"}


def ints(b, *values):
    return b.constant(np.array(values, np.int64))


def decoder(batch="batch", axis=2, grow="concat", layers=2, first=0):
    """Attention over what is cached and what is new; ids [batch, new] -> logits. Caches have their positions at axis."""
    b = Builder("decoder", seed=5)
    ids = b.input("ids", [batch, "new"], "int64")
    shape = [batch, HEADS, DEPTH]
    shape.insert(axis, "past")
    # From [batch, heads, positions, depth] to how a cache lies.
    order = [0, 1, 3]
    order.insert(axis, 2)
    x = b.node("Gather", b.weight(VOCABULARY, WIDTH, scale=1.0), ids)
    presents = []
    for layer in range(first, first + layers):
        q, k, v = b.node(
            "Split", b.node("MatMul", x, b.weight(WIDTH, 3 * WIDTH, scale=0.3)), ints(b, WIDTH, WIDTH, WIDTH), axis=2, outputs=3
        )
        heads = [b.node("Transpose", b.node("Reshape", t, ints(b, 0, 0, HEADS, DEPTH)), perm=[0, 2, 1, 3]) for t in (q, k, v)]
        whole = []
        for what, new in zip(("key", "value"), heads[1:]):
            past = b.input(f"past_{what}_{layer}", shape)
            new = b.node("Transpose", new, perm=order) if order != [0, 1, 2, 3] else new
            name = f"present_{what}_{layer}"
            if grow == "concat":
                present = b.node("Concat", past, new, axis=axis, out=name)
            elif grow == "three":  # in two pieces
                half = b.node("Mul", new, b.constant(np.float32(0.5)))
                present = b.node("Concat", past, new, half, axis=axis, out=name)
            else:  # what is new comes first, so that all of it moves
                present = b.node("Concat", new, past, axis=axis, out=name)
            presents.append(present)
            back = np.argsort(order).tolist()
            whole.append(b.node("Transpose", present, perm=back) if back != [0, 1, 2, 3] else present)
        scores = b.node("MatMul", heads[0], b.node("Transpose", whole[0], perm=[0, 1, 3, 2]))
        weights = b.node("Softmax", b.node("Mul", scores, b.constant(np.float32(DEPTH**-0.5))), axis=-1)
        mixed = b.node("Transpose", b.node("MatMul", weights, whole[1]), perm=[0, 2, 1, 3])
        mixed = b.node("Reshape", mixed, ints(b, 0, 0, WIDTH))
        x = b.node("Add", x, b.node("MatMul", mixed, b.weight(WIDTH, WIDTH, scale=0.3)))
    b.output(b.node("MatMul", x, b.weight(WIDTH, VOCABULARY, scale=0.5), out="logits"), *presents)
    return b.model()


def recurrent(batch):
    """An LSTM whose hidden and cell state are states of one shape."""
    b = Builder("recurrent", seed=6)
    x = b.input("x", ["steps", batch, 5])
    h, c = b.input("h", [1, batch, 7]), b.input("c", [1, batch, 7])
    lstm = [x, b.weight(1, 28, 5), b.weight(1, 28, 7), b.weight(1, 56), "", h, c]
    y, hn, cn = b.node("LSTM", *lstm, outputs=3, hidden_size=7)
    b.output(b.node("Identity", y, out="y"), b.node("Identity", hn, out="hn"), b.node("Identity", cn, out="cn"))
    return b.model()


def counter():
    """Integers: a ring buffer that rows are scattered into, its position, and a sum of all that was seen."""
    b = Builder("counter", seed=7)
    x = b.input("x", ["batch", 4])
    ring, at = b.input("ring", [6, 4]), b.input("at", [1], "int64")
    total = b.input("total", ["batch", 4])
    row = b.node("ReduceSum", x, ints(b, 0), keepdims=1)
    index = b.node("Reshape", b.node("Mod", at, ints(b, 6)), ints(b, 1, 1))
    b.output(
        b.node("Add", x, b.node("ReduceMax", total, keepdims=0), out="y"),
        b.node("ScatterND", ring, index, row, out="ring_next"),
        b.node("Add", at, ints(b, 1), out="at_next"),
        b.node("Add", total, x, out="total_next"),
    )
    return b.model()


def chosen():
    """A script: rows whose sum is positive are remembered, so that only data say how many."""
    b = Builder("chosen", seed=8)
    x, past = b.input("x", ["rows", 4]), b.input("past", ["kept", 4])
    keep = b.node("Greater", b.node("ReduceSum", x, ints(b, 1), keepdims=0), b.constant(np.float32(0)))
    rows = b.node("Compress", x, keep, axis=0)
    b.output(b.node("ReduceSum", past, ints(b, 0), keepdims=0, out="y"), b.node("Concat", past, rows, axis=0, out="present"))
    return b.model()


class Loop:
    """ONNX Runtime with the states carried by hand."""

    def __init__(self, model, states, zeros):
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        self.states, self.values = states, dict(zeros)
        self.outputs = [o.name for o in self.session.get_outputs()]

    def run(self, feeds):
        made = dict(zip(self.outputs, self.session.run(None, feeds | self.values)))
        self.values = {name: made.pop(output) for name, output in self.states.items()}
        return list(made.values())


def caches(model, batch, axis=2):
    shape = [batch, HEADS, DEPTH]
    shape.insert(axis, 0)
    names = [i.name for i in model.graph.input if i.name.startswith("past_")]
    return {name: name.replace("past", "present") for name in names}, {n: np.zeros(shape, np.float32) for n in names}


def compiled(model, state, **options):
    folder = tempfile.mkdtemp(dir=SCRATCH.name)
    settings = accel.SessionOptions()
    settings.intra_op_num_threads = options.pop("threads", 1)
    return accel.InferenceSession(accel.compile(model, os.path.join(folder, "m.so"), state=state, **options), settings)


def same(state, loop, feeds, place):
    want, got = loop.run(feeds), state.run(None, feeds)
    for g, w in zip(got, want, strict=True):
        if why := compare.difference(g, w):
            return f"{place}: {why}"
    for name, value in state.tensors().items():
        if why := compare.difference(value, loop.values[name]):
            return f"{place}, state {name}: {why}"
    return None


def decode(steps, batch=2, threads=1, axis=2, grow="concat", **options):
    """Prompts and steps of these lengths, from empty caches, twice."""
    model = decoder(axis=axis, grow=grow)
    session = compiled(model, CACHE, threads=threads, **options)
    (kind,) = {s["update"] for s in session.metadata["states"]}
    if kind != ("replace" if grow == "first" else "append"):
        return f"states are {kind}"
    rng, state = np.random.default_rng(1), session.new_state()
    for turn, rows in enumerate((batch, batch + 1)):
        loop = Loop(model, *caches(model, rows, axis))
        for i, new in enumerate(steps):
            feeds = {"ids": rng.integers(0, VOCABULARY, (rows, new))}
            if why := same(state, loop, feeds, f"turn {turn}, step {i}"):
                return why
        if state.position != (sum(steps) * (2 if grow == "three" else 1)):
            return f"position {state.position}"
        state.reset()
    return None


def allocates_nothing():
    session = compiled(decoder(batch=1), CACHE)
    state, ids = session.new_state(), {"ids": np.array([[3]])}
    state.reserve(past=300, new=1)
    state.run(None, ids)
    before = state.memory()["allocations"]
    for _ in range(300):
        state.run(None, ids)
    if (after := state.memory()["allocations"]) != before:
        return f"{after - before} allocations"
    grown = session.new_state()
    for _ in range(300):
        grown.run(None, ids)
    # A geometric series for each of the four caches, and for what else depends on positions.
    return None if grown.memory()["allocations"] < 100 else f"{grown.memory()['allocations']} allocations of what grows"


def asks_for_nothing():
    """Without logits a prompt is cheaper; the states go on."""
    model = decoder()
    state, loop = compiled(model, CACHE).new_state(), Loop(model, *caches(model, 1))
    for turn in range(3):
        prompt, ids = {"ids": np.array([[1, 2, 3]])}, {"ids": np.array([[turn]])}
        loop.run(prompt)
        if state.run([], prompt):
            return "it gives something"
        if why := same(state, loop, ids, f"turn {turn}"):
            return why
    return None


def rewinds(axis=2, grow="concat"):
    model = decoder(axis=axis, grow=grow)
    state = compiled(model, CACHE).new_state()
    rng = np.random.default_rng(2)
    steps = [rng.integers(0, VOCABULARY, (2, n)) for n in (4, 1, 1, 3)]
    for count in range(5):
        state.reset()
        loop = Loop(model, *caches(model, 2, axis))
        for ids in steps:
            state.run(None, {"ids": ids})
        for ids in steps[:count]:
            loop.run({"ids": ids})
        keep = sum(ids.shape[1] for ids in steps[:count])
        before = state.tensors()
        state.rewind(keep)
        if state.position != keep:
            return f"position {state.position}, expected {keep}"
        if grow != "concat":  # the first positions are not those that came first
            kept = {name: np.take(value, range(keep), axis) for name, value in before.items()}
            loop.values = kept if keep else loop.values
        if why := same(state, loop, {"ids": steps[1]}, f"after {keep}"):
            return why
    for keep in (-1, state.position + 1):
        try:
            state.rewind(keep)
            return f"{keep} positions are kept"
        except accel.InvalidArgument as error:
            if f"found {keep}" not in str(error):
                return f"it says: {error}"
    return None


def forks():
    model = decoder()
    state = compiled(model, CACHE).new_state()
    loop = Loop(model, *caches(model, 1))
    rng = np.random.default_rng(3)
    ids = lambda n: {"ids": rng.integers(0, VOCABULARY, (1, n))}
    if why := same(state, loop, ids(5), "before"):
        return why
    saved, values = state.save(), dict(loop.values)
    fork = state.fork()
    for name, one in (("the first", state), ("its fork", fork)):
        loop.values = dict(values)
        for i in range(3):
            if why := same(one, loop, ids(i + 1), f"{name}, step {i}"):
                return why
    again = state._session.new_state()
    for target in (again, fork):
        target.load(saved)
        if target.save() != saved:
            return "what was loaded is saved otherwise"
        loop.values = dict(values)
        if why := same(target, loop, ids(2), "loaded"):
            return why
    return None


def keeps_when_a_run_fails():
    state = compiled(decoder(), CACHE).new_state()
    state.run(None, {"ids": np.array([[1, 2, 3]])})
    saved = state.save()
    for feeds, says in (
        ({"ids": np.array([[1], [2]])}, "'batch'"),
        ({"ids": np.array([1])}, "rank"),
        ({"ids": np.array([[1]], np.int32)}, "int64"),
    ):
        try:
            state.run(None, feeds)
            return f"{feeds} are taken"
        except (accel.InvalidArgument, TypeError) as error:
            if says not in str(error):
                return f"it says: {error}"
        if state.save() != saved:
            return "the states have changed"
    return None


def asks_for_a_state():
    """A session has no state of its own, and one without states makes none."""
    model = decoder()
    session, plain = compiled(model, CACHE), compiled(model, {})
    ids = {"ids": np.array([[1]])}
    for call, says in (
        (lambda: session.run(None, ids), "new_state()"),
        (lambda: session.run_with_iobinding(session.io_binding()), "new_state()"),
        (plain.new_state, "the model has no states"),
        (lambda: session.new_state().reserve(past=3), "expected the sizes"),
        (lambda: session.new_state().run(None, ids | {"past_key_0": np.zeros((1, HEADS, 0, DEPTH), np.float32)}), "unknown 'past_key_0'"),
        (lambda: session.new_state().run(["present_key_0"], ids), "unknown output 'present_key_0'"),
    ):
        try:
            call()
            return f"no error that says {says}"
        except accel.InvalidArgument as error:
            if says not in str(error):
                return f"it says: {error}"
    return None


def recurs(batch):
    model = recurrent(batch)
    states = {"h": "hn", "c": "cn"}
    state = compiled(model, states).new_state()
    rng = np.random.default_rng(4)
    for rows in (2, 2) if batch == 2 else (1, 3):
        zeros = {name: np.zeros((1, rows, 7), np.float32) for name in states}
        loop = Loop(model, states, zeros)
        for i, steps in enumerate((3, 1, 1, 5)):
            x = {"x": rng.standard_normal((steps, rows, 5)).astype(np.float32)}
            if why := same(state, loop, x, f"batch {rows}, step {i}"):
                return why
        if state.position is not None:
            return "it has a position"
        try:
            state.rewind(0)
            return "it can be rewound"
        except accel.InvalidArgument as error:
            if "each run replaces it" not in str(error):
                return f"it says: {error}"
        state.reset()
    return None


def counts():
    model = counter()
    states = {"ring": "ring_next", "at": "at_next", "total": "total_next"}
    state = compiled(model, states).new_state()
    zeros = {"ring": np.zeros((6, 4), np.float32), "at": np.zeros(1, np.int64), "total": np.zeros((2, 4), np.float32)}
    loop, rng = Loop(model, states, zeros), np.random.default_rng(5)
    for i in range(9):
        if why := same(state, loop, {"x": rng.standard_normal((2, 4)).astype(np.float32)}, f"step {i}"):
            return why
    return None


def scripted():
    model, states = chosen(), {"past": "present"}
    session = compiled(model, states)
    state, rng = session.new_state(), np.random.default_rng(6)
    loop = Loop(model, states, {"past": np.zeros((0, 4), np.float32)})
    for i in range(12):
        x = rng.standard_normal((rng.integers(0, 6), 4)).astype(np.float32)
        if why := same(state, loop, {"x": x}, f"step {i}"):
            return why
    kept = state.tensors()["past"]
    state.rewind(3)
    return compare.difference(state.tensors()["past"], kept[:3])


def branches(batch):
    """A script whose branches make a state of one shape: only the run finds its dims."""
    b = Builder("branches", seed=9)
    x, h = b.input("x", [batch, 4]), b.input("h", [batch, 4])
    branch = lambda op: helper.make_graph([helper.make_node(op, ["h", "x"], [op])], op, [], [helper.make_tensor_value_info(op, 1, None)])
    positive = b.node("Greater", b.node("ReduceSum", x, keepdims=0), b.constant(np.float32(0)))
    h = b.node("If", positive, out="next", then_branch=branch("Add"), else_branch=branch("Sub"))
    b.output(b.node("Neg", x, out="y"), h)
    model, states = b.model(), {"h": "next"}
    state, rng = compiled(model, states).new_state(), np.random.default_rng(8)
    loop = Loop(model, states, {"h": np.zeros((2, 4), np.float32)})
    for i in range(6):
        if why := same(state, loop, {"x": rng.standard_normal((2, 4)).astype(np.float32)}, f"step {i}"):
            return why
    return None


def survives_damage():
    """Bytes that say something else than what was saved are refused, or are numbers."""
    state = compiled(decoder(layers=1), CACHE).new_state()
    ids = {"ids": np.array([[1, 2, 3]])}
    state.run(None, ids)
    good = state.save()
    for size in list(range(0, 200)) + list(range(200, len(good), 7)):
        try:
            state.load(good[:size])
            return f"the first {size} of {len(good)} bytes are taken"
        except accel.InvalidArgument:
            pass
    for longer in (good + b"\0" * 8, good + good):
        try:
            state.load(longer)
            return "more bytes are taken"
        except accel.InvalidArgument:
            pass
    rng = np.random.default_rng(7)
    for _ in range(3000):
        data = bytearray(good)
        for at in rng.integers(0, 300, rng.integers(1, 4)):
            data[at] = rng.choice([0, 1, 127, 128, 255, int(rng.integers(256))])
        try:
            state.load(data)
        except accel.InvalidArgument:
            continue
        try:
            state.run(None, ids)
        except accel.Error:
            pass
    state.load(good)
    return None if state.save() == good else "good bytes are loaded otherwise"


def refused_load(other, state, says):
    first = compiled(decoder(), CACHE).new_state()
    first.run(None, {"ids": np.array([[1, 2]])})
    try:
        compiled(other, state).new_state().load(first.save())
        return "it is taken"
    except accel.InvalidArgument as error:
        return None if says in str(error) else f"it says: {error}"


def refused(make, state, *says):
    try:
        compiled(make(), state)
        return "it is compiled"
    except accel.CompileError as error:
        missing = [text for text in says if text not in str(error)]
        return f"it says: {error}" if missing else None


def pair(before, after, dtype="float32"):
    """past -> present of other dims, by a Reshape or Cast."""
    b = Builder("pair")
    past, x = b.input("past", before), b.input("x", ["n"])
    if dtype != "float32":
        past = b.node("Cast", past, to=11)
    if after != before:
        past = b.node("Expand", past, ints(b, *after))
    b.output(b.node("Identity", x, out="y"), b.node("Neg", past, out="present"))
    return b.model()


SCRATCH = tempfile.TemporaryDirectory()
NAMES = "its inputs are 'ids', 'past_key_0', 'past_value_0', 'past_key_1', 'past_value_1'"
CASES = {
    "decode/steps": lambda: decode([1] * 20),
    "decode/prompt": lambda: decode([7, 1, 1, 5, 1]),
    "decode/one sequence": lambda: decode([7, 1, 1, 5, 1], batch=1),
    "decode/threads": lambda: decode([33, 1, 1], threads=2),
    "decode/positions first": lambda: decode([3, 1, 2], axis=0),
    "decode/positions second": lambda: decode([3, 1, 2], axis=1),
    "decode/positions last": lambda: decode([3, 1, 2], axis=3),
    "decode/plain": lambda: decode([3, 1, 2], opt_level=0),
    "decode/two pieces": lambda: decode([3, 1, 2], grow="three"),
    "decode/new ones first": lambda: decode([3, 1, 2], grow="first"),
    "decode/prompt without logits": asks_for_nothing,
    "reserved": allocates_nothing,
    "rewound": rewinds,
    "rewound/positions last": lambda: rewinds(axis=3),
    "rewound/copied": lambda: rewinds(grow="first"),
    "forked, saved and loaded": forks,
    "a run fails": keeps_when_a_run_fails,
    "a session without a state": asks_for_a_state,
    "lstm": lambda: recurs(2),
    "lstm/any batch": lambda: recurs("batch"),
    "one shape": counts,
    "script": scripted,
    "script/branches": lambda: branches("batch"),
    "script/fixed sizes": lambda: branches(2),
    "damaged": survives_damage,
    "load/fewer": lambda: refused_load(decoder(layers=1), CACHE, "more or fewer of them"),
    "load/named otherwise": lambda: refused_load(decoder(first=1), CACHE, "that of 'past_key_1' has another name"),
    "load/grows otherwise": lambda: refused_load(decoder(axis=1), CACHE, "lies or grows otherwise"),
    "refused/no input": lambda: refused(decoder, {"last_*": "present_*"}, "no input like 'last_*'", NAMES),
    "refused/no output": lambda: refused(decoder, {"past_*": "next_*"}, "no output 'next_key_0' for input 'past_key_0'", "'next_value_1'"),
    "refused/no names": lambda: refused(decoder, {"past": "present"}, "no input 'past'"),
    "refused/all at once": lambda: refused(decoder, {"a": "b", "past_key_0": "c"}, "no input 'a'", "no output 'c'"),
    "refused/input twice": lambda: refused(
        decoder, {"past_*": "present_*", "past_key_0": "present_key_1"}, "input 'past_key_0' is paired with output 'present_key_0' already"
    ),
    "refused/output twice": lambda: refused(
        decoder, {"past_*": "present_*", "ids": "present_key_1"}, "output 'present_key_1' is paired with input 'past_key_1' already"
    ),
    "refused/pair twice": lambda: refused(decoder, {"past_*": "present_*", "past_key_0": "present_key_0"}, "are paired twice"),
    "refused/half a pattern": lambda: refused(decoder, {"past_*": "present"}, "expected one '*' on each side, or none"),
    "refused/two stars": lambda: refused(decoder, {"past_*_*": "present_*_*"}, "expected one '*' on each side, or none"),
    "refused/nothing": lambda: refused(decoder, {"past": ""}, "expected an input and the output"),
    "refused/type": lambda: refused(lambda: pair(["n", 4], ["n", 4], "float64"), {"past": "present"}, "different element types, f32 and f64"),
    "refused/rank": lambda: refused(lambda: pair([4, 1], [2, 4, 1]), {"past": "present"}, "different ranks, 2 and 3"),
    "refused/two dims": lambda: refused(lambda: pair([1, 1, 4], [2, 3, 4]), {"past": "present"}, "differ in the dims 0, 1"),
    "refused/fixed size": lambda: refused(lambda: pair([1, 4], [2, 4]), {"past": "present"}, "dim 0 of 'past' is always 1", "dynamic dim"),
}


def main():
    args = suite.parse(suite.parser(__doc__))
    suite.finish(suite.run("state", CASES, args))


if __name__ == "__main__":
    main()
