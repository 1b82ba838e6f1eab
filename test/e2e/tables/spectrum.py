# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""DFT of lengths with small and large prime factors, STFT, MelWeightMatrix."""

import numpy as np
from tables.data import number
from tables.row import const, row, x

LOOSE = dict(rtol=1e-4, atol=1e-4)


def transformed(axis, inverse=False, onesided=False, length=None):
    """NumPy's transform, in f64."""

    def reference(*values):
        data = values[0].astype(np.float64)
        signal = data[..., 0] + 1j * (data[..., 1] if data.shape[-1] == 2 else 0)
        at = axis % data.ndim
        if inverse and onesided:
            found = np.fft.irfft(signal, length, at)[..., None]
        else:
            found = (np.fft.ifft if inverse else np.fft.fft)(signal, length, at)
            if onesided:
                found = np.take(found, range(found.shape[at] // 2 + 1), at)
            found = np.stack([found.real, found.imag], -1)
        return found.astype(values[0].dtype)

    return reference


def transforms():
    old = dict(opset=17, tolerance=LOOSE)
    for length in (1, 2, 3, 5, 8, 12, 30, 31, 37, 64, 97, 105, 128, 211, 1000, 1009):
        yield row("DFT", x(3, length, 2), axis=1, reference=transformed(1), **old)
        yield row("DFT", x("N", length, 1), axis=1, onesided=1, reference=transformed(1, onesided=True), **old)
        yield row("DFT", x(2, length, 2), axis=1, inverse=1, reference=transformed(1, inverse=True), **old)
    for length in (2, 3, 9, 38):
        back = dict(inverse=1, onesided=1, opset=20, tolerance=LOOSE, reference=transformed(1, True, True))
        yield row("DFT", x(2, length, 3, 2), None, const(1), **back)
    yield row("DFT", x(2, 3, 20, 5, 2), axis=2, reference=transformed(2), **old)
    yield row("DFT", x(2, "S", 5, 2), axis=-3, reference=transformed(1), **old)
    for length in (5, 16, 41):
        yield row("DFT", x(2, 20, 2), const(length), axis=1, reference=transformed(1, length=length), **old)
        yield row("DFT", x(2, 20, 1), number(length), opset=20, tolerance=LOOSE, reference=transformed(-2, length=length))
    yield row("DFT", x(4, 20, 3, 2), None, number(-2), opset=20, tolerance=LOOSE, reference=transformed(-2))
    yield row("DFT", x(4, 20, 3, 2), None, const(0), opset=20, tolerance=LOOSE, reference=transformed(0))
    exact = dict(rtol=1e-11, atol=1e-11)
    for length in (60, 1009):
        yield row("DFT", x(2, length, 2, dtype="float64"), axis=1, opset=17, tolerance=exact, reference=transformed(1))
    half = dict(tolerance=dict(rtol=1e-2, atol=1e-2), reference=transformed(1))
    yield row("DFT", x(2, 24, 2, dtype="float16"), axis=1, opset=17, **half)


def windows():
    settings = dict(opset=17, tolerance=LOOSE)
    yield row("STFT", x("N", 100, 1), const(7), None, const(16), **settings)
    yield row("STFT", x(2, "S", 1), const(3), x(2), **settings)
    yield row("STFT", x(2, 100, 1), number(9), x(20), const(20), onesided=0, **settings)
    yield row("STFT", x(1, 90, 2), const(4), x(37), onesided=0, reference="onnx", **settings)
    yield row("STFT", x(2, 50, 1, dtype="float64"), const(5), x(11, dtype="float64"), **settings)


def mel():
    for bins, length, rate in ((8, 16, 8192), (40, 512, 16000), (5, 33, 100)):
        numbers = [number(n) for n in (bins, length, rate)]
        edges = [number(n, "float32") for n in (rate / 100, rate / 2.5)]
        yield row("MelWeightMatrix", *numbers, *edges, tolerance=LOOSE)
        yield row("MelWeightMatrix", *numbers, *edges, output_datatype=11, tolerance=LOOSE)


def rows():
    yield from transforms()
    yield from windows()
    yield from mel()
