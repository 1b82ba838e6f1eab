# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tensors of strings: ops that move elements, ops about strings, and look-ups."""

import numpy as np
from tables.row import const, row, x

DOMAIN = "ai.onnx.ml"
WORDS = ["", "a", "B", "ab", "é", "long enough to be of more than one cache line, which is 64 bytes", "1", "Zeile\n", "b c"]


def some(rng, shape):
    return rng.choice(np.array(WORDS, object), shape)


def text(*dims, values=some):
    return x(*dims, dtype="string", values=values)


def texts(values):
    return const(np.array(values, object), "string")


def moves():
    yield row("Identity", text("N", 3))
    yield row("Identity", text())
    yield row("Transpose", text("N", 3, "T"), perm=[2, 0, 1])
    yield row("Reshape", text("N", 4), const([-1, 2]))
    yield row("Flatten", text("N", 3, 2), axis=2)
    yield row("Squeeze", text("N", 1), const([1]))
    yield row("Unsqueeze", text("N"), const([0, 2]))
    yield row("Concat", text("N", 3), text("N", 3), axis=0)
    yield row("Concat", text("N", 3), text("N", 2), axis=1)
    yield row("Split", text("N", 6), axis=1, outputs=2)
    yield row("Slice", text("N", 6), const([4]), const([-9]), const([1]), const([-2]))
    yield row("Gather", text("N", 6), const([[0, -1], [3, 3]]), axis=1)
    yield row("GatherElements", text(3, 4), x(3, 2, dtype="int64", values=lambda rng, shape: rng.integers(-4, 4, shape)), axis=1)
    yield row("GatherND", text(3, 4), const([[0, 1], [2, -1]]))
    yield row("ScatterND", text(3, 4), const([[0], [2]]), texts([["w"] * 4, ["", "x", "y", "z"]]), opset=13)
    yield row("Expand", text("N", 1), const([2, 1, 3]))
    yield row("Tile", text("N", 2), const([2, 3]))
    yield row("Where", x("N", 3, dtype="bool"), text("N", 3), text(3))
    yield row("Compress", text(4, 3), const([True, False, True, True], "bool"), axis=0)
    yield row("Shape", text("N", 3))
    yield row("Size", text("N", 3))
    yield row("Unique", text("S"), outputs=4)
    yield row("Unique", text("S", 2), axis=0, sorted=0, outputs=4)
    yield row("Equal", text("N", 3), text(3), opset=19)
    yield row("Equal", text("N", 3), texts(["a", "", "nowhere else"]), opset=19)


def numbers(rng, shape):
    return rng.choice(np.array(["1", " 7", "-5", "+3", "2.75", "1e3", "12abc"], object), shape)


def casts():
    special = [0.1, -0.0, 1e10, 1e-7, 123456.5, np.nan, np.inf, -np.inf, 1 / 3]
    for name in ("float16", "float32", "float64"):
        yield row("Cast", x("N", dtype=name, values=lambda rng, shape: rng.choice(special, shape)), to=8)
    for name in ("int8", "uint8", "int32", "int64", "uint64", "bool"):
        yield row("Cast", x("N", 3, dtype=name), to=8)
    for to in (1, 11, 10, 6, 7, 2, 13, 9):
        yield row("Cast", text("N", 3, values=numbers), to=to)


def normalized(action, stop, is_case_sensitive):
    """A function for 1-d strings whose letters have simple mappings only."""

    def run(strings):
        change = {"LOWER": str.lower, "UPPER": str.upper, "NONE": str}[action]
        same = str if is_case_sensitive else str.lower
        kept = [change(s) for s in strings.reshape(-1).tolist() if same(s) not in {same(w) for w in stop}]
        return np.array(kept or [""], object)

    return run


def split(delimiter, most):
    def run(strings):
        parts = [s.split(delimiter, -1 if most is None else most) for s in strings.reshape(-1).tolist()]
        longest = max(map(len, parts), default=0)
        filled = np.array([p + [""] * (longest - len(p)) for p in parts], object)
        return filled.reshape(strings.shape + (longest,)), np.array([len(p) for p in parts]).reshape(strings.shape)

    return run


def about():
    yield row("StringConcat", text("N", 3), text("N", 3), opset=20)
    yield row("StringConcat", text("N", 1), text(4), opset=20)
    yield row("StringConcat", text("N", "T"), texts(["-"]), opset=20)
    parts = lambda rng, shape: rng.choice(np.array(["a--b", "", "--", " x  y ", "one", "a-b--c d"], object), shape)
    for delimiter, most in ((None, None), ("--", None), ("-", 1), (None, 1), ("-", 0)):
        settings = {k: v for k, v in (("delimiter", delimiter), ("maxsplit", most)) if v is not None}
        for dims in (("N",), (2, 3)):
            yield row("StringSplit", text(*dims, values=parts), opset=20, outputs=2, reference=split(delimiter, most), **settings)
    cases = lambda rng, shape: rng.choice(np.array(["Straße", "ÄÖ", "ж", "Γ", "Monday", "monday", "😀 ok"], object), shape)
    for action in ("LOWER", "UPPER", "NONE"):
        for sensitive in (0, 1):
            stop = ["monday", "γ", "none"]
            # 'ß' has no upper case of one letter; Python gives it two.
            values = cases if action != "UPPER" else lambda rng, shape: rng.choice(np.array(["ab", "ÿ", "Ж", "MONDAY"], object), shape)
            yield row(
                "StringNormalizer", text("S", values=values), opset=10, case_change_action=action, is_case_sensitive=sensitive,
                stopwords=stop, reference=normalized(action, stop, sensitive),
            )  # fmt: skip
    for pattern in (r"[a-zé]*", r"(a|b c?|B)+", r"(?i)[AB]{1,2}", r"\d|\PL+", r"(?s).*\s.*", r"^$", r"(?m).*e$\n", r"long.*\b\w+ bytes"):
        yield row("RegexFullMatch", text("S"), opset=20, pattern=pattern)


def ngrams():
    settings = dict(ngram_counts=[0, 4], ngram_indexes=[6, 0, 1, 2, 5, 4, 3], opset=9)
    weights = [0.5, 2.0, 3.0, 0.25, 1.0, 7.0, 5.0]
    near = lambda rng, shape: rng.integers(2, 9, shape)
    pool = [2, 3, 5, 4, 5, 6, 7, 8, 6, 7]
    for mode in ("TF", "IDF", "TFIDF"):
        for shortest, longest, skips in ((1, 1, 0), (1, 2, 0), (2, 2, 3), (1, 2, 2)):
            sizes = dict(mode=mode, min_gram_length=shortest, max_gram_length=longest, max_skip_count=skips, **settings)
            yield row("TfIdfVectorizer", x("N", 12, dtype="int64", values=near), pool_int64s=pool, weights=weights, **sizes)
            yield row("TfIdfVectorizer", x(9, dtype="int32", values=near), pool_int64s=pool, **sizes)
            letters = lambda rng, shape: rng.choice(np.array([str(n) for n in pool], object), shape)
            yield row("TfIdfVectorizer", text("N", 7, values=letters), pool_strings=[str(n) for n in pool], weights=weights, **sizes)


def labels():
    few = lambda rng, shape: rng.integers(-2, 4, shape)
    encode = lambda given, **settings: row("LabelEncoder", given, domain=DOMAIN, **settings)
    yield encode(text("N", 3), keys_strings=["a", "é", "a"], values_int64s=[3, 7, 9])
    yield encode(text("S"), keys_strings=WORDS[:4], values_floats=[0.5, 1.5, -1.0, 2.0], default_float=9.0)
    yield encode(text("S"), keys_strings=WORDS[:4], values_strings=WORDS[3::-1])
    yield encode(x("N", 3, dtype="int64", values=few), keys_int64s=[3, -1, 0], values_strings=["three", "less", ""], default_string="?")
    yield encode(x("N", 3, dtype="int64", values=few), keys_int64s=list(range(2000)), values_int64s=list(range(2000, 0, -1)))
    odd = lambda rng, shape: rng.choice([1.5, np.nan, 2.0, 7.0], shape)
    yield encode(x("N", 3, values=odd), keys_floats=[2.0, float("nan"), 1.5], values_int64s=[1, 2, 3])
    yield encode(x("N", 3, values=odd), keys_floats=[2.0, 1.5], values_floats=[1.0, 2.5])
    mapping = dict(cats_strings=["a", "B", "é"], cats_int64s=[2, -1, 3], domain=DOMAIN)
    yield row("ArrayFeatureExtractor", text("N", 7), const([4, 0, 4]), domain=DOMAIN)
    yield row("CategoryMapper", text("N", 3), default_int64=-5, **mapping)
    yield row("CategoryMapper", x("N", 3, dtype="int64", values=few), default_string="none", **mapping)
    yield row("OneHotEncoder", text("N", 3), cats_strings=WORDS[:5], domain=DOMAIN)
    yield row("OneHotEncoder", x("N", 3, dtype="int64", values=few), cats_int64s=[3, 0, -2], domain=DOMAIN)
    yield row("OneHotEncoder", x("N", values=few), cats_int64s=[3, 0, -2], domain=DOMAIN)


def rows():
    for part in (moves, casts, about, ngrams, labels):
        yield from part()
