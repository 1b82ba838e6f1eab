# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Attention in all its forms: of the standard, with caches and masks, and as ONNX Runtime's optimizer writes it."""

import numpy as np
from onnx import TensorProto, helper

from tables.row import const, row, x

LOOSE = dict(rtol=1e-4, atol=1e-5)
HALF = dict(rtol=1e-2, atol=4e-3)
MS = dict(domain="com.microsoft", opset=17)


def few(*dims, dtype="float32"):
    """About half of one in size, so that softmax is not one number."""
    return x(*dims, dtype=dtype, values=lambda rng, shape: rng.standard_normal(shape) / 2)


def lengths(most, least=1):
    return lambda rng, shape: rng.integers(least, most + 1, shape)


def onnx_attention(*inputs, opset=24, outputs=1, tolerance=None, **attributes):
    return row("Attention", *inputs, opset=opset, outputs=outputs, tolerance=tolerance or LOOSE, reference="onnx", **attributes)


def flat(batch, rows, keys, heads, key_heads, depth, width=None, dtype="float32"):
    """Queries, keys and values of rank 3, and the numbers of heads."""
    inputs = [few(batch, rows, heads * depth, dtype=dtype), few(batch, keys, key_heads * depth, dtype=dtype)]
    inputs.append(few(batch, keys, key_heads * (width or depth), dtype=dtype))
    return inputs, dict(q_num_heads=heads, kv_num_heads=key_heads)


def split(batch, rows, keys, heads, key_heads, depth, width=None, dtype="float32"):
    inputs = [few(batch, heads, rows, depth, dtype=dtype), few(batch, key_heads, keys, depth, dtype=dtype)]
    return [*inputs, few(batch, key_heads, keys, width or depth, dtype=dtype)]


def attention_rows():
    for opset in (23, 24, 25):
        yield onnx_attention(*split("B", "S", "S", 3, 3, 8), opset=opset)
    inputs, heads = flat("B", "S", "T", 6, 2, 8, 16)
    yield onnx_attention(*inputs, **heads)
    yield onnx_attention(*inputs, **heads, is_causal=1, scale=0.3)
    yield onnx_attention(*inputs, **heads, softcap=1.5)
    yield onnx_attention(*inputs, x("S", "T", dtype="bool"), **heads)
    yield onnx_attention(*inputs, few("B", 1, "S", "T"), **heads)
    yield onnx_attention(*inputs, few("B", 6, "S", "T"), **heads, is_causal=1)
    yield onnx_attention(*inputs, x("B", 1, 1, "T", dtype="bool"), **heads)
    yield onnx_attention(*split(2, 70, 130, 4, 4, 32))
    yield onnx_attention(*split(2, 70, 130, 4, 1, 32), few(4, 70, 130))
    yield onnx_attention(*split(2, 7, 9, 4, 2, 8), few(7, 5))  # a mask for fewer keys
    yield onnx_attention(*split(2, 7, 9, 4, 2, 8), x(2, 1, 7, 5, dtype="bool"), is_causal=1)
    past = [few("B", 2, "N", 8), few("B", 2, "N", 8)]
    for rows in (1, 4):
        inputs, heads = flat("B", rows, rows, 4, 2, 8)
        yield onnx_attention(*inputs, None, *past, outputs=3, **heads, is_causal=1)
        yield onnx_attention(*inputs, None, *past, outputs=3, opset=23, **heads)
    inputs = split("B", 5, 5, 4, 2, 8)
    for mode in range(4):
        for mask in (None, few(5, 8), x(1, 1, 5, 8, dtype="bool")):
            past = [few("B", 2, 3, 8), few("B", 2, 3, 8)]
            # The onnx package's evaluator gives capped scores where the standard says that they are not (mode 0).
            yield onnx_attention(*inputs, mask, *past, outputs=4, qk_matmul_output_mode=mode, softcap=2.0 if mode else 0.0)
    inputs = split("B", 4, 9, 4, 2, 8)
    ends = x("B", dtype="int64", values=lengths(9))
    for causal in (0, 1):
        yield onnx_attention(*inputs, None, None, None, ends, is_causal=causal)
        yield onnx_attention(*inputs, few(4, 9), None, None, ends, is_causal=causal)
    for left, right in ((2, -1), (-1, 1), (0, 0), (3, 2)):
        for causal in (0, 1):
            yield onnx_attention(*split("B", "S", "S", 2, 2, 8), opset=25, left_window_size=left, right_window_size=right, is_causal=causal)
    yield onnx_attention(*inputs, None, None, None, ends, opset=25, left_window_size=1, is_causal=1)
    for dtype in ("float16", "bfloat16"):
        yield onnx_attention(*split("B", "S", "S", 4, 2, 8, dtype=dtype), is_causal=1, tolerance=HALF)
        yield onnx_attention(*split(2, 4, 9, 4, 2, 8, dtype=dtype), few(4, 9, dtype=dtype), softmax_precision=1, tolerance=HALF)
    yield onnx_attention(*split("B", "S", "T", 4, 2, 8, dtype="float64"), few("S", "T", dtype="float64"), tolerance=dict(rtol=1e-9, atol=1e-10))
    yield onnx_attention(*split("B", "S", "T", 4, 2, 8), softmax_precision=11)
    yield onnx_attention(*split(1, 1, 1, 1, 1, 1))


def rotary_rows():
    angles = lambda *dims: few(*dims)
    ids = lambda most: lambda rng, shape: rng.integers(0, most, shape)
    def rotary(*inputs, **attributes):
        return row("RotaryEmbedding", *inputs, opset=23, reference="onnx", tolerance=LOOSE, **attributes)
    for interleaved in (0, 1):
        settings = dict(interleaved=interleaved)
        yield rotary(x("B", 3, "S", 16), angles(40, 8), angles(40, 8), x("B", "S", dtype="int64", values=ids(40)), **settings)
        yield rotary(x("B", "S", 48), angles("B", "S", 8), angles("B", "S", 8), num_heads=3, **settings)
        yield rotary(x("B", "S", 48), angles(40, 4), angles(40, 4), x("B", "S", dtype="int64", values=ids(40)), num_heads=3, rotary_embedding_dim=8, **settings)
        yield rotary(x(2, 3, 5, 16), angles(2, 5, 3), angles(2, 5, 3), rotary_embedding_dim=6, **settings)
        microsoft = dict(reference="onnxruntime", tolerance=LOOSE, interleaved=interleaved, **MS)
        yield row("RotaryEmbedding", x("B", "S", 48), x("B", "S", dtype="int64", values=ids(40)), angles(40, 8), angles(40, 8), **microsoft)
        yield row("RotaryEmbedding", x("B", "S", 48), x(1, dtype="int64", values=ids(5)), angles(40, 8), angles(40, 8), num_heads=3, **microsoft)
        yield row("RotaryEmbedding", x("B", 3, "S", 16), x("B", "S", dtype="int64", values=ids(40)), angles(40, 8), angles(40, 8), **microsoft)
        yield row(
            "RotaryEmbedding", x("B", "S", 48), x("B", "S", dtype="int64", values=ids(40)), angles(40, 4), angles(40, 4), num_heads=3,
            rotary_embedding_dim=8, **microsoft
        )
    for dtype in ("float16", "bfloat16"):
        yield row(
            "RotaryEmbedding", x(2, 3, 5, 16, dtype=dtype), few(2, 5, 8, dtype=dtype), few(2, 5, 8, dtype=dtype), opset=23,
            reference="onnx", tolerance=HALF,
        )


def scatter_rows():
    for mode in ("linear", "circular"):
        at = x("B", dtype="int64", values=lengths(3, 0) if mode == "linear" else lengths(30, 0))
        settings = dict(opset=24, reference="onnx", mode=mode)
        yield row("TensorScatter", x("B", 3, 8, 5), x("B", 3, 4, 5), at, **settings)
        yield row("TensorScatter", x("B", 16, 5), x("B", "T", 5), *([at] if mode == "circular" else []), axis=1, **settings)
        yield row(
            "TensorScatter", x(2, 8, 3, 2, dtype="float16"), x(2, 2, 3, 2, dtype="float16"), x(2, dtype="int64", values=lengths(6, 0)),
            axis=1, **settings
        )
        yield row("TensorScatter", x(2, 3, 8, dtype="int32"), x(2, 3, 2, dtype="int32"), x(2, dtype="int64", values=lengths(6, 0)), axis=-1, **settings)


def linear_rows():
    settings = dict(opset=27, reference="onnx", outputs=2, tolerance=dict(rtol=1e-3, atol=1e-4))
    small = lambda *dims, dtype="float32": x(*dims, dtype=dtype, values=lambda rng, shape: rng.standard_normal(shape) / 4)
    decay = lambda *dims, dtype="float32": x(*dims, dtype=dtype, values=lambda rng, shape: -rng.random(shape))
    for rows in ("T", 1):
        for rule in ("linear", "gated", "delta", "gated_delta"):
            for heads, key_heads in ((4, 2), (3, 3)):
                inputs = [small("B", rows, heads * 8), small("B", rows, key_heads * 8), small("B", rows, key_heads * 6)]
                inputs.append(small("B", key_heads, 8, 6) if heads == 4 else None)
                inputs.append(decay("B", rows, key_heads * 8 if heads == 4 else key_heads) if "gated" in rule else None)
                inputs.append(small("B", rows, key_heads if heads == 4 else 1) if "delta" in rule else None)
                while inputs[-1] is None:
                    inputs.pop()
                yield row("LinearAttention", *inputs, q_num_heads=heads, kv_num_heads=key_heads, update_rule=rule, **settings)
    half = [small(2, 5, 16, dtype="float16") for _ in range(3)]
    yield row("LinearAttention", *half, q_num_heads=2, kv_num_heads=2, update_rule="linear", scale=0.5, **settings | dict(tolerance=HALF))
    settings = dict(opset=27, reference="onnx", outputs=2, tolerance=LOOSE)
    for activation in ("none", "silu", "swish"):
        yield row("CausalConvWithState", x("B", 6, "S"), x(6, 1, 4), activation=activation, **settings)
        yield row("CausalConvWithState", x("B", 6, "T"), x(6, 1, 4), x(6), x("B", 6, 3), activation=activation, **settings)
    yield row("CausalConvWithState", x(2, 5, 7), x(5, 1, 1), x(5), x(2, 5, 0), **settings)
    yield row("CausalConvWithState", x(2, 5, 7, dtype="float16"), x(5, 1, 3, dtype="float16"), x(5, dtype="float16"), **settings | dict(tolerance=HALF))
    yield row("CausalConvWithState", x("B", "N", 7), x("N", 1, 3), x("N"), **settings)
    yield row("SwiGLU", x("N", 17), x("N", 17), opset=28, reference="onnx", tolerance=LOOSE)
    yield row("SwiGLU", x(3, "S"), x(3, "S"), opset=28, reference="onnx", alpha=1.7, tolerance=LOOSE)


def graph_of(*nodes, dtype=TensorProto.FLOAT):
    port = lambda name: helper.make_tensor_value_info(name, dtype, [None] * 4)
    return helper.make_graph(list(nodes), "mod", [port("scores")], [port("changed")])


def flex_rows():
    settings = dict(opset=24, reference="onnx", domain="ai.onnx.preview", tolerance=LOOSE)
    scaled = graph_of(
        helper.make_node("Constant", [], ["half"], value_float=0.5), helper.make_node("Mul", ["scores", "half"], ["changed"])
    )
    relu = graph_of(helper.make_node("Tanh", ["scores"], ["changed"]))
    yield row("FlexAttention", *split("B", "S", "T", 4, 2, 8), **settings)
    yield row("FlexAttention", *split("B", "S", "T", 4, 2, 8), score_mod=relu, **settings)
    yield row("FlexAttention", *split("B", "S", "T", 3, 3, 8), score_mod=scaled, prob_mod=relu, scale=0.4, **settings)
    yield row("FlexAttention", *split(2, 5, 7, 4, 1, 8, dtype="float16"), prob_mod=scaled, **settings | dict(tolerance=HALF))


def microsoft_attention_rows():
    settings = dict(tolerance=LOOSE, num_heads=4, **MS)
    weights = [few(24, 96), few(96)]
    i32 = lambda *dims, values=lengths(1, 0): x(*dims, dtype="int32", values=values)
    for causal in (0, 1):
        yield row("Attention", few("B", "S", 24), *weights, unidirectional=causal, **settings)
        yield row("Attention", few("B", "S", 24), *weights, i32("B", "S"), unidirectional=causal, **settings)
        yield row("Attention", few("B", 7, 24), *weights, i32("B", 7, 7), unidirectional=causal, **settings)
        yield row("Attention", few("B", "S", 24), *weights, i32("B", values=lengths(2)), unidirectional=causal, **settings)
        past = few(2, "B", 4, "T", 8)
        yield row("Attention", few("B", 3, 24), *weights, None, past, unidirectional=causal, outputs=2, **settings)
    yield row(
        "Attention", few(3, 7, 24), *weights,
        i32(6, values=lambda rng, shape: np.concatenate([rng.integers(4, 8, 3), rng.integers(0, 4, 3)])), **settings
    )
    yield row("Attention", few(2, "S", 24), *weights, None, None, few(2, 4, "S", "S"), **settings)
    yield row("Attention", few(3, 7, 24), *weights, i32(11, values=lengths(7)), **settings)
    yield row("Attention", few("B", "S", 24), few(24, 80), few(80), qkv_hidden_sizes=[32, 32, 16], scale=0.2, **settings)
    hidden = lambda rows, width=32: few("B", rows, width)
    for causal in (0, 1):
        yield row("MultiHeadAttention", hidden("S"), hidden("S"), hidden("S"), unidirectional=causal, **settings)
        yield row("MultiHeadAttention", hidden("S"), hidden("S"), hidden("S", 16), few(80), unidirectional=causal, **settings)
        past = [few("B", 4, "T", 8), few("B", 4, "T", 8)]
        yield row("MultiHeadAttention", hidden(3), hidden(3), hidden(3), None, None, None, *past, unidirectional=causal, outputs=3, **settings)
        yield row(
            "MultiHeadAttention", hidden(1), hidden(1), hidden(1), few(96), None, few(1, 4, 1, 6), few("B", 4, 5, 8), few("B", 4, 5, 8),
            unidirectional=causal, outputs=3, **settings
        )
    yield row("MultiHeadAttention", hidden("S"), hidden("T"), hidden("T"), None, i32("B", "T"), **settings)
    yield row("MultiHeadAttention", hidden("S"), hidden("T"), hidden("T"), None, i32("B", "S", "T"), few("B", 1, "S", "T"), **settings)
    yield row("MultiHeadAttention", hidden(5), hidden(7), hidden(7), None, i32("B", values=lengths(7)), scale=0.2, **settings)
    yield row("MultiHeadAttention", hidden(5), few("B", 4, "T", 8), few("B", 4, "T", 8), **settings)
    yield row("MultiHeadAttention", hidden(5), hidden(7), hidden(7), outputs=4, types={3: np.float32}, **settings)


def group_query_rows():
    def gqa(
        batch, rows, past, heads=4, key_heads=2, packed=False, room=0, bias=None, sink=None, ragged=False, outputs=3, dtype="float32",
        tolerance=None, **attributes
    ):
        total = rows + past
        depth = 16 if attributes.get("do_rotary") else 8  # as ONNX Runtime wants it
        width = (heads + 2 * key_heads if packed else heads) * depth
        inputs = [few(batch, rows, width, dtype=dtype)]
        inputs += [None, None] if packed else [few(batch, rows, key_heads * depth, dtype=dtype) for _ in range(2)]
        cache = [few(batch, key_heads, room or past, depth, dtype=dtype) for _ in range(2)] if past or room else [None, None]
        ends = (lambda rng, shape: np.r_[total - 1, rng.integers(rows - 1, total, shape[0] - 1)]) if ragged else (lambda rng, shape: np.full(shape, total - 1))
        inputs += [*cache, x(batch, dtype="int32", values=ends), x(1, dtype="int32", values=lambda rng, shape: np.full(shape, total))]
        inputs += [few(40, depth // 2, dtype=dtype), few(40, depth // 2, dtype=dtype)] if attributes.get("do_rotary") else [None, None]
        inputs += [None, bias, sink]
        while inputs[-1] is None:
            inputs.pop()
        return row("GroupQueryAttention", *inputs, outputs=outputs, num_heads=heads, kv_num_heads=key_heads, tolerance=tolerance or LOOSE, **attributes, **MS)

    for rows, past in ((6, 0), (1, 5), (1, 9)):
        for packed in (False, True):
            yield gqa("B", rows, past, packed=packed)
            yield gqa("B", rows, past, packed=packed, do_rotary=1)
    yield gqa(1, 4, 5, do_rotary=1)
    yield gqa(1, 4, 5, do_rotary=1, rotary_interleaved=1, local_window_size=3)
    yield gqa("B", 6, 0, local_window_size=2)
    yield gqa("B", 6, 0, local_window_size=1)
    yield gqa("B", 6, 0, local_window_size=0)
    yield gqa("B", 6, 0, causal=0)
    yield gqa(3, 1, 5, causal=0, ragged=True)
    yield gqa("B", 6, 0, scale=0.3, softcap=2.0)
    yield gqa("B", 1, 5, room=12, do_rotary=1)
    yield gqa(3, 1, 9, room=16, ragged=True, do_rotary=1)
    yield gqa(3, 1, 9, ragged=True, local_window_size=4)
    yield gqa(2, 6, 0, room=16)
    yield gqa("B", 1, 5, bias=few(1, 4, 1, 6))
    yield gqa("B", 6, 0, bias=few("B", 1, 6, 6))
    yield gqa("B", 6, 0, sink=few(4))
    yield gqa("B", 6, 0, smooth_softmax=1)
    yield gqa("B", 1, 5, heads=3, key_heads=3)
    yield gqa("B", 6, 0, outputs=4, qk_output=1)
    yield gqa("B", 1, 5, outputs=4, qk_output=2)
    yield gqa(2, 1, 5, dtype="float16", do_rotary=1, tolerance=HALF)


def norm_rows():
    settings = dict(tolerance=LOOSE, **MS)
    skip = dict(settings, outputs=(0, 3))
    yield row("SkipLayerNormalization", x("B", "S", 24), x("B", "S", 24), x(24), x(24), x(24), **skip)
    yield row("SkipLayerNormalization", x("B", "S", 24), x("S", 24), x(24), x(24), epsilon=1e-3, **skip)
    yield row("SkipLayerNormalization", x("B", "S", 24), x(1, "S", 24), x(24), **settings)
    yield row(
        "SkipLayerNormalization", x(2, 5, 24, dtype="float16"), x(2, 5, 24, dtype="float16"), *(x(24, dtype="float16") for _ in range(3)),
        **skip | dict(tolerance=HALF)
    )
    yield row("SkipSimplifiedLayerNormalization", x("B", "S", 24), x("B", "S", 24), x(24), x(24), **skip)
    yield row("SkipSimplifiedLayerNormalization", x("B", "S", 24), x("B", "S", 24), x(24), epsilon=1e-2, **settings)
    yield row("SimplifiedLayerNormalization", x("B", "S", 24), x(24), tolerance=LOOSE)
    yield row("SimplifiedLayerNormalization", x("N", 3, 4), x(3, 4), axis=1, epsilon=1e-2, outputs=2, tolerance=LOOSE)
    yield row("SimplifiedLayerNormalization", x(2, 24, dtype="float16"), x(24, dtype="float16"), tolerance=HALF)
    ids = lambda most, *dims: x(*dims, dtype="int32", values=lambda rng, shape: rng.integers(0, most, shape))
    tables = [x(50, 24), x(40, 24), x(2, 24), x(24), x(24)]
    yield row("EmbedLayerNormalization", ids(50, "B", "S"), ids(2, "B", "S"), *tables, ids(2, "B", "S"), outputs=3, **settings)
    yield row("EmbedLayerNormalization", ids(50, "B", "S"), None, *tables[:2], None, *tables[3:], outputs=(0, 1), epsilon=1e-3, **settings)
    yield row("EmbedLayerNormalization", ids(50, "B", "S"), ids(2, "B", "S"), *tables, None, ids(40, "B", "S"), outputs=(0, 1), **settings)


def rows():
    for family in (attention_rows, rotary_rows, scatter_rows, linear_rows, flex_rows, microsoft_attention_rows, group_query_rows, norm_rows):
        yield from family()
