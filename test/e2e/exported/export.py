# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes architectures as ONNX files by PyTorch's exporters, with seeded random weights.

usage: export.py FOLDER [NAME.EXPORTER.SHAPES ...]       all that table.py lists, if none is named
       export.py --list

Files that exist are left as they are. It needs PyTorch (README.md says how to install it) and no GPU.
"""

import argparse
import contextlib
import importlib
import inspect
import io
import logging
import os
import shutil
import sys
import tempfile
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# Nothing is to be loaded from anywhere.
os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}

import table


def tensors(row, sizes, seed):
    import torch

    return tuple(torch.from_numpy(array) for array in row.feeds(sizes, seed).values())


def flat(results):
    return [results] if hasattr(results, "shape") else list(results)


def build(name, row):
    """The module with its weights, which depend on the row alone."""
    import torch
    from weights import seed_weights

    torch.manual_seed(0)
    module = getattr(importlib.import_module(f"families.{row.family}"), name)()
    # Enough samples that a batch norm after a global pooling has a variance to go by.
    model = seed_weights(module, tensors(row, row.sizes[1] | {"batch": 8}, seed=3))
    with torch.no_grad():
        one, other = (flat(model(*tensors(row, row.sizes[0], seed))) for seed in (1, 2))
    for output, a, b in zip(row.outputs, one, other, strict=True):
        if not a.isfinite().all() or a.abs().max() > 1e4 or (a.shape == b.shape and (a - b).abs().max() < 1e-3):
            raise ValueError(f"{name}: the values of '{output}' are of no use to compare: {a}, {b}")
    return model


def nested(model, values):
    """A tuple of a value for each parameter of the model; those of *past, or the like, in a tuple of their own."""
    parameters = list(inspect.signature(model.forward).parameters.values())
    if parameters[-1].kind is not inspect.Parameter.VAR_POSITIONAL:
        return tuple(values)
    single = len(parameters) - 1
    return (*values[:single], tuple(values[single:]))


def export(model, row, exporter, shapes, path):
    import torch

    sizes = row.sizes[0] if shapes == "static" else row.sizes[1]
    names = [i.name for i in row.inputs]
    options = {"input_names": names, "output_names": list(row.outputs), "verbose": False}
    if exporter == "torchscript":
        options |= {"dynamo": False}
    else:
        options |= {"dynamo": True, "external_data": True}
    if shapes == "dynamic":
        axes = [{n: d for n, d in enumerate(i.dims) if isinstance(d, str)} for i in row.inputs]
        if exporter == "torchscript":
            options["dynamic_axes"] = dict(zip(names, axes))
        else:
            options["dynamic_shapes"] = nested(model, axes)
    torch.onnx.export(model, tensors(row, sizes, seed=1), path, **options)


def write(name, folder):
    """Makes the file, and the one of its weights if they are outside, whole or not at all."""
    row, exporter, shapes = table.files()[name]
    target = os.path.join(folder, name + ".onnx")
    if os.path.exists(target):
        return
    if why := row.missing(exporter, shapes):
        raise ValueError(why)
    model = build(name.split(".")[0], row)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                export(model, row, exporter, shapes, os.path.join(made, name + ".onnx"))
        except Exception:
            sys.stderr.write(said.getvalue())
            raise
        for file in sorted(os.listdir(made), key=lambda f: f.endswith(".onnx")):  # the model last
            shutil.move(os.path.join(made, file), os.path.join(folder, file))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("names", nargs="*", metavar="NAME.EXPORTER.SHAPES")
    parser.add_argument("--list", action="store_true", help="the names, and why there is none")
    args = parser.parse_args()
    if args.list:
        for name, (row, exporter, shapes) in table.files().items():
            why = row.missing(exporter, shapes)
            print(f"{name}: not made: {why}" if why else name)
        return
    if not args.folder:
        parser.error("say where to write to")
    unknown = [n for n in args.names if n not in table.files()]
    if unknown:
        parser.error(f"no such file: {', '.join(unknown)}; see --list")
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    os.makedirs(args.folder, exist_ok=True)
    failed = False
    for name in args.names or [n for n, entry in table.files().items() if not entry[0].missing(*entry[1:])]:
        try:
            write(name, args.folder)
            print(name, flush=True)
        except Exception as error:
            failed = True
            first = str(error).strip().splitlines()
            print(f"{name}: {type(error).__name__}: {first[0] if first else ''}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
