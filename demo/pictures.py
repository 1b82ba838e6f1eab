# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Grey images as text: two pixels a character with half blocks, or plain ASCII where the output has no such characters."""

import sys

import numpy as np

COLUMNS, ASCII = 14, " .:-=+*#%@"


def shrink(image, rows, columns):
    """The mean of each cell of a rows x columns grid over the image."""
    cells = [np.array_split(band, columns, axis=1) for band in np.array_split(image, rows, axis=0)]
    return np.array([[cell.mean() for cell in band] for band in cells])


def blocks(image):
    dark = shrink(image, COLUMNS, COLUMNS) > 0.55
    marks = {(0, 0): " ", (1, 0): "\u2580", (0, 1): "\u2584", (1, 1): "\u2588"}
    return [
        "".join(marks[pair] for pair in zip(top.astype(int), bottom.astype(int)))
        for top, bottom in zip(dark[::2], dark[1::2])
    ]


def letters(image):
    level = (shrink(image, COLUMNS // 2, COLUMNS) * (len(ASCII) - 1) + 0.5).astype(int).clip(0, len(ASCII) - 1)
    return ["".join(ASCII[v] for v in row) for row in level]


def unicode_output():
    try:
        "\u2580\u2584\u2588".encode(sys.stdout.encoding or "ascii")
        return True
    except UnicodeEncodeError:
        return False


def beside(images, captions, gap="  "):
    """Lines that show the images in a row, each over its caption."""
    draw = blocks if unicode_output() else letters
    lines = [gap.join(parts).rstrip() for parts in zip(*(draw(image) for image in images))]
    return lines + [gap.join(c.center(COLUMNS) for c in captions).rstrip()]
