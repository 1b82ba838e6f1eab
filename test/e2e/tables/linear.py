# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Einsum, Det, and the bits of numbers as those of another type."""

import numpy as np
from tables.row import row, x
from onnx import TensorProto

EQUATIONS = [
    ("ij,jk->ik", ("N", 7), (7, 5)),
    ("bij,bjk->bik", ("B", 3, 7), ("B", 7, 5)),
    ("bhid,bhjd->bhij", (2, 3, "S", 8), (2, 3, 5, 8)),
    ("bhij,bhjd->bihd", (2, 3, "N", 5), (2, 3, 5, 8)),
    ("bn,anm,bm->ba", ("N", 3), (4, 3, 5), ("N", 5)),
    ("ij,kl->ikjl", (2, "N"), (3, 5)),
    ("...ij,...jk->...ik", (2, 3, "N", 7), (1, 3, 7, 5)),
    ("...ij,jk", (2, "N", 7), (7, 5)),
    ("ij,ij->ij", ("N", 7), ("N", 7)),
    ("ij,ij->i", ("N", 7), ("N", 7)),
    ("i,i->", ("N",), ("N",)),
    ("i,j", ("N",), (5,)),
    ("abc,cd,be->ade", (3, 4, "N"), ("N", 6), (4, 2)),
    ("ab,bc,cd,de->ae", (3, "N"), ("N", 5), (5, 6), (6, 2)),
    ("ij->ji", ("N", 7)),
    ("ij->", ("N", 7)),
    ("ba", ("N", 7)),
    ("ii->i", (7, 7)),
    ("bii->b", ("N", 5, 5)),
    ("iij,j->i", (5, 5, "N"), ("N",)),
    ("i...i->...", (4, "N", 4)),
    (" a b , b c -> a c ", (3, 4), (4, "N")),
]


def meeting(a, b):
    size = max(a.shape[1], b.shape[0])
    return np.broadcast_to(a, (a.shape[0], size)) @ np.broadcast_to(b, (size, b.shape[1]))


def equations():
    for equation, *shapes in EQUATIONS:
        formula = lambda *operands, e=equation: np.einsum(e, *operands)
        yield row("Einsum", *(x(*dims) for dims in shapes), equation=equation, reference=formula)
    for dtype in ("float64", "int32", "int64"):
        yield row("Einsum", x("N", 7, dtype=dtype), x(7, 5, dtype=dtype), equation="ij,jk->ki", reference=lambda a, b: np.einsum("ij,jk->ki", a, b))
    # Dims of 1 stand for any number.
    yield row("Einsum", x(1, 3, 7), x(4, 7, 5), equation="bij,bjk->bik", reference=lambda a, b: a @ b)
    # So does a named one that a run finds to be 1.
    yield row("Einsum", x(2, "N"), x("B", 3), equation="ij,jk->ik", reference=meeting)
    yield row("Einsum", x(1, 3, 7), x(4, 7, 5), equation="bij,bjk->ik", reference=lambda a, b: (a @ b).sum(0))


def determinants():
    for n in (1, 2, 3, 7, 30):
        yield row("Det", x("N", n, n), tolerance=dict(rtol=1e-3, atol=1e-3))
    yield row("Det", x(5, 5))
    yield row("Det", x(2, 3, 4, 4, dtype="float64"), reference=lambda a: np.linalg.det(a))


def bits():
    for source, target in (("float32", "int32"), ("int64", "float64"), ("float16", "uint16"), ("bool", "uint8"), ("float64", "uint64")):
        to = getattr(TensorProto, {"float64": "DOUBLE", "float32": "FLOAT"}.get(target, target.upper()))
        yield row("BitCast", x("N", 7, dtype=source), to=to, opset=26, tolerance=dict(rtol=0, atol=0),
                  reference=lambda v, t=target: v.view(t))


def rows():
    yield from equations()
    yield from determinants()
    yield from bits()
