# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Other machines: models and rows of the op tables as programs for aarch64 and riscv64, run by qemu-user."""

import functools
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

import compare
import emulated
import engine
import generate
import models
import ops
import suite

# Real models that are small enough for an emulator. Those marked `long` only --all runs.
ZOO = """
mnist_cntk_v8 mnist_convinteger quantized_mlp acasxu_2_5 godot_ballchase
mnist_cnn_pytorch:long mnist_burn_bn:long mnist_rten_op18:long cifar_wide_kw:long g1_policy:long
self_attention_mnist:long t5_random_encoder:long bert_toy_5layer:long blazeface_front:long micro_kws_fp32:long
tinybert:long dtln_1:long dtln_2:long conv_qdq_s8_perchannel:long
cntk_lstm_bidir:long cntk_scan:long byte_bidi_lstm:long esp_streaming_model:long
""".split()
# Every row of this number is run, in one mode; all of them with --all.
STRIDE = 24
# And always, in all modes, those that went wrong on one machine only.
ALWAYS = ("Cast/Nx17:int64/to=2",)
# Ops whose libraries are those of the compiler's own machine: refused for others, as refused() tests.
HERE_ONLY = {"ImageDecoder"}


def on(triple, case):
    engine.TRIPLE = triple
    try:
        return case()
    finally:
        engine.TRIPLE = None


def lacking():
    """A model for a newer CPU runs on one that has what it needs, and says on another what that lacks."""
    model = generate.MODELS["mlp"][0]()
    feeds = engine.random_feeds(model, {})
    with engine.compiled(model, cpu="neoverse-v2") as open_session:
        session = open_session()
        want = engine.Reference(model).run(feeds)
        if why := compare.differences(session.run(None, feeds), want):
            return why
        session.command[1:1] = ["-cpu", "cortex-a53"]
        try:
            session.run(None, feeds)
        except RuntimeError as error:
            said = "this machine lacks lse, fullfp16,"
            return None if said in str(error) else f"expected '{said}', got '{error}'"
    return "a model for neoverse-v2 ran on a cortex-a53"


def refused():
    """What only the compiler's own machine has is refused with the node's name, before anything is linked."""
    found = {}
    for table in ops.TABLES:
        found |= {row.op: row for row in table.rows() if row.op in HERE_ONLY}
    for op, row in found.items():
        try:
            with engine.compiled(row.model("static")[0]):
                return f"{op} was compiled"
        except Exception as error:
            if f"node 'the_{op}'" not in str(error):
                return f"{op}: {error}"
    return None if set(found) == HERE_ONLY else f"no rows of {HERE_ONLY - set(found)}"


def rows(every):
    """name -> case of the op tables: each row in one mode, the modes in turn; those of ALWAYS in all."""
    found = {}
    for table in ops.TABLES:
        for number, row in enumerate(row for row in table.rows() if row.op not in HERE_ONLY):
            modes = list(row.modes())
            if row.name() not in ALWAYS:
                modes = [] if number % every else [modes[number // every % len(modes)]]
            for mode in modes:
                found[f"{row.name()}/{mode}"] = functools.partial(ops.check, row, mode)
    return found


def main():
    args = suite.parse(suite.parser(__doc__))
    cases, skipped = {}, {}
    for triple in emulated.MACHINES:
        if why := emulated.missing(triple):
            skipped[triple] = why
            continue
        own = {}
        for word in ZOO:
            name, _, long = word.partition(":")
            if args.all or not long:
                own[f"zoo/{name}"] = functools.partial(models.zoo_against_runtime, name, None)
        for name in generate.MODELS if args.all else ("mlp", "attention"):
            own[f"generated/{name}"] = functools.partial(models.generated, *generate.MODELS[name])
        for name, case in rows(1 if args.all else STRIDE).items():
            own[f"ops/{name}"] = case
        own["refused"] = refused
        for name, case in own.items():
            cases[f"{triple}/{name}"] = functools.partial(on, triple, case)
    if "aarch64-linux-gnu" not in skipped:
        cases["aarch64-linux-gnu/lacking"] = functools.partial(on, "aarch64-linux-gnu", lacking)
    suite.finish(suite.run("cross", cases, args, skipped))


if __name__ == "__main__":
    main()
