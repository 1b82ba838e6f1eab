#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the tables of Unicode that StringNormalizer and RegexFullMatch need, as C.

usage: unicode-tables.py case|categories OUTPUT.h
"""
import sys
import unicodedata

POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def lower(c):
    text = chr(c).lower()
    # What becomes several code points becomes the first of them, if the others are marks on it.
    return ord(text[0]) if all(unicodedata.combining(mark) for mark in text[1:]) else c


def upper(c):
    for text in (chr(c).upper(), chr(c).title()):
        if len(text) == 1:
            return ord(text)
    return c


def case_rows(mapping):
    """Rows (first, last, step, delta): of first, first + step, ... last, each is mapped by adding delta."""
    rows = []
    for c in POINTS:
        delta = mapping(c) - c
        if not delta:
            continue
        if rows and rows[-1][3] == delta:
            first, last, step, _ = rows[-1]
            if c - last == step or (first == last and c - last <= 2):
                rows[-1] = (first, c, c - last, delta)
                continue
        rows.append((c, c, 1, delta))
    return rows


def category_ranges(name):
    ranges = []
    for c in range(0x110000):
        if not unicodedata.category(chr(c)).startswith(name):
            continue
        if ranges and ranges[-1][1] == c - 1:
            ranges[-1] = (ranges[-1][0], c)
        else:
            ranges.append((c, c))
    return ranges


def write(path, kind):
    with open(path, "w", encoding="ascii") as out:
        out.write(f"// Written by tools/dev/unicode-tables.py, of Unicode {unicodedata.unidata_version}.\n")
        if kind == "case":
            for name, mapping in (("lower", lower), ("upper", upper)):
                rows = ",".join("{%d,%d,%d,%d}" % row for row in case_rows(mapping))
                out.write(f"static const struct unicode_case unicode_{name}[] = {{{rows}}};\n")
            return
        names = sorted({unicodedata.category(chr(c)) for c in range(0x110000)} - {"Cn"})
        out.write("static const UnicodeCategory kCategories[] = {\n")
        for name in sorted({n[0] for n in names} | set(names)):
            if name == "C":
                continue  # not assigned code points belong to it or not, depending on who is asked
            ranges = ",".join("{%d,%d}" % pair for pair in category_ranges(name))
            out.write(f'{{"{name}", {{{ranges}}}}},\n')
        out.write("};\n")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("case", "categories"):
        sys.exit(__doc__)
    write(sys.argv[2], sys.argv[1])
