# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a picture as PNG, with zlib alone, and what an input that takes it must hold: picture.py PNG NPY HOW."""

import struct
import sys
import zlib

import numpy as np


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(pixels):
    height, width, channels = pixels.shape
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)
    kind = {3: 2, 4: 6}[channels]
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def scaled(pixels, height, width):
    """By the definition, in float64: the mean of a triangle around the middle of each pixel."""

    def matrix(to, size):
        scale = size / to
        support = max(scale, 1.0)
        at = (np.arange(to)[:, None] + 0.5) * scale
        weights = np.maximum(1 - np.abs(np.arange(size)[None] + 0.5 - at) / support, 0)
        return weights / weights.sum(1, keepdims=True)

    rows, columns = matrix(height, pixels.shape[0]), matrix(width, pixels.shape[1])
    return np.floor(np.einsum("ih,hwc,jw->ijc", rows, pixels.astype(np.float64), columns) + 0.5)


def main(picture, array, how):
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (24, 36, 4 if how == "alpha" else 3), np.uint8)
    if how == "alpha":
        pixels[..., 3] = 255
    with open(picture, "wb") as file:
        file.write(png(pixels))
    pixels = pixels[..., :3]
    if how == "resized":
        want = (scaled(pixels, 9, 15) / 255 - [0.4, 0.5, 0.6]) / [0.2, 0.3, 0.4]
    elif how == "cropped":
        want = scaled(pixels, 12, 18)[1:10, 1:16] / 255
    elif how == "bytes":
        want = pixels[..., ::-1]
    else:
        want = pixels / 255
    layout = want if how == "bytes" else want.transpose(2, 0, 1)
    np.save(array, layout[None].astype(np.uint8 if how == "bytes" else np.float32))


main(*sys.argv[1:])
