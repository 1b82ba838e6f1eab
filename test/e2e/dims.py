# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small graphs whose sizes are computed from the dims of their inputs, in the manner of exporters.

GRAPHS is name -> (the graph in ONNX's text form, the sizes of its named dims to try). Where a dim meets a number k, the
sizes are those around it: 0, 1, k - 1, k, k + 1. REFUSED is name -> (graph, sizes, what the run's message must say).
"""

import onnx.parser

GRAPHS, REFUSED = {}, {}


def around(k, dim="n", **others):
    return [{dim: size, **others} for size in sorted({0, 1, 2, k - 1, k, k + 1, 3 * k})]


def graph(name, sizes, signature, body, constants="", opset=17):
    text = f'<ir_version: 8, opset_import: ["" : {opset}]>\n{name} {signature}\n<{constants}>\n{{{body}}}'
    GRAPHS[name] = (text, sizes)
    return text


def parsed(text):
    return onnx.parser.parse_model(text)


# --- slices to a given end, from a given start ---

graph(
    "first_five", around(5), "(float[n, 4] x) => (float[m, 4] y)", "y = Slice(x, start, end)",
    "int64[1] start = {0}, int64[1] end = {5}",
)
graph(
    "last_five", around(5), "(float[n, 4] x) => (float[m, 4] y)", "y = Slice(x, start, end)",
    "int64[1] start = {-5}, int64[1] end = {1000000000}",
)
graph(
    "inside", around(7), "(float[n, 4] x) => (float[m, 4] y)", "y = Slice(x, start, end, axes, steps)",
    "int64[1] start = {-7}, int64[1] end = {-2}, int64[1] axes = {0}, int64[1] steps = {2}",
)
graph(
    "from_three", around(3), "(float[n, 4] x) => (float[m, 4] y)", "y = Slice(x, start, end)",
    "int64[1] start = {3}, int64[1] end = {9223372036854775807}",
)
graph(
    "without_last", around(2), "(float[n, 4] x) => (float[m, 4] y)", "y = Slice(x, start, end)",
    "int64[1] start = {0}, int64[1] end = {-1}",
)
graph(
    "backwards", around(4), "(float[n, 4] x) => (float[m, 4] y)", "y = Slice(x, start, end, axes, steps)",
    "int64[1] start = {-1}, int64[1] end = {-9223372036854775807}, int64[1] axes = {0}, int64[1] steps = {-1}",
)
graph(
    "backwards_inside", around(6), "(float[n, 4] x) => (float[m, 4] y)", "y = Slice(x, start, end, axes, steps)",
    "int64[1] start = {6}, int64[1] end = {1}, int64[1] axes = {0}, int64[1] steps = {-2}",
)
graph(
    "columns", around(5, batch=3), "(float[batch, n] x) => (float[batch, m] y)", "y = Slice(x, start, end, axes)",
    "int64[1] start = {1}, int64[1] end = {5}, int64[1] axes = {1}",
)
graph(
    "head_and_rest", around(5), "(float[n, 4] x) => (float[n, 4] y)",
    """head = Slice(x, zero, five)
       rest = Slice(x, five, far)
       whole = Concat <axis = 0> (rest, head)
       y = Add(whole, x)""",
    "int64[1] zero = {0}, int64[1] five = {5}, int64[1] far = {9223372036854775807}",
)
graph(
    "fused_after_slice", around(5), "(float[n, 4] x) => (float[m, 4] y)",
    """a = Slice(x, zero, five)
       b = Slice(x, last, far)
       r = Relu(a)
       s = Sigmoid(b)
       y = Mul(r, s)""",
    "int64[1] zero = {0}, int64[1] five = {5}, int64[1] last = {-5}, int64[1] far = {9223372036854775807}",
)
graph(
    "product_of_slice", around(9), "(float[n, 16] x, float[16, 8] w) => (float[m, 8] y)",
    """a = Slice(x, zero, nine)
       b = MatMul(a, w)
       y = Softmax(b)""",
    "int64[1] zero = {0}, int64[1] nine = {9}",
)

graph(
    "parts_of_a_shape", [{"b": 2, "n": 3}, {"b": 1, "n": 5}], "(float[b, 3, n, 4] x) => (float[p, 4, n] y)",
    """t = Transpose <perm = [0, 1, 3, 2]> (x)
       shape = Shape(x)
       lead = Slice(shape, first, before)
       rows = Slice(shape, before, last)
       columns = Slice(shape, last, far)
       merged = ReduceProd <axes = [0]> (lead)
       target = Concat <axis = 0> (merged, columns, rows)
       y = Reshape(t, target)""",
    "int64[1] first = {-9223372036854775808}, int64[1] before = {-2}, int64[1] last = {-1}, int64[1] far = {9223372036854775807}",
)

# --- ends and starts that are sizes ---

TABLE = "float[1, 9, 2] table = {" + ", ".join(str(i / 4) for i in range(18)) + "}"
POSITIONS = """shape = Shape(x)
    length = Gather <axis = 0> (shape, one)
    end = Unsqueeze(length, zero)
    part = Slice(table, zero, end, axis)
    y = Add(x, part)"""
graph(
    "positions", [{"b": b, "n": n} for b, n in ((1, 1), (2, 8), (3, 9), (1, 0), (0, 4))],
    "(float[b, n, 2] x) => (float[b, n, 2] y)", POSITIONS,
    f"{TABLE}, int64 one = {{1}}, int64[1] zero = {{0}}, int64[1] axis = {{1}}",
)
graph(
    "truncated_table", around(9, b=2), "(float[b, n] x) => (float[1, m, 2] y)",
    """shape = Shape(x)
       length = Gather <axis = 0> (shape, one)
       end = Unsqueeze(length, zero)
       y = Slice(table, zero, end, axis)""",
    f"{TABLE}, int64 one = {{1}}, int64[1] zero = {{0}}, int64[1] axis = {{1}}",
)
graph(
    "start_before_the_end", around(3), "(float[n, 2] x) => (float[m, 2] y)",
    """shape = Shape <start = 0, end = 1> (x)
       start = Sub(shape, three)
       y = Slice(x, start, far)""",
    "int64[1] three = {3}, int64[1] far = {9223372036854775807}",
)
graph(
    "causal_mask", [{"q": q, "p": p} for q, p in ((1, 0), (4, 0), (1, 5), (3, 5), (8, 0))],
    "(float[q, 2] x, float[p, 2] past) => (float[q, t] y)",
    """present = Shape <start = 0, end = 1> (x)
       before = Shape <start = 0, end = 1> (past)
       total = Add(present, before)
       rows = Slice(mask, before, total, zero)
       y = Slice(rows, zero, total, one)""",
    "float[8, 8] mask = {" + ", ".join(str(int(i % 8 <= i // 8)) for i in range(64)) + "}, int64[1] zero = {0}, int64[1] one = {1}",
)
graph(
    "halves", [{"n": n, "c": c} for n, c in ((1, 4), (3, 8), (2, 2), (2, 0))], "(float[n, c] x) => (float[n, h] y)",
    """shape = Shape <start = 1, end = 2> (x)
       half = Div(shape, two)
       a = Slice(x, zero, half, one)
       b = Slice(x, half, far, one)
       minus = Neg(b)
       y = Concat <axis = -1> (minus, a)""",
    "int64[1] two = {2}, int64[1] zero = {0}, int64[1] one = {1}, int64[1] far = {9223372036854775807}",
)

# --- windows whose padding depends on the size ---

for upper in ("UPPER", "LOWER"):
    graph(
        f"same_{upper.lower()}", [{"h": h, "w": w} for h, w in ((1, 1), (5, 8), (6, 7), (17, 2))],
        "(float[1, 2, h, w] x, float[3, 2, 3, 3] f) => (float[1, 3, a, b] y, float[1, 2, c, d] p, float[1, 2, e, g] q)",
        f"""y = Conv <auto_pad = "SAME_{upper}", strides = [2, 3]> (x, f)
            p = MaxPool <auto_pad = "SAME_{upper}", kernel_shape = [3, 2], strides = [2, 2]> (x)
            q = AveragePool <auto_pad = "SAME_{upper}", kernel_shape = [3, 2], strides = [2, 2]> (x)""",
    )
graph(
    "rounded_up", [{"h": h, "w": w} for h, w in ((3, 3), (5, 8), (6, 7), (17, 4))],
    "(float[1, 2, h, w] x) => (float[1, 2, a, b] p, float[1, 2, c, d] q)",
    """p = MaxPool <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1> (x)
       q = AveragePool <kernel_shape = [2, 3], strides = [2, 2], pads = [1, 1, 1, 1], ceil_mode = 1> (x)""",
    opset=19,
)

# --- the other ops that take sizes ---

graph(
    "split_halves", [{"n": n, "c": c} for n, c in ((1, 4), (3, 2), (0, 6))], "(float[n, c] x) => (float[n, h] y)",
    """a, b = Split <axis = 1> (x)
       s = Sigmoid(b)
       y = Mul(a, s)""",
)
graph(
    "split_unequal", [{"n": n} for n in (3, 5, 9)], "(float[n, 2] x) => (float[a, 2] p, float[b, 2] q, float[c, 2] r)",
    "p, q, r = Split <axis = 0, num_outputs = 3> (x)", opset=18,
)
graph(
    "split_by_shape", [{"a": 1, "b": 4}, {"a": 3, "b": 2}, {"a": 0, "b": 5}],
    "(float[a, 2] x, float[b, 2] y) => (float[a, 2] p, float[b, 2] q)",
    """both = Concat <axis = 0> (x, y)
       i = Shape <start = 0, end = 1> (x)
       j = Shape <start = 0, end = 1> (y)
       sizes = Concat <axis = 0> (i, j)
       p, q = Split <axis = 0> (both, sizes)""",
)
graph(
    "pad_to_eight", around(8), "(float[n, 2] x) => (float[8, 2] y)",
    """shape = Shape <start = 0, end = 1> (x)
       missing = Sub(eight, shape)
       pads = Concat <axis = 0> (zeros, missing, zero)
       y = Pad(x, pads)""",
    "int64[1] eight = {8}, int64[2] zeros = {0, 0}, int64[1] zero = {0}",
)
graph(
    "pad_to_even", around(4), "(float[n, 3] x) => (float[m, 3] y)",
    """shape = Shape <start = 0, end = 1> (x)
       odd = Mod(shape, two)
       pads = Concat <axis = 0> (zeros, odd, zero)
       y = Pad(x, pads, value)""",
    "int64[1] two = {2}, int64[2] zeros = {0, 0}, int64[1] zero = {0}, float value = {1.5}",
)
graph(
    "cut_by_pads", [{"n": n} for n in (3, 4, 9)], "(float[n, 3] x) => (float[m, 3] y)", "y = Pad(x, pads)",
    "int64[4] pads = {-1, 0, -2, 1}",
)
for mode in ("edge", "reflect", "wrap"):
    graph(
        f"pad_{mode}", [{"n": n} for n in (3, 4, 9)], "(float[n, 3] x) => (float[m, 3] y)",
        f'y = Pad <mode = "{mode}"> (x, pads)', "int64[4] pads = {2, 0, 1, 0}", opset=19,
    )
graph(
    "tiled", [{"n": n, "m": m} for n, m in ((1, 1), (3, 2), (0, 4), (4, 0))], "(float[n, 2] x, float[m] y) => (float[k, 2] z)",
    """m = Shape(y)
       repeats = Concat <axis = 0> (m, one)
       z = Tile(x, repeats)""",
    "int64[1] one = {1}",
)
graph(
    "expanded", [{"n": n, "m": m} for n, m in ((1, 1), (3, 2), (0, 4), (1, 5))], "(float[n, 1] x, float[m] y) => (float[n, m] z)",
    """n = Shape <start = 0, end = 1> (x)
       m = Shape(y)
       both = Concat <axis = 0> (n, m)
       wide = Expand(x, both)
       z = Add(wide, y)""",
)
graph(
    "counted", around(4), "(float[n] x) => (int64[n] y, float[m] z)",
    """shape = Shape(x)
       n = Squeeze(shape, axis)
       y = Range(zero, n, one)
       length = Cast <to = 1> (n)
       z = Range(two, length, half)""",
    "int64[1] axis = {0}, int64 zero = {0}, int64 one = {1}, float two = {2.0}, float half = {2.0}",
)
graph(
    "counted_down", around(4), "(float[n] x) => (int64[m] y)",
    """shape = Shape(x)
       n = Squeeze(shape, axis)
       y = Range(n, one, step)""",
    "int64[1] axis = {0}, int64 one = {1}, int64 step = {-2}",
)
graph(
    "triangles", [{"n": n, "m": m} for n, m in ((1, 1), (3, 5), (5, 3), (0, 2))], "(float[2, n, m] x) => (float[2, n, m] y, float[2, n, m] z)",
    """y = Trilu(x, one)
       z = Trilu <upper = 0> (x)""",
    "int64 one = {1}",
)
graph(
    "one_hot", [{"n": n} for n in (3, 4, 9)], "(float[n] x) => (float[3, n] y)",
    """n = Shape(x)
       y = OneHot(indices, n, values)""",
    "int64[3] indices = {0, -1, 2}, float[2] values = {0.5, 2.0}",
)
graph(
    "expand_where", [{"n": n} for n in (1, 4)], "(float[n, 1] x) => (float[n, 3] y)",
    """n = Shape(x)
       isOne = Equal(wanted, minusOne)
       target = Where(isOne, n, wanted)
       y = Expand(x, target)""",
    "int64[2] wanted = {-1, 3}, int64 minusOne = {-1}",
)
graph(
    "least_and_most", [{"n": n, "m": m} for n, m in ((1, 5), (5, 1), (4, 4), (7, 2))], "(float[n] x, float[m] y) => (float[a] z, float[b] w)",
    """n = Shape(x)
       m = Shape(y)
       least = Min(n, m)
       most = Max(n, m)
       z = Slice(x, zero, least)
       w = ConstantOfShape <value = float[1] {2.5}> (most)""",
    "int64[1] zero = {0}",
)
graph(
    "rows_of_four", [{"n": n} for n in (0, 4, 8, 40)], "(float[n, 3] x) => (float[m, 4, 3] y)",
    """n = Shape <start = 0, end = 1> (x)
       rows = Div(n, four)
       shape = Concat <axis = 0> (rows, four, three)
       y = Reshape(x, shape)""",
    "int64[1] four = {4}, int64[1] three = {3}",
)
graph(
    "broadcast_either", [{"n": n, "m": m} for n, m in ((1, 1), (1, 5), (5, 1), (5, 5), (0, 1), (1, 0), (0, 0))],
    "(float[n, 3] x, float[m, 3] y) => (float[k, 3] z)",
    """sum = Add(x, y)
       again = Mul(sum, x)
       z = Sub(again, y)""",
)
graph(
    "choose", [{"n": n, "m": m, "k": 2} for n, m in ((0, 0), (1, 3), (5, 0), (5, 2))],
    "(float[n, k] x, float[m] which) => (float[m, k] y, float[m, k] z)",
    """zeros = Mul(which, zero)
       at = Cast <to = 7> (zeros)
       y = Gather <axis = 0> (x, at)
       column = Unsqueeze(at, one)
       z = GatherND(x, column)""",
    "float zero = {0}, int64[1] one = {1}",
)


# A rank that follows from the length of data is the declared one.
graph(
    "declared_ranks", [{"n": n} for n in (1, 4, 0)],
    "(float[1, n, 1] x) => (float[a] y, float[d, e, f] z, float[g] r, float[2, j, k] c)",
    """places = NonZero(flags)
       axes = Reshape(places, flat)
       y = Squeeze(x, axes)
       z = Unsqueeze(y, axes)
       r = ReduceSum <keepdims = 0> (x, axes)
       shape = Concat <axis = 0> (two, axes)
       c = ConstantOfShape(shape)""",
    "int64[3] flags = {1, 0, 1}, int64[1] flat = {-1}, int64[1] two = {2}",
)

# Whether a dim vanishes shows at run time: all behind it is there for both ranks.
graph(
    "squeezed_either", [{"n": n} for n in (3, 1, 4)], "(float[n, 1, 5] x, float[5] b) => (float y, float z)",
    """s = Squeeze(x)
       t = Add(s, b)
       u = Relu(t)
       y = ReduceSum <keepdims = 0> (u)
       v = Squeeze(x)
       z = ReduceMax <keepdims = 0> (v)""",
)

# --- sums onto products ---

graph(
    "gemm_plus_unknown", [{"p": p, "q": q} for p in (1, 3) for q in (1, 5)], "(float[3, 4] x, float[4, 5] w, float[p, q] c) => (float[3, 5] y)",
    "y = Gemm <beta = 2.0> (x, w, c)",
)
# What is added to a product of which neither rows nor columns are known, and to its operand.
graph(
    "merged_of_unknown_columns", [{"a": a, "b": b, "c": c} for a, b, c in ((2, 7, 3), (1, 7, 1), (3, 7, 17))],
    "(float[a, b, c] x, float[7, 2] w) => (float[a, c, 7] y, float[a, c, 2] z)",
    """t = Transpose <perm = [0, 2, 1]> (x)
       d = Mul(t, t)
       s = Sum(t, d)
       z = MatMul(t, w)
       y = Max(s, t)""",
)
# A product over a dim that only the run knows, with a scale behind it.
graph(
    "unknown_depth", [{"n": n} for n in (1, 24, 37)], "(float[4, 24, n] x, float[4, 24, n] w) => (float[4, 24, 24] y)",
    """t = Transpose <perm = [0, 2, 1]> (w)
       p = MatMul(x, t)
       y = Mul(p, c)""",
    "float c = {0.35}",
)

# --- what a run refuses ---

REFUSED["gemm_plus_unknown"] = (GRAPHS["gemm_plus_unknown"][0], {"p": 2, "q": 5}, "expected")

REFUSED["positions"] = (GRAPHS["positions"][0], {"b": 1, "n": 10}, "dim 1 ('n') is 10, outside the 0..9")
REFUSED["broadcast_either"] = (
    GRAPHS["broadcast_either"][0], {"n": 3, "m": 2}, "expected dims that meet n and m to be equal, or one of them 1; found n=3 m=2",
)
REFUSED["rows_of_four"] = (GRAPHS["rows_of_four"][0], {"n": 6}, "expected elements")
REFUSED["split_halves"] = (GRAPHS["split_halves"][0], {"n": 2, "c": 5}, "expected elements")
REFUSED["choose"] = (
    GRAPHS["choose"][0], {"n": 0, "m": 2, "k": 3}, "expected elements to choose of an axis min(m, 1) to be at most n; found n=0 k=3 m=2",
)
REFUSED["declared_ranks"] = (
    GRAPHS["declared_ranks"][0].replace("float[a] y", "float[a, b] y"), {"n": 4},
    "expected a result of the rank that the model declares, found 1 dims",
)
REFUSED["squeezed"] = (
    '<ir_version: 8, opset_import: ["" : 17]>\n'
    "squeezed (float[n, 1, 5] x) => (float y) { s = Squeeze(x) t = Transpose <perm = [1, 0]> (s) y = ReduceSum <keepdims = 0> (t) }",
    {"n": 1}, "with a condition that is true, node",
)
REFUSED["scan_lengths"] = (
    '<ir_version: 3, opset_import: ["" : 8]>\n'
    "scan_lengths (int64[n] l, float[n, 2] x) => (float[n, 2] y) "
    "{ y = Scan <num_scan_inputs = 1, body = body (float a) => (float b) { b = Neg(a) }> (l, x) }",
    {"n": 3}, "expected sequence_lens from 0 to the size of the scanned inputs' dim 1, found another at place 0",
)
REFUSED["scan_sizes"] = (
    '<ir_version: 4, opset_import: ["" : 9]>\n'
    "scan_sizes (float[n, 2] x, float[m, 2] z) => (float[n, 2] y) "
    "{ [both] y = Scan <num_scan_inputs = 2, body = body (float[2] a, float[2] b) => (float[2] c) { c = Add(a, b) }> (x, z) }",
    {"n": 4, "m": 2}, "node 'both': expected scanned inputs of one length",
)
REFUSED["scan_states"] = (
    '<ir_version: 3, opset_import: ["" : 8]>\n'
    "scan_states (float[m] i, float[n, k] x) => (float[n] y, float[n, k] z) "
    "{ [each] y, z = Scan <num_scan_inputs = 1, body = body (float s, float a) => (float t, float b) { t = Add(s, a) b = Neg(a) }> (\"\", i, x) }",
    {"n": 3, "m": 1, "k": 2}, "node 'each': expected inputs of one batch, the size of their dim 0",
)
REFUSED["scan_ends"] = (
    '<ir_version: 3, opset_import: ["" : 8]>\n'
    "scan_ends (int64[m] l, float[n, 2] x) => (float[n, 2] y) "
    "{ [each] y = Scan <num_scan_inputs = 1, body = body (float a) => (float b) { b = Neg(a) }> (l, x) }",
    {"n": 3, "m": 2}, "node 'each': expected inputs of one batch, the size of their dim 0",
)
REFUSED["rotary_positions"] = (
    '<ir_version: 10, opset_import: ["" : 23]>\n'
    "rotary_positions (float[2, 4, n, 8] x, float[9, 4] c, int64[2, n] p) => (float[2, 4, n, 8] y)\n"
    "<int64 far = {100}>\n"
    "{ q = Add(p, far) [turn] y = RotaryEmbedding(x, c, c, q) }",
    {"n": 3}, "expected positions of rows of the cosines' and sines' caches",
)
REFUSED["rotary_offset"] = (
    '<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>\n'
    "rotary_offset (float[2, 4, n, 8] x, float[k, 4] c, int64[1] p) => (float[2, 4, n, 8] y)\n"
    "<int64 far = {-100}>\n"
    "{ q = Add(p, far) [turn] y = com.microsoft.RotaryEmbedding(x, q, c, c) }",
    {"n": 3, "k": 20}, "node 'turn': expected positions of rows of the cosines' and sines' caches",
)
REFUSED["dropout_ratio"] = (
    '<ir_version: 8, opset_import: ["" : 17]>\n'
    "dropout_ratio (float[n] x, float r) => (float[n] y)\n"
    "<float one = {1.0}, bool on = {1}>\n"
    "{ a = Abs(r) b = Add(a, one) y = Dropout(x, b, on) }",
    {"n": 3}, "expected a ratio of 0 or more, and below 1",
)
REFUSED["zero_scale"] = (
    '<ir_version: 8, opset_import: ["" : 17]>\n'
    "zero_scale (float[2, 3] x, float[2] s) => (float[a, b] y)\n"
    "<float[2] none = {0.0, 0.0}>\n"
    "{ a = Abs(s) b = Min(a, none) y = Resize(x, , b) }",
    {}, "expected positive scales",
)
REFUSED["unknown_category"] = (
    '<ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 3]>\n'
    "unknown_category (float[n] x) => (float[n, 2] y) { y = ai.onnx.ml.OneHotEncoder <cats_int64s = [70, 80], zeros = 0> (x) }",
    {"n": 3}, "expected elements that are categories, found another at place 0",
)
