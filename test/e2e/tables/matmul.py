# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""MatMul and Gemm: sizes of one, primes, whole tiles; batches, vectors, transposes, broadcast bias."""

import numpy as np

from tables.row import row, x

SQUARES = [
    (1, 1, 1),
    (1, 7, 17),
    (7, 1, 5),
    (17, 97, 7),
    (97, 17, 1),
    (64, 64, 64),
    (5, 128, 96),
    (128, 256, 48),
    (3, 300, 10),
]


def product(a, b):
    """The nearest of the operands' type to the exact product."""
    return (a.astype(np.float64) @ b.astype(np.float64)).astype(a.dtype)


def matmul():
    for m, k, n in SQUARES:
        yield row("MatMul", x(m, k), x(k, n))
    for m, k, n in ((0, 17, 97), (0, 64, 48), (0, 1, 10)):
        yield row("MatMul", x("N", k), x(k, n))
        yield row("MatMul", x("S", k), x(k, n))
    yield row("MatMul", x("N", 5, 7), x("N", 7, 17))
    yield row("MatMul", x("N", 5, 7), x(7, 17))
    yield row("MatMul", x("N", 4, "S", 8), x("N", 4, 8, "S"))
    yield row("MatMul", x("N", 4, "S", "S"), x("N", 4, "S", 8))
    yield row("MatMul", x(2, 1, 5, 7), x(3, 7, 4))
    yield row("MatMul", x(5, 7), x(3, 7, 4))
    # N and B are broadcast together: which is the 1 shows at run time.
    yield row("MatMul", x("N", 17, 33), x("B", 33, 7))
    yield row("MatMul", x("N", 1, 5, "S"), x("B", 2, "S", 19))
    yield row("MatMul", x("N", 2, 5, 7, dtype="float16"), x("B", 1, 7, 16, dtype="float16"))
    for m, k, n in ((1, 64, 48), (5, 33, 97), (37, 17, 49), ("N", 64, 65)):
        for dtype, error in (("float16", 2e-3), ("bfloat16", 2e-2)):
            wide = dict(tolerance=dict(scaled=error), reference=product)
            yield row("MatMul", x(m, k, dtype=dtype), x(k, n, dtype=dtype), **wide)
            yield row("MatMul", x(2, m, k, dtype=dtype), x(k, n, dtype=dtype), **wide)
    # So deep that the sums of constant operands are cut in blocks.
    deep = dict(tolerance=dict(scaled=1e-5), reference=product)
    for m, k, n in ((50, 6001, 100), (200, 2500, 131), ("N", 6001, 100)):
        yield row("MatMul", x(m, k), x(k, n), **deep)
    yield row("MatMul", x(7), x(7))
    yield row("MatMul", x(7), x(7, 5))
    yield row("MatMul", x("N", 7), x(7))
    yield row("MatMul", x(3, 5, 7), x(7))
    yield row("MatMul", x(7), x(3, 7, 5))
    for dtype in ("float64", "float16", "int32"):
        yield row("MatMul", x("N", 37, dtype=dtype), x(37, 19, dtype=dtype))


def gemm():
    for a in (0, 1):
        for b in (0, 1):
            left, right = ((17, "N") if a else ("N", 17)), ((13, 17) if b else (17, 13))
            yield row("Gemm", x(*left), x(*right), x(13), transA=a, transB=b)
    for c in ((13,), (1, 13), (), (1,), ("N", 1), ("N", 13), (1, 1)):
        yield row("Gemm", x("N", 17), x(17, 13), x(*c))
    yield row("Gemm", x("N", 17), x(17, 13))
    yield row("Gemm", x("N", 17), x(17, 13), x(13), alpha=0.5, beta=2.0)
    yield row("Gemm", x("N", 17), x(17, 13), x(13), alpha=-1.5, beta=0.0)
    yield row("Gemm", x("N", 17), x(17, 13), alpha=0.25)
    yield row("Gemm", x(1, 784), x(784, 64), x(64))
    yield row("Gemm", x("N", 128), x(10, 128), x(10), transB=1)
    yield row("Gemm", x(5, 300), x(300, 13), x(13))  # sums of several blocks, and what is left
    yield row("Gemm", x("N", "T"), x("T", 13), x(13))
    yield row("Gemm", x("N", 17), x(17, 13), x(13), opset=9)
    yield row("Gemm", x("N", 17, dtype="float64"), x(17, 13, dtype="float64"), x(13, dtype="float64"))


def rows():
    yield from matmul()
    yield from gemm()
