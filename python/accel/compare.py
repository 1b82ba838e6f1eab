# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares every value of a model with ONNX Runtime's, node by node, and names the first that differs.

    python -m accel.compare model.onnx --dim batch=2 --compile=-O3
    rows = accel.compare.compare("model.onnx", {"x": x}, opt_level=3)

accel-run model.onnx --compare=onnxruntime calls it with inputs that accel-run reads or makes.
"""
import argparse
import math
import os
import sys
import tempfile
import zipfile
import zlib

import numpy as np

from . import _abi, _compile, _dtypes, errors
from ._context import Values, address
from ._difference import measure
from ._graph import Graph, need
from ._session import InferenceSession

MEGABYTES = 1024  # of values that are held at a time, unless told otherwise
_NOT_IN_NUMPY = "float8", "bfloat", "float4", "float6", "int4", "int2", "uint4", "uint2"


class Row:
    """A value of the model: the node and op that make it, its name and type, and its Difference."""

    __slots__ = ("node", "op", "value", "type", "is_output", "difference")

    def __init__(self, node, op, value, type, is_output, difference):
        self.node, self.op, self.value, self.type = node, op, value, type
        self.is_output, self.difference = is_output, difference

    @property
    def ok(self):
        return self.difference.ok


def compare(
    model,
    feeds=None,
    *,
    seed=0,
    dims=None,
    shapes=None,
    relative=None,
    absolute=None,
    megabytes=MEGABYTES,
    report=None,
    flags=(),
    **options,
):
    """A Row for each value that the outputs of the ONNX file need, producers first.

    feeds               arrays by the inputs' names, or a file of them; without them, random ones by seed
    dims, shapes        sizes of named dims and shapes of inputs, for random feeds
    relative, absolute  what a float may be off by, instead of what fits its dtype
    megabytes           of values held at a time: a model of more is compiled and run in parts
    report              called with each Row as soon as there is one
    flags, options      as accel.compile takes them
    """
    path = os.fspath(model)
    graph = Graph(path)
    runtime = need("onnxruntime", "comparing with ONNX Runtime")
    rows = []
    with tempfile.TemporaryDirectory(prefix="accel-") as folder:

        def session(names):
            library = os.path.join(folder, f"part{len(os.listdir(folder))}.so")
            return InferenceSession(_compile.compile(path, library, flags, debug_outputs=names, **options))

        whole = session("all")
        if feeds is None:
            feeds = random_feeds(whole, seed, dims or {}, shapes or {})
        elif isinstance(feeds, (str, os.PathLike)):
            feeds = read_feeds(feeds, whole.get_inputs())
        ports = {port.name: port for port in whole._outputs}
        values = [name for name in graph.values() if name in ports]
        parts = _parts(whole, feeds, values, megabytes * 1e6)
        for part in parts:
            # Run in parts, `whole` would still hold all the values before a part: they are outputs.
            ours = whole if len(parts) == 1 else session(part)
            got = ours.run(part, feeds)
            expected = _reference(runtime, graph, part, ports, feeds)
            for name, value, reference in zip(part, got, expected):
                node, port = graph.producers[name], ports[name]
                difference = measure(value, reference, port.dtype, relative, absolute, name in graph.quantized)
                rows.append(Row(node.name, node.op, name, _type_text(port, value), name in graph.outputs, difference))
                if report:
                    report(rows[-1])
    return rows


def random_feeds(session, seed, dims, shapes):
    """Floats from N(0,1), integers from 0..9; a dim without a size is the smallest that the model takes, at least 1."""
    generator, feeds = np.random.default_rng(seed), {}
    symbols = {symbol.name: symbol for symbol in session._library.symbols}
    for name in [*dims, *shapes]:
        if name not in symbols and name not in [port.name for port in session._inputs]:
            raise errors.InvalidArgument(f"the model has no dim and no input '{name}'; its dims are {list(symbols)}")
    for port in session._inputs:
        shape = shapes.get(port.name) or [d if isinstance(d, int) else dims.get(d, max(1, symbols[d].min)) for d in port.shape]
        if port.dtype.kind in "iu" or port.dtype.name in ("int4", "uint4", "int2", "uint2"):
            high = 10 if port.abi_dtype.bits >= 8 else 1 << (port.abi_dtype.bits - 1)
            feeds[port.name] = generator.integers(0, high, shape).astype(port.dtype)
        elif port.dtype.kind == "b":
            feeds[port.name] = generator.integers(0, 2, shape).astype(bool)
        else:
            feeds[port.name] = np.asarray(generator.standard_normal(shape)).astype(port.dtype)
    return feeds


def _parts(session, feeds, names, budget):
    """The names in parts whose values take about that many bytes; those of unknown size count as the largest."""
    context = session._idle[-1]
    if session._only_tensors:
        shapes = context.output_shapes(_inputs(session, feeds))
        sizes = {
            port.name: None if shape is None else math.prod(shape) * port.dtype.itemsize for port, shape in zip(session._outputs, shapes)
        }
    else:
        sizes = {}
    largest = max([size for size in sizes.values() if size is not None], default=0)
    parts, room = [], 0
    for name in names:
        size = sizes.get(name)
        # the engine's, the reference's, and what measuring needs
        size = 6 * (largest if size is None else size)
        if not parts or size > room:
            parts.append([])
            room = budget
        parts[-1].append(name)
        room -= size
    return parts


def _inputs(session, feeds):
    arrays = session._arrays(feeds)
    values = Values(len(arrays))
    for i, (port, array) in enumerate(zip(session._inputs, arrays)):
        values.set_tensor(i, address(array), port.abi_dtype, array.shape)
    return values


def _reference(runtime, graph, names, ports, feeds):
    """The values of these names as ONNX Runtime computes them, without its own fusions."""
    foreign = {name for name in names if ports[name].dtype is not None and ports[name].dtype.name.startswith(_NOT_IN_NUMPY)}
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # what it would log is raised, too
    folder = os.path.dirname(os.path.abspath(graph.path))
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", folder)
    model = graph.with_outputs(names, foreign)
    problem = None
    for level in (runtime.GraphOptimizationLevel.ORT_DISABLE_ALL, runtime.GraphOptimizationLevel.ORT_ENABLE_BASIC):
        options.graph_optimization_level = level
        try:
            session = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
            return session.run(None, {name: _for_reference(value) for name, value in feeds.items()})
        except Exception as error:  # its exceptions have no common base but this
            problem = problem or error
    raise errors.RunFailed(f"ONNX Runtime cannot run '{graph.path}': {problem}")


def _for_reference(value):
    """An array as ONNX Runtime takes it: types of ml_dtypes as OrtValues."""
    value = np.asarray(value)
    if not value.dtype.name.startswith(_NOT_IN_NUMPY):
        return value
    import onnxruntime

    code = {name: number for _, _, _, name, number in _dtypes._TABLE}[value.dtype.name]
    return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(value.view(f"u{value.dtype.itemsize}"), code)


def _type_text(port, value):
    if port.kind != _abi.TENSOR:
        return port.type
    return f"{port.dtype}[{'x'.join(map(str, np.shape(value)))}]"


#===-- Command line ------------------------------------------------------------------------===#


def _number(value):
    if isinstance(value, (bool, int)):
        return str(value)
    return f"{value:.6g}" if isinstance(value, (float, complex)) else str(value)


def _line(row, width):
    state = "ok       " if row.ok else "DIFFERENT"
    difference = row.difference
    text = f"{state}  {_cut(row.node, width):{width}}  {_printable(row.op):20}  {row.type:26}"
    if difference.what:
        text += f"  {difference.what}"
    else:
        text += f"  {difference.absolute:9.3g}  {difference.relative:9.3g}"
        if difference.absolute:
            text += f"  {difference.where}: {_number(difference.got)}, expected {_number(difference.expected)}"
        if difference.wrong:
            text += f"; {difference.wrong} of {difference.elements} are wrong"
    return text + ("  (output)" if row.is_output else "")


def _printable(text):
    """The text on one line, without what a terminal acts on: names are whatever the file says."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _cut(text, width):
    text = _printable(text)
    return text if len(text) <= width else "..." + text[len(text) - width + 3 :]


def _summary(rows):
    wrong = [row for row in rows if not row.ok]
    outputs = [row for row in rows if row.is_output]
    if not wrong:
        worst = max(rows, key=lambda row: row.difference.relative, default=None)
        text = f"all {len(rows)} values agree"
        if worst is not None:
            text += f"; the largest error is {worst.difference.relative:.3g} of the largest element, in node '{_printable(worst.node)}'"
        return text
    first = wrong[0]
    return (
        f"the first that differs is node '{_printable(first.node)}' ({_printable(first.op)}), "
        f"value '{_printable(first.value)}'; what it reads agrees\n"
        f"{len(wrong)} of {len(rows)} values differ, and {sum(not row.ok for row in outputs)} of {len(outputs)} outputs"
    )


def _pair(flag, text):
    name, _, value = text.rpartition("=")
    if not name:
        raise errors.InvalidArgument(f"{flag} '{text}': expected name=value")
    return name, value


def _sizes(flag, text):
    try:
        sizes = [int(size) for size in text.split("x")] if text else []
    except ValueError:
        sizes = [-1]
    if any(size < 0 for size in sizes):
        raise errors.InvalidArgument(f"{flag}: '{text}' is no shape, expected sizes as in 1x3x224x224")
    return sizes


def read_feeds(path, ports):
    """The inputs in an .npz file (by name, or arr_0 ...) or in a folder with 0.npy, 1.npy ..., one for each input."""
    try:
        if os.path.isdir(path):
            arrays = {port.name: np.load(os.path.join(path, f"{i}.npy")) for i, port in enumerate(ports)}
        else:
            with np.load(path) as file:
                arrays = dict(file)
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise errors.InvalidArgument(f"cannot read the inputs '{path}': {error}; expected a file of numpy.savez") from None
    feeds = {}
    for i, port in enumerate(ports):
        array = arrays.get(port.name, arrays.get(f"arr_{i}"))
        if array is None:
            raise errors.InvalidArgument(f"'{path}' has no array '{port.name}'; it has {list(arrays)}")
        if array.dtype.kind == "V" and array.dtype.itemsize == port.dtype.itemsize:
            array = array.view(port.dtype)  # NumPy's files have no name for it
        feeds[port.name] = array
    return feeds


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m accel.compare",
        description="Compares every value of a model with ONNX Runtime's and names the first node that differs.",
        epilog="Exit status: 0 all agree, 1 a mistake in the command, a file or the model, 2 values differ. "
        "Floats may be off by what fits their type; in what follows from a rounding to 8 bits, by a step of that; "
        "other values not at all. 'of largest' is the error divided by the tensor's largest element.",
    )
    parser.add_argument("model", help="the .onnx file")
    parser.add_argument("--inputs", metavar="FILE", help="an .npz file (numpy.savez), arrays by name or position")
    parser.add_argument("--seed", type=int, default=0, help="of random inputs (0)")
    parser.add_argument("--shape", action="append", default=[], metavar="NAME=2x3", help="shape of a random input")
    parser.add_argument("--dim", action="append", default=[], metavar="NAME=4", help="size of a named dim of random inputs")
    parser.add_argument("--compile", action="append", default=[], metavar="FLAG", help="a flag for accel-compile")
    parser.add_argument("--rtol", type=float, help="error allowed of a float, relative to itself and to its tensor's largest")
    parser.add_argument("--atol", type=float, help="absolute error allowed of a float besides (1e-6)")
    parser.add_argument("--memory", type=float, default=MEGABYTES, metavar="MB", help=f"of values held at a time ({MEGABYTES}); more are taken in parts")
    parser.add_argument("--wrong-only", action="store_true", help="show only what differs")
    return parser


def main(words=None):
    options = _parser().parse_args(words)
    try:
        return _run(options)
    except (errors.Error, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        if isinstance(error, errors.RunFailed) and not options.inputs:
            print("    The inputs are random: give sizes with --dim or --shape, or give --inputs.", file=sys.stderr)
        return 1


def _run(options):
    if not os.path.isfile(options.model):
        raise errors.NoSuchFile(f"cannot open the model '{options.model}': no such file")
    if not options.memory > 0:
        raise errors.InvalidArgument(f"--memory {options.memory:g}: expected megabytes, more than 0")
    dims = {}
    for name, value in (_pair("--dim", text) for text in options.dim):
        (dims[name],) = _sizes("--dim", value) or [-1]
    shapes = {name: _sizes("--shape", value) for name, value in (_pair("--shape", text) for text in options.shape)}
    graph = Graph(options.model)
    width = min(48, max([len(_printable(node.name)) for node in graph.nodes], default=4))
    heading = f"{'':9}  {'node':{width}}  {'op':20}  {'value':26}  {'error':>9}  {'of largest':>9}  where the error is largest"
    shown = []

    def report(row):
        if not shown:
            print(heading)
        shown.append(row)
        if not (options.wrong_only and row.ok):
            print(_line(row, width), flush=True)

    rows = compare(
        options.model,
        options.inputs,
        seed=options.seed,
        dims=dims,
        shapes=shapes,
        relative=options.rtol,
        absolute=options.atol,
        megabytes=options.memory,
        flags=options.compile,
        report=report,
    )
    print(_summary(rows))
    return 0 if all(row.ok for row in rows) else 2


if __name__ == "__main__":
    sys.exit(main())
