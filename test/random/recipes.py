# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What random graphs are made of: RECIPES is a list of (share, function), each of which adds a node or a few to a Graph."""

import numpy as np

from bodies import BODIES
from graph import Rejected, is_float

UNARY = """Abs Atan Asinh Ceil Celu Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity LeakyRelu Log
Mish Neg Reciprocal Relu Round Selu Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Tan Tanh ThresholdedRelu Acos Asin
Atanh Acosh Shrink Dropout IsNaN IsInf""".split()
BINARY = "Add Sub Mul Div Max Min Pow Mean Sum PRelu Less Greater LessOrEqual GreaterOrEqual Equal".split()
INTEGER = "Add Sub Mul Max Min Mod Equal Less Greater".split()
LOGIC = "And Or Xor".split()
BITS = "BitwiseAnd BitwiseOr BitwiseXor".split()
REDUCE = """ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
ReduceSumSquare""".split()


def unary(g):
    g.node(g.choose(UNARY), g.floats())


def broadcastable(g, value, dtype=None):
    """A second operand: another value, or a constant, whose shape broadcasts with the value's."""

    def fits(v):
        pairs = zip(v.shape[::-1], value.shape[::-1])
        return v.dtype == value.dtype and all(a == b or 1 in (a, b) for a, b in pairs)

    if dtype is None and g.chance(0.6):
        return g.value(fits)
    shape = [d if g.chance(0.6) else 1 for d in value.shape][int(g.rng.integers(0, value.rank + 1)) :]
    return g.constant(g.random(shape, dtype or value.dtype))


def binary(g):
    x = g.floats()
    pair = [x, broadcastable(g, x)]
    op = g.choose(BINARY)
    g.node(op, *(pair if op == "PRelu" or g.chance(0.5) else pair[::-1]))


def integers(g):
    x = g.value(lambda v: v.dtype in ("int64", "int32"))
    g.node(g.choose(INTEGER), x, broadcastable(g, x))


def logic(g):
    x = g.value(lambda v: v.dtype == "bool")
    if g.chance(0.3):
        g.node("Not", x)
    else:
        g.node(g.choose(LOGIC), x, broadcastable(g, x))


def bits(g):
    x = g.value(lambda v: v.dtype in ("int64", "int32", "uint8"))
    g.node(g.choose(BITS), x, broadcastable(g, x))


def where(g):
    x = g.floats()
    g.node("Where", broadcastable(g, x, "bool"), x, broadcastable(g, x))


def clip(g):
    x = g.floats()
    low, high = sorted(g.rng.standard_normal(2))
    bound = lambda b: g.constant(np.asarray(b), x.dtype) if g.chance(0.8) else None
    g.node("Clip", x, bound(low), bound(high))


def cast(g):
    x = g.value()
    to = g.choose(("float32",) * 4 + ("float16", "float64", "int64", "int32", "bool", "uint8", "int8"))
    if not is_float(x.dtype) and x.dtype != "bool" and to in ("uint8", "int8"):
        raise Rejected  # what does not fit differs by engine
    if is_float(x.dtype) and not is_float(to) and to != "bool" and np.abs(x.array).max(initial=0) > 100:
        raise Rejected
    if is_float(x.dtype) and to == "uint8" and x.array.min(initial=0) < 0:
        raise Rejected
    from onnx import helper

    g.node("Cast", x, to=helper.np_dtype_to_tensor_dtype(np.dtype(to)))


def some_axes(g, rank):
    axes = [int(a) - (rank if g.chance(0.3) else 0) for a in range(rank) if g.chance(0.5)]
    return axes or [int(g.rng.integers(-rank, rank))]


def an_axis(g, rank):
    return int(g.rng.integers(-rank, rank))


def reduce(g):
    x = g.floats(range(1, 6), nonempty=True)
    op, keep = g.choose(REDUCE), int(g.chance(0.5))
    axes = some_axes(g, x.rank)
    # Since opset 18 (13 for ReduceSum) axes are an input.
    g.node(op, x, *([g.constant(np.array(axes))] if g.chance(0.8) else []), keepdims=keep)


def arg(g):
    x = g.floats(range(1, 6), nonempty=True)
    g.node(g.choose(("ArgMax", "ArgMin")), x, axis=an_axis(g, x.rank), keepdims=int(g.chance(0.5)))


def softmax(g):
    x = g.floats(range(1, 6))
    g.node(g.choose(("Softmax", "Softmax", "LogSoftmax", "Hardmax")), x, axis=an_axis(g, x.rank))


def cumsum(g):
    x = g.floats(range(1, 6))
    g.node("CumSum", x, g.constant(np.array(an_axis(g, x.rank))), exclusive=int(g.chance(0.3)), reverse=int(g.chance(0.3)))


def topk(g):
    x = g.floats(range(1, 5), nonempty=True)
    axis = an_axis(g, x.rank)
    k = int(g.rng.integers(1, x.shape[axis] + 1))
    g.node("TopK", x, g.constant(np.array([k])), outputs=2, axis=axis, largest=int(g.chance(0.5)))


def layer_norm(g):
    x = g.value(lambda v: v.dtype in ("float32", "float16") and 0 < v.rank < 5 and v.array.size)
    shape = x.shape[-1:]
    parts = [g.weights(shape, x)] + ([g.weights(shape, x)] if g.chance(0.7) else [])
    g.node("LayerNormalization", x, *parts, axis=-1)


def channel_norm(g):
    x = g.floats(range(3, 6), nonempty=True)
    c = x.shape[1]
    scale, bias = g.weights((c,), x), g.weights((c,), x)
    op = g.choose(("BatchNormalization", "InstanceNormalization", "LRN", "MeanVarianceNormalization", "GroupNormalization"))
    if op == "BatchNormalization":
        g.node(op, x, scale, bias, g.weights((c,), x), g.constant(np.abs(g.random((c,))) + 0.5, x.dtype))
    elif op == "InstanceNormalization":
        g.node(op, x, scale, bias)
    elif op == "LRN":
        g.node(op, x, size=int(g.choose((1, 3, 5))))
    elif op == "GroupNormalization":
        groups = g.choose([d for d in range(1, c + 1) if c % d == 0])
        # Statistics of f64 may be of f32.
        g.node(op, x, scale, bias, num_groups=int(groups), **({"stash_type": 11} if x.dtype == "float64" else {}))
    else:
        g.node(op, x, axes=some_axes(g, x.rank))


def lp_norm(g):
    x = g.floats(range(1, 5), nonempty=True)
    g.node("LpNormalization", x, axis=an_axis(g, x.rank), p=int(g.choose((1, 2))))


def matmul(g):
    x = g.floats(range(1, 6))
    k = x.shape[-1]
    if g.chance(0.3):
        y = g.value(lambda v: v.dtype == x.dtype and v.rank > 1 and v.shape[-2] == k)
    else:
        batch = list(x.shape[:-2]) if g.chance(0.2) else []
        y = g.weights([*batch, k, g.size()], x, fan_in=k)
    g.node("MatMul", x, y)


def gemm(g):
    x = g.floats(2)
    trans_a, trans_b = int(g.chance(0.3)), int(g.chance(0.5))
    m, k = x.shape[::-1] if trans_a else x.shape
    n = g.size()
    c = [g.weights(g.choose(((n,), (1, n), (m, 1), (m, n))), x)] if g.chance(0.7) else []
    g.node("Gemm", x, g.weights((n, k) if trans_b else (k, n), x, fan_in=k), *c, transA=trans_a, transB=trans_b, alpha=0.5)


def einsum(g):
    x = g.floats(range(1, 4))
    letters = "abcd"[: x.rank]
    kept = "".join(c for c in letters if g.chance(0.6))
    if g.chance(0.4):
        g.node("Einsum", x, equation=f"{letters}->{kept}")
    else:
        y = g.weights((x.shape[-1], g.size()), x, fan_in=x.shape[-1])
        g.node("Einsum", x, y, equation=f"{letters},{letters[-1]}z->{kept.replace(letters[-1], '')}z")


def window(g, x):
    """kernel_shape, strides, pads, dilations that fit the spatial dims of x."""
    spatial = x.shape[2:]
    kernel = [int(g.choose([k for k in (1, 2, 3, 5) if k <= s + 1] or [1])) for s in spatial]
    dilations = [int(g.choose((1, 1, 1, 2))) for _ in spatial]
    pads = [int(g.rng.integers(0, k)) for k in kernel] * 2 if g.chance(0.6) else [0] * 2 * len(kernel)
    if any(s + 2 * p < (k - 1) * d + 1 for s, p, k, d in zip(spatial, pads, kernel, dilations)):
        raise Rejected
    return {"kernel_shape": kernel, "strides": [int(g.choose((1, 1, 2))) for _ in spatial], "pads": pads, "dilations": dilations}


def conv(g):
    x = g.floats(range(3, 6), nonempty=True)
    c = x.shape[1]
    group = int(g.choose([d for d in (1, 1, c, 2) if c % d == 0]))
    filters = group * int(g.choose((1, 2, 3, 8)))
    given = window(g, x)
    w = g.weights((filters, c // group, *given["kernel_shape"]), x, fan_in=c // group * int(np.prod(given["kernel_shape"])))
    bias = [g.weights((filters,), x)] if g.chance(0.5) else []
    y = g.node("Conv", x, w, *bias, group=group, **given)
    if g.chance(0.5):
        g.node(g.choose(("Relu", "Sigmoid", "HardSwish", "Tanh")), y)


def conv_transpose(g):
    x = g.floats(range(3, 5), nonempty=True)
    c = x.shape[1]
    group = int(g.choose([d for d in (1, 1, c) if c % d == 0]))
    given = window(g, x)
    w = g.weights((c, int(g.choose((1, 2, 5))), *given["kernel_shape"]), x, fan_in=c // group)
    g.node("ConvTranspose", x, w, group=group, **given)


def pool(g):
    x = g.floats(range(3, 6), nonempty=True)
    op = g.choose(("MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool"))
    if op.startswith("Global"):
        g.node(op, x)
        return
    given = window(g, x)
    if op == "AveragePool" and g.chance(0.5):
        given["count_include_pad"] = 1
    g.node(op, x, **given)


def transpose(g):
    x = g.value(lambda v: v.rank > 1)
    g.node("Transpose", x, perm=[int(p) for p in g.rng.permutation(x.rank)])


def reshape(g):
    x = g.value()
    size, dims = x.array.size, []
    if not size:
        raise Rejected
    while size > 1 and len(dims) < 4:
        factor = int(g.choose([f for f in range(1, size + 1) if size % f == 0 and f <= 64]))
        dims.append(factor)
        size //= factor
    dims = [*dims, size]
    if g.chance(0.4):
        dims[int(g.rng.integers(len(dims)))] = -1
    g.node("Reshape", x, g.constant(np.array(dims)))


def flatten(g):
    x = g.value(lambda v: v.rank > 0)
    g.node("Flatten", x, axis=int(g.rng.integers(0, x.rank + 1)))


def squeeze(g):
    x = g.value(lambda v: 1 in v.shape)
    g.node("Squeeze", x, g.constant(np.array([g.choose([i for i, d in enumerate(x.shape) if d == 1])])))


def unsqueeze(g):
    x = g.value(lambda v: v.rank < 5)
    g.node("Unsqueeze", x, g.constant(np.array([int(g.rng.integers(0, x.rank + 1))])))


def expand(g):
    x = g.value(lambda v: v.rank < 5)
    shape = [g.size() if d == 1 else d for d in x.shape]
    g.node("Expand", x, g.constant(np.array(([g.size()] if g.chance(0.3) else []) + shape, np.int64)))


def tile(g):
    x = g.value(lambda v: v.rank > 0)
    g.node("Tile", x, g.constant(np.array([int(g.choose((1, 1, 2, 3))) for _ in x.shape])))


def pad(g):
    x = g.floats(range(1, 5))
    mode = g.choose(("constant", "constant", "reflect", "edge"))
    most = [3 if mode == "constant" else max(0, d - 1) for d in x.shape]
    pads = [int(g.rng.integers(0, min(3, m) + 1)) for m in most * 2]
    value = [g.constant(np.asarray(1.5), x.dtype)] if mode == "constant" and g.chance(0.5) else []
    g.node("Pad", x, g.constant(np.array(pads)), *value, mode=mode)


def slice_(g):
    x = g.value(lambda v: v.rank > 0)
    axes = sorted({int(g.rng.integers(x.rank)) for _ in range(2)})
    starts, ends, steps = [], [], []
    for axis in axes:
        a, b = sorted(int(p) for p in g.rng.integers(0, x.shape[axis] + 1, 2))
        step = int(g.choose((1, 1, 1, 2, -1)))
        if step < 0:
            a, b = b - 1, a - 1 if a else -(2**31)
        elif g.chance(0.2):
            b = 2**31
        starts.append(a), ends.append(b), steps.append(step)
    g.node("Slice", x, *(g.constant(np.array(p)) for p in (starts, ends, axes, steps)))


def split(g):
    x = g.value(lambda v: v.rank > 0 and max(v.shape) > 1)
    axis = int(np.argmax(x.shape))
    at = int(g.rng.integers(1, x.shape[axis]))
    g.node("Split", x, g.constant(np.array([at, x.shape[axis] - at])), outputs=2, axis=axis)


def concat(g):
    x = g.value(lambda v: v.rank > 0)
    axis = int(g.rng.integers(x.rank))
    rest = lambda v: v.shape[:axis] + v.shape[axis + 1 :]
    fits = lambda v: v.dtype == x.dtype and v.rank == x.rank and rest(v) == rest(x)
    g.node("Concat", *(g.value(fits) for _ in range(int(g.rng.integers(1, 4)))), x, axis=axis)


def indices(g, shape, limit):
    """Positions from -limit to limit - 1; sometimes from a node, so that only a run knows them."""
    if not limit:
        raise Rejected
    return g.constant(g.rng.integers(-limit, limit, shape).astype(g.choose(("int64", "int32"))))


def gather(g):
    x = g.value(lambda v: v.rank > 0)
    axis = an_axis(g, x.rank)
    shape = [g.size() for _ in range(int(g.rng.integers(0, 3)))]
    g.node("Gather", x, indices(g, shape, x.shape[axis]), axis=axis)


def gather_elements(g):
    x = g.value(lambda v: v.rank > 0)
    axis = int(g.rng.integers(x.rank))
    shape = [g.size() if i == axis else int(g.rng.integers(0, d + 1)) for i, d in enumerate(x.shape)]
    g.node("GatherElements", x, indices(g, shape, x.shape[axis]), axis=axis)


def gather_nd(g):
    x = g.value(lambda v: v.rank > 0 and v.array.size)
    depth = int(g.rng.integers(1, x.rank + 1))
    at = [g.rng.integers(0, d, [4]) for d in x.shape[:depth]]
    g.node("GatherND", x, g.constant(np.stack(at, -1).astype(np.int64)))


def scatter(g):
    x = g.floats(range(1, 5), nonempty=True)
    axis = int(g.rng.integers(x.rank))
    if g.chance(0.5):
        rows = g.rng.permutation(x.shape[0])[: int(g.rng.integers(1, x.shape[0] + 1))]
        g.node("ScatterND", x, g.constant(rows[:, None]), g.weights((len(rows), *x.shape[1:]), x))
        return
    shape = list(x.shape)
    shape[axis] = int(g.rng.integers(1, shape[axis] + 1))
    order = np.argsort(g.rng.random(x.shape), axis)
    at = np.take(order, range(shape[axis]), axis)
    reduction = g.choose(("none", "add", "max", "min", "mul"))
    g.node("ScatterElements", x, g.constant(at), g.weights(shape, x), axis=axis, reduction=reduction)


def blocks(g):
    x = g.floats(4)
    n, c, h, w = x.shape
    if g.chance(0.5) and c % 4 == 0:
        g.node("DepthToSpace", x, blocksize=2, mode=g.choose(("DCR", "CRD")))
    elif h % 2 == 0 and w % 2 == 0:
        g.node("SpaceToDepth", x, blocksize=2)


def resize(g):
    x = g.floats(4, nonempty=True)
    mode = g.choose(("nearest", "linear", "cubic"))
    how = g.choose(("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"))
    n, c, h, w = x.shape
    # What align_corners means of scales whose sizes are no whole numbers is read in two ways.
    if how == "align_corners" or g.chance(0.5):
        sizes = [None, g.constant(np.array([n, c, g.size(), g.size()], np.int64))]
    else:
        sizes = [g.constant(np.array([1, 1, *g.choose(((2, 2), (0.5, 0.5), (1.5, 2), (3, 1)))], np.float32))]
    g.node("Resize", x, None, *sizes, mode=mode, coordinate_transformation_mode=how, nearest_mode="floor")


def of_shape(g):
    """Shape arithmetic in the manner of exporters: dims are taken out, changed, put together, and used."""
    x = g.value(lambda v: v.rank > 0 and v.array.size)
    shape = g.node("Shape", x)
    if g.chance(0.3):
        g.node("ConstantOfShape", shape)
        return
    first = g.node("Gather", shape, g.constant(np.array([0])), axis=0)
    g.node("Reshape", x, g.node("Concat", first, g.constant(np.array([-1])), axis=0))


def data_sizes(g):
    """Ops whose result's size follows from data."""
    op = g.choose(("NonZero", "Compress", "Unique"))
    if op == "NonZero":
        g.node(op, g.value(lambda v: v.dtype in ("bool", "int64", "float32") and v.rank))
    elif op == "Compress":
        x = g.value(lambda v: v.rank > 0)
        axis = int(g.rng.integers(x.rank))
        g.node(op, x, g.constant(g.rng.random(x.shape[axis]) < 0.5), axis=axis)
    else:
        g.node(op, g.value(lambda v: v.dtype in ("int64", "int32", "float32") and v.rank), outputs=4)


def tri(g):
    g.node("Trilu", g.floats(range(2, 5)), upper=int(g.chance(0.5)))


def one_hot(g):
    x = g.value(lambda v: v.dtype in ("int64", "int32") and v.rank < 4)
    g.node("OneHot", x, g.constant(np.array(5)), g.constant(np.array([0.0, 1.0], np.float32)), axis=-1)


def range_(g):
    n = int(g.rng.integers(0, 20))
    g.node("Range", *(g.constant(np.array(v)) for v in (0, n, int(g.choose((1, 2))))))


def quantize(g):
    x = g.value(lambda v: v.dtype == "float32")
    dtype = g.choose(("uint8", "int8"))
    scale = g.constant(np.asarray(np.abs(x.array).max(initial=0.1) / 100 + 0.01), np.float32)
    zero = g.constant(np.asarray(3), dtype)
    q = g.node("QuantizeLinear", x, scale, zero)
    g.node("DequantizeLinear", q, scale, zero)


def integer_product(g):
    x = g.value(lambda v: v.dtype in ("uint8", "int8") and v.rank > 1 and v.array.size)
    w = g.constant(g.rng.integers(-100, 100, (x.shape[-1], g.size())).astype("int8"))
    g.node("MatMulInteger", x, w, g.constant(np.asarray(2), x.dtype))


def recurrent(g):
    x = g.value(lambda v: v.dtype == "float32" and v.rank == 3 and v.array.size)
    hidden, directions = int(g.choose((1, 4, 9))), int(g.choose((1, 2)))
    op, gates = g.choose((("LSTM", 4), ("GRU", 3), ("RNN", 1)))
    w = g.weights((directions, gates * hidden, x.shape[2]), x, fan_in=x.shape[2])
    r = g.weights((directions, gates * hidden, hidden), x, fan_in=hidden)
    bias = [g.weights((directions, 2 * gates * hidden), x)] if g.chance(0.5) else []
    more = {"linear_before_reset": 1} if op == "GRU" and g.chance(0.5) else {}
    direction = "bidirectional" if directions == 2 else g.choose(("forward", "reverse"))
    g.node(op, x, w, r, *bias, outputs=2, hidden_size=hidden, direction=direction, **more)


def attention(g):
    """Attention as exporters write it out."""
    x = g.floats(3, nonempty=True)
    n, length, width = x.shape
    q, k, v = (g.node("MatMul", x, g.weights((width, 8), x, fan_in=width)) for _ in range(3))
    scores = g.node("MatMul", q, g.node("Transpose", k, perm=[0, 2, 1]))
    scores = g.node("Mul", scores, g.constant(np.asarray(8**-0.5), x.dtype))
    if g.chance(0.5):
        scores = g.node("Add", scores, g.constant(np.triu(np.full((length, length), -1e4), 1), x.dtype))
    g.node("MatMul", g.node("Softmax", scores, axis=-1), v)


RECIPES = [
    (20, unary), (20, binary), (3, integers), (2, logic), (1, bits), (2, where), (2, clip), (3, cast), (6, reduce),
    (2, arg), (4, softmax), (2, cumsum), (2, topk), (3, layer_norm), (4, channel_norm), (1, lp_norm), (6, matmul),
    (4, gemm), (2, einsum), (8, conv), (3, conv_transpose), (5, pool), (5, transpose), (5, reshape), (2, flatten),
    (2, squeeze), (2, unsqueeze), (3, expand), (2, tile), (4, pad), (5, slice_), (3, split), (6, concat), (3, gather),
    (2, gather_elements), (2, gather_nd), (3, scatter), (2, blocks), (3, resize), (3, of_shape), (2, data_sizes),
    (1, tri), (2, one_hot), (1, range_), (3, quantize), (2, integer_product), (2, recurrent), (2, attention),
    *BODIES,
]  # fmt: skip
