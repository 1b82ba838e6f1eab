# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every op at every element type that ONNX allows it, at ranks 0 to 5, around vector widths, with dims of 0 and 1.

A case is an op and a type: one model with a node for each shape, compiled with static dims, with named dims, and
without tiling (-O0), and compared with the onnx package's evaluator. --all runs each type; else types take turns.
"""

import os
import sys
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

import numpy as np
import onnx
from onnx import helper, numpy_helper

import compare
import engine
import suite

SHAPES = [(), (1,), (7,), (15, 1), (16,), (17,), (33,), (2, 0, 3), (3, 1, 5), (2, 1, 3, 7), (2, 3, 1, 2, 5), (5, 33)]
OPSET = 25
UNARY = """Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Ceil Celu Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid
HardSwish Identity IsInf IsNaN LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh
Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu Dropout Shape Size""".split()
BINARY = """Add And BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod
Mul Or Pow PRelu Sub Sum Xor""".split()
REDUCE = """ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
ReduceSumSquare""".split()
PAIRS = [((), ()), ((17,), ()), ((1,), (16,)), ((3, 1), (1, 33)), ((2, 7), (7,)), ((2, 0), (1, 1)), ((2, 1, 3, 1, 5), (3, 4, 1))]
POSITIVE = {"Log", "Sqrt", "Acosh", "Pow", "ReduceLogSum", "Reciprocal"}
SMALL = {"Acos", "Asin", "Atanh", "ReduceProd", "ReduceLogSumExp"}


def types(op):
    """NumPy dtypes of the op's first type variable."""
    schema = onnx.defs.get_schema(op, OPSET)
    variable = schema.inputs[0].type_str
    allowed = {t.type_param_str: t.allowed_type_strs for t in schema.type_constraints}.get(variable, [variable])
    found = []
    for name in allowed:
        name = name[len("tensor(") : -1] if name.startswith("tensor(") else ""
        name = {"float": "FLOAT", "double": "DOUBLE"}.get(name, name.upper())
        if name and name != "STRING" and name in onnx.TensorProto.DataType.keys():
            found.append(np.dtype(helper.tensor_dtype_to_np_dtype(onnx.TensorProto.DataType.Value(name))))
    return found


def values(rng, op, shape, dtype):
    made = engine.random_array(rng, shape, dtype) if dtype.kind in "buifc" else rng.standard_normal(shape)
    if dtype.kind in "ui":
        made = made % 5 + (1 if op in ("Div", "Mod", "Pow") else 0)
    elif dtype.kind not in "bc":
        made = np.abs(np.asarray(made, np.float64)) + 0.5 if op in POSITIVE else np.asarray(made, np.float64)
        if op in SMALL:
            made = np.tanh(made)
    with np.errstate(all="ignore"):
        return np.asarray(made).astype(dtype)


def nodes(op):
    """(shapes of the inputs that are fed, attributes, constants after them, number of outputs)"""
    if op in UNARY:
        yield from (([s], {}, [], 1) for s in SHAPES)
    elif op in BINARY:
        yield from ((list(pair), {}, [], 1) for pair in PAIRS)
    elif op in REDUCE:
        for shape in SHAPES[1:]:
            if 0 in shape and op in ("ReduceMean", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMin"):
                continue
            for keep in (0, 1):
                yield [shape], {"keepdims": keep}, [np.array([-1])], 1
            yield [shape], {}, [], 1
    elif op in ("Softmax", "LogSoftmax"):
        yield from (([s], {"axis": -1}, [], 1) for s in SHAPES[1:])
        yield from (([s], {"axis": 0}, [], 1) for s in SHAPES[1:] if 0 not in s)
    elif op == "Transpose":
        yield from (([s], {}, [], 1) for s in SHAPES)
    elif op == "Concat":
        yield from (([s, s], {"axis": len(s) - 1}, [], 1) for s in SHAPES if s)
        yield [(2, 0, 3), (2, 5, 3)], {"axis": 1}, [], 1
    elif op == "Flatten":
        yield from (([s], {"axis": len(s) // 2}, [], 1) for s in SHAPES if s)
    elif op == "Unsqueeze":
        yield from (([s], {}, [np.array([0])], 1) for s in SHAPES[:-2])
    elif op == "Squeeze":
        yield from (([(1, *s)], {}, [np.array([0])], 1) for s in SHAPES)
    elif op == "Reshape":
        yield from (([s], {"allowzero": 1}, [np.array([int(np.prod(s))])], 1) for s in SHAPES)
    elif op == "Expand":
        yield from (([s], {}, [np.array([2, *s], np.int64)], 1) for s in SHAPES)
    elif op == "Tile":
        yield from (([s], {}, [np.array([2] * len(s))], 1) for s in SHAPES if s)
    elif op == "Gather":
        yield from (([s], {"axis": 0}, [np.array([[0, -1]])], 1) for s in SHAPES if s and s[0])
        yield [(5, 33)], {"axis": 1}, [np.array([32, 0, -2])], 1
        yield [(5, 33)], {"axis": 1}, [np.zeros((0,), np.int64)], 1
    elif op == "Slice":
        for s in SHAPES[1:]:
            ends = np.array(s)
            yield [s], {}, [np.array([0] * len(s)), ends], 1
            yield [s], {}, [np.array([0]), np.array([0]), np.array([len(s) - 1])], 1
            yield [s], {}, [np.array([-1]), np.array([-(2**40)]), np.array([-1]), np.array([-2])], 1
    elif op == "Split":
        yield from (([(*s, 4)], {"axis": -1}, [np.array([1, 0, 3])], 3) for s in SHAPES)
    elif op == "Pad":
        for s in SHAPES[1:]:
            yield [s], {"mode": "constant"}, [np.array([1] * len(s) + [2] * len(s))], 1
    elif op == "Where":
        yield from ((["bool", *pair], {}, [], 1) for pair in PAIRS)
    elif op == "Trilu":
        yield from (([s], {"upper": k}, [], 1) for s in SHAPES if len(s) > 1 for k in (0, 1))
    elif op in ("DepthToSpace", "SpaceToDepth"):
        yield from (([s], {"blocksize": 2}, [], 1) for s in ((1, 4, 2, 6), (2, 8, 4, 2), (0, 4, 2, 2)))
    elif op == "MatMul":
        sizes = [(1, 1, 1), (7, 16, 17), (33, 1, 15), (2, 0, 3), (0, 3, 2), (3, 2, 0), (16, 33, 7)]
        yield from (([(m, k), (k, n)], {}, [], 1) for m, k, n in sizes)
        yield from (([(2, 1, m, k), (3, k, n)], {}, [], 1) for m, k, n in sizes[:2])
        yield [(7,), (7,)], {}, [], 1
        yield [(7,), (3, 7, 5)], {}, [], 1
    elif op == "Gemm":
        for m, k, n in ((1, 1, 1), (7, 16, 17), (2, 0, 3), (33, 15, 1)):
            yield [(m, k), (k, n), (n,)], {}, [], 1
            yield [(k, m), (n, k)], {"transA": 1, "transB": 1}, [], 1
    elif op in ("MaxPool", "AveragePool"):
        for s in ((1, 1, 7), (2, 3, 16, 5), (1, 17, 4, 3, 6)):
            yield [s], {"kernel_shape": [2] * (len(s) - 2)}, [], 1
            yield [s], {"kernel_shape": [3] * (len(s) - 2), "pads": [1] * (2 * len(s) - 4), "strides": [2] * (len(s) - 2)}, [], 1
    elif op in ("GlobalAveragePool", "GlobalMaxPool"):
        # The evaluator takes a maximum over the wrong dims where there are not two spatial dims.
        others = [(2, 7, 33), (1, 2, 3, 4, 5)] if op == "GlobalAveragePool" else []
        yield from (([s], {}, [], 1) for s in ((1, 1, 1, 1), (2, 3, 5, 1), *others))
    elif op == "Conv":
        for s, w in (((1, 1, 7), (1, 1, 1)), ((2, 3, 16, 5), (7, 3, 3, 2)), ((1, 17, 9), (16, 17, 3)), ((1, 2, 4, 4, 4), (3, 2, 2, 2, 2))):
            yield [s, w, w[:1]], {}, [], 1
            yield [s, w], {"pads": [1] * (2 * len(s) - 4), "strides": [2] * (len(s) - 2)}, [], 1
        yield [(1, 16, 8, 8), (16, 1, 3, 3)], {"group": 16}, [], 1


OPS = [*UNARY, *BINARY, *REDUCE, *"""Softmax LogSoftmax Transpose Concat Flatten Unsqueeze Squeeze Reshape Expand Tile
Gather Slice Split Pad Where Trilu DepthToSpace SpaceToDepth MatMul Gemm MaxPool AveragePool GlobalAveragePool
GlobalMaxPool Conv""".split()]


def model(op, dtype, chosen, named):
    """One model with a node for each of the chosen, and its inputs."""
    rng = np.random.default_rng(7)
    made, ports, initializers, outputs, feeds = [], [], [], [], {}
    for n, (shapes, attributes, constants, count) in enumerate(chosen):
        if op in ("Mod",) and dtype.kind not in "ui":
            attributes = {**attributes, "fmod": 1}
        names, kind = [], dtype
        for i, shape in enumerate(s for s in shapes if s != "bool"):
            names.append(f"x{n}_{i}")
            if shapes[0] == "bool" and i == 0:
                names.append(f"c{n}")
                feeds[names[1]] = np.ones(shape, bool)
                ports.append((names[1], np.dtype(bool), shape, f"{n}_{i}"))
            feeds[f"x{n}_{i}"] = values(rng, op, shape, kind)
            ports.append((f"x{n}_{i}", kind, shape, f"{n}_{i}"))
        if shapes[0] == "bool":
            names = [f"c{n}", *(name for name in names if name[0] == "x")]
        for i, constant in enumerate(constants):
            names.append(f"k{n}_{i}")
            initializers.append(numpy_helper.from_array(np.asarray(constant, np.int64), names[-1]))
        outs = [f"y{n}_{i}" for i in range(count)]
        made.append(helper.make_node(op, names, outs, name=f"{op}_{n}", **attributes))
        outputs += outs
    inputs = [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(kind),
            [f"d{of}_{j}" if named and size else size for j, size in enumerate(shape)],
        )
        for name, kind, shape, of in ports
    ]
    graph = helper.make_graph(made, "sweep", inputs, [onnx.ValueInfoProto(name=o) for o in outputs], initializers)
    opsets = [helper.make_opsetid("", OPSET)]
    built = helper.make_model(graph, opset_imports=opsets, ir_version=helper.find_min_ir_version_for(opsets))
    return onnx.shape_inference.infer_shapes(built, data_prop=True), feeds


def reference(built, feeds):
    from onnx.reference import ReferenceEvaluator

    found = []
    for node in built.graph.node:
        single = onnx.ModelProto()
        single.CopyFrom(built)
        del single.graph.node[:], single.graph.output[:]
        single.graph.node.append(node)
        single.graph.output.extend(onnx.ValueInfoProto(name=o) for o in node.output)
        found += [np.asarray(r) for r in ReferenceEvaluator(single).run(None, feeds)]
    return found


MOVES = """Transpose Concat Flatten Unsqueeze Squeeze Reshape Expand Tile Gather Slice Split Pad Where Trilu
DepthToSpace SpaceToDepth Identity Dropout Shape Size""".split()


def expected(op, dtype, built, feeds, chosen):
    """The evaluator's results; computed in float32 for narrow floats, whose sums it would round at every step."""
    try:
        if op in MOVES or dtype.kind in "iubc" or dtype.itemsize > 2:
            return reference(built, feeds)
        wide, _ = model(op, np.dtype(np.float32), chosen, False)
        raised = {k: v.astype(np.float32) if v.dtype == dtype else v for k, v in feeds.items()}
        return [w.astype(dtype) if w.dtype == np.float32 else w for w in reference(wide, raised)]
    except Exception as error:
        raise suite.Skip(f"the evaluator fails: {type(error).__name__}") from error


def check(op, dtype, modes):
    chosen = list(nodes(op))
    for mode in modes:
        built, feeds = model(op, dtype, chosen, mode == "named")
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            want = expected(op, dtype, built, feeds, chosen)
            options = {"opt_level": 0} if mode == "plain" else {}
            try:
                with engine.compiled(built, **options) as open_session:
                    got = open_session(2).run(None, feeds)
            except engine.Fallback:
                raise
            except Exception as error:
                # What needs static dims says so; nothing else may fail.
                if mode == "named" and "internal error" not in str(error) and "--shape" in str(error):
                    continue
                if "which is not supported yet" in str(error):
                    raise suite.Skip("refused with a message") from error
                raise
        for output, g, w in zip([o for n in built.graph.node for o in n.output], got, want):
            # The evaluator widens some sums of integers.
            if w.dtype != g.dtype and (w.dtype.kind, g.dtype.kind) in (("f", "f"), ("i", "i"), ("u", "u")):
                w = w.astype(g.dtype)
            if why := compare.difference(g, w, rtol=tolerance(dtype), atol=1e-2 if dtype.itemsize < 4 else 1e-4):
                return f"{mode}, output {output} of shape {list(w.shape)}: {why}"
    return None


def tolerance(dtype):
    return {"float64": 1e-6, "float32": 1e-3}.get(str(dtype), 3e-2)


def main():
    args = suite.parse(suite.parser(__doc__))
    cases = {}
    for number, op in enumerate(OPS):
        allowed = types(op)
        usual = [d for d in allowed if d == np.float32] or allowed[:1]
        turn = [d for i, d in enumerate(allowed) if (i + number) % 8 == 0]
        for dtype in allowed if args.all else list(dict.fromkeys([*usual, *turn])):
            modes = ("static", "named", "plain") if args.all or dtype == usual[0] else ("static",)
            if op in ("Pad", "Trilu") and "e8m0" in str(dtype):
                continue  # no zero
            cases[f"{op}/{dtype}"] = lambda op=op, dtype=dtype, modes=modes: check(op, dtype, modes)
    suite.finish(suite.run("sweep", cases, args))


if __name__ == "__main__":
    main()
