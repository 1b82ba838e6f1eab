# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every op at every type that ONNX allows it: the node tests again, with other element types.

For each op and each of its type variables, a node test that has a value of it is made anew with each type that its version
allows, and compared with the onnx package's evaluator. dtypes.txt lists what must pass: an op, a variable, types.
A line of dtypes-skip.txt says why others do not: a pattern of 'op variable type', a colon, and the reason.

  --all      every type; else each op takes turns
  --update   every type, those too that are not listed; writes dtypes.txt and docs/supported-ops.md anew
"""

import fnmatch
import functools
import os
import sys
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

import numpy as np
import onnx
from onnx import helper, numpy_helper

import cases
import compare
import engine
import suite

LISTED, SKIP = (os.path.join(HERE, name) for name in ("dtypes.txt", "dtypes-skip.txt"))
HEADER = "# Types at which ops agree with the evaluator. Written by: python test/conformance/dtypes.py --update\n"
TURNS = 6  # without --all, one of so many types of a variable
# Attributes that choose the type of a result.
CHOOSERS = ("to", "dtype", "output_dtype", "output_datatype")
CONVERSIONS = {"Cast", "CastLike", "QuantizeLinear"}
# Their results are a generator's, or those of a body graph, whose types would have to be changed with theirs.
OTHERS = {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Dropout", "If", "Loop",
          "Scan", "SequenceMap", "ImageDecoder"}


def tensor_type(text):
    """'tensor(float16)' and its sequences and optionals -> NumPy's dtype; None if there is none."""
    name = text.replace("optional(", "").replace("seq(", "").replace("tensor(", "").rstrip(")")
    name = {"float": "FLOAT", "double": "DOUBLE"}.get(name, name.upper())
    if name not in onnx.TensorProto.DataType.keys():
        return None
    return np.dtype(helper.tensor_dtype_to_np_dtype(onnx.TensorProto.DataType.Value(name)))


def kind(text):
    """"", "seq(" or "optional(" of a type's text."""
    return text.partition("tensor")[0].partition("seq")[0] or ("seq(" if text.startswith("seq") else "")


def converted(given, dtype):
    """A test's value in another type, with about the same meaning: signs stay where the type has them."""
    if isinstance(given, (list, tuple)):
        return [converted(g, dtype) for g in given]
    if given is None or given.dtype == dtype:
        return given
    if dtype.kind in "OSUT":
        return np.array([str(v) for v in given.ravel()], object).reshape(given.shape)
    if given.dtype.kind in "OSUT":
        return np.arange(given.size).reshape(given.shape).astype(dtype)
    wide = given.astype(np.float64) if given.dtype.kind != "c" else given
    with np.errstate(all="ignore"):
        if dtype == bool:
            return wide > 0
        if dtype.kind in "iu" or "int" in str(dtype):
            if given.dtype.kind not in "iub":
                wide = np.round(np.nan_to_num(wide.real) * 2)
            wide = np.abs(wide) if str(dtype).startswith("u") else wide
            limit = {"2": 1, "4": 7}.get(str(dtype).lstrip("uint"), 100)
            return np.clip(wide, -limit, limit).astype(dtype)
        return wide.astype(dtype)


def qualified(node):
    return f"{node.domain}.{node.op_type}" if node.domain else node.op_type


def formal(schema, ports, index):
    return ports[min(index, len(ports) - 1)] if ports else None


def variables(schema):
    """variable -> the types that it may have, as the schema writes them."""
    return {t.type_param_str: t.allowed_type_strs for t in schema.type_constraints}


def bearers(schema, node, variable):
    """The places of a node's inputs and outputs of a variable's type."""
    def places(names, ports):
        return [i for i, name in enumerate(names) if name and formal(schema, ports, i).type_str == variable]
    return places(node.input, schema.inputs), places(node.output, schema.outputs)


def retyped(test, variable, dtype):
    """(model, feeds) of a node test with another type for a variable, or None if nothing says its type.

    Where the package refuses that, all inputs that had the variable's type change with it.
    """
    model, [(inputs, _), *_] = test
    node, schema = model.graph.node[0], schema_of(test)
    reads, writes = bearers(schema, node, variable)
    ports = {port.name: port for port in model.graph.input}
    changed = {node.input[i] for i in reads}
    try:
        return made_anew(test, changed, writes, dtype)
    except onnx.shape_inference.InferenceError:
        own = {tensor_of(ports[name].type).elem_type for name in changed}
        return made_anew(test, {name for name in ports if tensor_of(ports[name].type).elem_type in own}, writes, dtype)


def made_anew(test, changed, writes, dtype):
    """With the inputs of these names changed to a type; where there are none, the attribute that chooses the type of a result."""
    model, [(inputs, _), *_] = test
    node, schema = model.graph.node[0], schema_of(test)
    feeds = {port.name: given for port, given in zip(model.graph.input, inputs)}
    feeds |= {name: converted(feeds[name], dtype) for name in changed}
    made = onnx.NodeProto()
    made.CopyFrom(node)
    if not changed:
        missing = [c for c in CHOOSERS if c in schema.attributes and c not in [a.name for a in made.attribute]]
        made.attribute.extend(helper.make_attribute(name, 1) for name in missing)
        chooser = [a for a in made.attribute if a.name in CHOOSERS or (a.name == "value" and a.HasField("t"))]
        own = next(port for port in model.graph.output if port.name == node.output[writes[0]])
        if not chooser and tensor_of(own.type).elem_type != helper.np_dtype_to_tensor_dtype(dtype):
            return None
        for attribute in chooser:
            if attribute.name == "value":
                attribute.t.CopyFrom(numpy_helper.from_array(converted(numpy_helper.to_array(attribute.t), dtype)))
            else:
                attribute.i = helper.np_dtype_to_tensor_dtype(dtype)
    ports = []
    for port in model.graph.input:
        kept = onnx.ValueInfoProto()
        kept.CopyFrom(port)
        if port.name in changed:
            tensor_of(kept.type).elem_type = helper.np_dtype_to_tensor_dtype(dtype)
        ports.append(kept)
    graph = helper.make_graph([made], "test", ports, [onnx.ValueInfoProto(name=o) for o in node.output if o])
    built = helper.make_model(graph, opset_imports=model.opset_import, ir_version=max(model.ir_version, 10))
    built = onnx.shape_inference.infer_shapes(built, data_prop=True, check_type=True, strict_mode=True)
    return built, feeds


def schema_of(test):
    model = test[0]
    node = model.graph.node[0]
    version = next(o.version for o in model.opset_import if o.domain in (node.domain, "" if node.domain == "ai.onnx" else node.domain))
    return onnx.defs.get_schema(node.op_type, version, node.domain)


def collect():
    """(op, variable) -> [tests that have a value of it], plain ones first; of ops that are one node of a test."""
    found = {}
    for name, test in sorted(cases.collect().items()):
        model = test[0]
        if len(model.graph.node) != 1 or model.functions or model.graph.initializer or model.graph.node[0].op_type in OTHERS:
            continue
        node = model.graph.node[0]
        if not onnx.defs.has(node.op_type, node.domain):
            continue
        schema = schema_of(test)
        for variable in variables(schema):
            reads, writes = bearers(schema, node, variable)
            # The type of what is only written follows from another, or an attribute chooses it.
            if reads or (writes and any(name in schema.attributes for name in (*CHOOSERS, "value"))):
                found.setdefault((qualified(node), variable), []).append(test)
    return found


def candidates(tests, variable):
    """type -> the tests that may be made anew with it, those that have it already first. A tensor stays a tensor."""
    allowed = {}
    for test in tests:
        schema, node = schema_of(test), test[0].graph.node[0]
        ports = {port.name: port.type for port in [*test[0].graph.input, *test[0].graph.output]}
        reads, writes = bearers(schema, node, variable)
        bearer = ports[node.input[reads[0]] if reads else node.output[writes[0]]]
        container = {"sequence_type": "seq(", "optional_type": "optional("}.get(bearer.WhichOneof("value"), "")
        for text in variables(schema)[variable]:
            dtype = tensor_type(text)
            if dtype is None or container != kind(text):
                continue
            own = tensor_of(bearer).elem_type == helper.np_dtype_to_tensor_dtype(dtype)
            name = "string" if dtype == object else str(dtype)
            fit = allowed.setdefault(name, (dtype, []))[1]
            fit.insert(0 if own else len(fit), test)
    return allowed


def narrow(dtype):
    return dtype.kind not in "biucOSUT" and dtype.itemsize < 4 and "int" not in str(dtype)


def expected(test, variable, dtype, built, feeds):
    """The evaluator's results; of sums of narrow floats computed in float32, since it would round every step."""
    from onnx.reference import ReferenceEvaluator

    model, given = built, feeds
    if narrow(dtype) and test[0].graph.node[0].op_type not in CONVERSIONS:
        try:
            model, _ = retyped(test, variable, np.dtype(np.float32))
            given = {k: lifted(v, dtype) for k, v in feeds.items()}
        except Exception:  # the op does not have the type
            pass
    try:
        results = ReferenceEvaluator(model).run(None, given)
    except Exception as error:
        raise suite.Skip(f"the evaluator fails: {type(error).__name__}") from error
    declared = [tensor_of(port.type).elem_type for port in built.graph.output]
    return [as_declared(r, helper.tensor_dtype_to_np_dtype(d) if d else None) for r, d in zip(results, declared)]


def lifted(given, dtype):
    if isinstance(given, list):
        return [lifted(g, dtype) for g in given]
    return given.astype(np.float32) if getattr(given, "dtype", None) == dtype else given


def as_declared(result, dtype):
    """The evaluator returns some results in wider types than the standard says."""
    if isinstance(result, list):
        return [as_declared(r, dtype) for r in result]
    if result is None or dtype is None:
        return result
    result = np.asarray(result)
    return result if result.dtype.kind in "OSUT" else result.astype(dtype)


def tensor_of(kind):
    """The tensor's type inside of sequences and optionals."""
    while kind.WhichOneof("value") in ("sequence_type", "optional_type"):
        kind = getattr(kind, kind.WhichOneof("value")).elem_type
    return kind.tensor_type


def says_much(want):
    """Whether the results could not come from nothing: neither empty nor all the same."""
    arrays = [np.asarray(w) for w in want if not isinstance(w, list)]
    return any(len(set(map(str, a.ravel().tolist()))) > 1 for a in arrays)


def check(tests, variable, dtype, listed=False):
    """Compares a test that can be made of the type and that the evaluator knows; one whose results differ from each other, if any."""
    why, best = suite.Skip("no node test can be made of this type"), None
    for test in tests[:12]:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                made = retyped(test, variable, dtype)
            except Exception as error:
                why = suite.Skip(f"the onnx package refuses it: {type(error).__name__}")
                continue
            if made is None:
                continue
            built, feeds = made
            try:
                want = expected(test, variable, dtype, built, feeds)
            except suite.Skip as skip:
                why = skip
                continue
            if best is None or says_much(want):
                best = built, feeds, want
            if says_much(want):
                break
    if best is None:
        if listed:  # what is promised must not go unnoticed
            return str(why)
        raise why
    built, feeds, want = best
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        with engine.compiled(built, fallback=True) as open_session:
            got = open_session(2).run(None, feeds)
    narrowed = {"float32": 1e-3} | ({} if not narrow(dtype) else {str(dtype): 4e-2})
    return compare.differences(got, want, rtol=narrowed, atol=1e-2 if narrow(dtype) else 1e-5)


def read_listed():
    with open(LISTED) as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return {f"{op} {variable} {dtype}" for op, variable, *dtypes in rows for dtype in dtypes}


def write_listed(labels):
    rows = {}
    for label in sorted(labels):
        op, variable, dtype = label.split()
        rows.setdefault((op, variable), []).append(dtype)
    with open(LISTED, "w") as file:
        file.write(HEADER)
        for (op, variable), dtypes in sorted(rows.items()):
            file.write(" ".join([op, variable, *dtypes]) + "\n")


def read_skips():
    with open(SKIP) as file:
        return [tuple(part.strip() for part in line.partition(":")[::2]) for line in file if line.strip() and not line.startswith("#")]


def check_page():
    import supported

    return supported.difference()


def main():
    parser = suite.parser(__doc__)
    parser.add_argument("--update", action="store_true")
    args = suite.parse(parser)
    listed = read_listed() if os.path.exists(LISTED) else set()
    skips, todo, extra, reasons = read_skips() if os.path.exists(SKIP) else [], {}, {}, {}
    for number, ((op, variable), tests) in enumerate(sorted(collect().items())):
        for turn, (name, (dtype, fit)) in enumerate(sorted(candidates(tests, variable).items())):
            label, case = f"{op} {variable} {name}", functools.partial(check, fit, variable, dtype, f"{op} {variable} {name}" in listed)
            if label not in listed:
                extra[label] = case
                reasons[label] = next((why for pattern, why in skips if fnmatch.fnmatch(label, pattern)), "unlisted: in neither dtypes.txt nor dtypes-skip.txt")
            elif args.all or args.update or args.only or (turn + number) % TURNS == 0:
                todo[label] = case
    todo["docs/supported-ops.md"] = check_page
    passing = set()
    if args.update:
        outcomes = suite.run("unlisted", extra, args, promised=False)
        passing = {label for label, outcome in outcomes.items() if outcome.kind == "passed"}
    outcomes = suite.run("dtypes", todo, args, {label: why for label, why in reasons.items() if label not in passing})
    if args.update and not args.only:
        write_listed(passing | {label for label, outcome in outcomes.items() if outcome.kind == "passed" and label in listed})
        import supported

        supported.write()
    suite.finish(outcomes)


if __name__ == "__main__":
    main()
