# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ImageDecoder: files of each kind of pixel that are written here, and damaged ones. Pictures of lossy formats are those of
the node tests; Pillow decodes as Accel does, to the bit.
"""

import glob
import os
import struct
import zlib

import numpy as np
from tables.row import row, x

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "fuzz", "corpus", "images")
HEIGHT, WIDTH = 11, 13


def picture(channels=3, levels=256, seed=0):
    return np.random.default_rng([seed, channels, levels]).integers(0, levels, (HEIGHT, WIDTH, channels))


def as_bytes(samples, levels):
    """Samples of 0 up to `levels` as bytes: all bits of few, the first eight of many."""
    return (samples >> 8 if levels > 256 else samples * 255 // (levels - 1)).astype(np.uint8)


def bits_of(samples, width):
    """Rows of numbers of so many bits, highest first, padded to bytes."""
    rows = samples.reshape(HEIGHT, -1)
    bits = rows[:, :, None] >> np.arange(width - 1, -1, -1) & 1
    return np.packbits(bits.reshape(HEIGHT, -1).astype(np.uint8), axis=1)


def by_palette(samples, bits):
    palette = np.random.default_rng(bits).integers(0, 256, (1 << bits, 3)).astype(np.uint8)
    return palette, palette[samples[:, :, 0]]


def light(cmyk):
    cmy, k = 255 - cmyk[:, :, :3].astype(np.int64), 255 - cmyk[:, :, 3:].astype(np.int64)
    return np.round(cmy * k / 255).astype(np.uint8)


def gray_of(rgb):
    return ((rgb.astype(np.int64) @ [19595, 38470, 7471] + 0x8000) >> 16).astype(np.uint8)[:, :, None]


# --- PNG ---


def png(samples, kind, bits, *before, interlaced=False):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    def scanlines(part):
        rows = part.reshape(part.shape[0], -1)
        if bits == 16:
            packed = rows.astype(">u2").view(np.uint8)
        else:
            spread = (rows[:, :, None] >> np.arange(bits - 1, -1, -1) & 1).reshape(len(rows), -1)
            packed = np.packbits(spread.astype(np.uint8), axis=1)
        return b"".join(b"\0" + line.tobytes() for line in packed)

    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    parts = [samples[y::dy, z::dx] for y, z, dy, dx in passes] if interlaced else [samples]
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, kind, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunk(*c) for c in before) +
            chunk(b"IDAT", zlib.compress(b"".join(scanlines(p) for p in parts if p.size))) + chunk(b"IEND", b""))


def pngs():
    for interlaced in (False, True):
        for bits in (1, 2, 4, 8, 16):
            gray = picture(1, 1 << bits)
            yield f"gray{bits}", png(gray, 0, bits, interlaced=interlaced), np.repeat(as_bytes(gray, 1 << bits), 3, axis=2)
            if bits <= 8:
                palette, rgb = by_palette(gray, bits)
                yield f"palette{bits}", png(gray, 3, bits, (b"PLTE", palette.tobytes()), interlaced=interlaced), rgb
            if bits >= 8:
                for kind, channels in ((2, 3), (4, 2), (6, 4)):
                    samples = picture(channels, 1 << bits)
                    seen = as_bytes(samples, 1 << bits)
                    rgb = seen[:, :, :3] if channels > 2 else np.repeat(seen[:, :, :1], 3, axis=2)
                    yield f"kind{kind}_{bits}", png(samples, kind, bits, interlaced=interlaced), rgb
    rgb = picture()
    yield "transparent", png(rgb, 2, 8, (b"tRNS", struct.pack(">HHH", *rgb[0, 0]))), rgb.astype(np.uint8)
    # Neither gamma nor what else is said of colors changes pixels.
    yield "gamma", png(rgb, 2, 8, (b"gAMA", struct.pack(">I", 100000))), rgb.astype(np.uint8)


# --- PNM ---


def pnms():
    for most in (255, 31, 65535):
        for kind, channels in ((2, 1), (3, 3)):
            samples = picture(channels, most + 1)
            rgb = np.repeat(np.round(samples * 255 / most).astype(np.uint8), 3 // channels, axis=2)
            head = f"P%d # a comment\n{WIDTH}\t{HEIGHT}\n{most}\n"
            text = " ".join(map(str, samples.ravel()))
            yield f"text{kind}_{most}", (head % kind + text).encode(), rgb
            raw = samples.astype(">u2" if most > 255 else np.uint8).tobytes()
            yield f"bytes{kind}_{most}", (head % (kind + 3)).encode() + raw, rgb
    bits = picture(1, 2)
    rgb = np.repeat(255 - as_bytes(bits, 2), 3, axis=2)
    yield "text1", f"P1 {WIDTH} {HEIGHT} ".encode() + "".join(map(str, bits.ravel())).encode(), rgb
    yield "bytes1", f"P4 {WIDTH} {HEIGHT}\n".encode() + bits_of(bits, 1).tobytes(), rgb


# --- BMP ---


def bmp(rows, bits, compression=0, before=b"", colors=0, height=HEIGHT, old=False):
    lines = b"".join(r.tobytes() + bytes(-len(r.tobytes()) % 4) for r in rows) if not isinstance(rows, bytes) else rows
    if old:
        info = struct.pack("<IHHHH", 12, WIDTH, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, bits, compression, len(lines), 0, 0, colors, 0)
    start = 14 + len(info) + len(before)
    return b"BM" + struct.pack("<IHHI", start + len(lines), 0, 0, start) + info + before + lines


def bmps():
    rgb = picture().astype(np.uint8)
    bgr = rgb[::-1, :, ::-1]
    yield "24", bmp(bgr, 24), rgb
    yield "old24", bmp(bgr, 24, old=True), rgb
    yield "down", bmp(bgr[::-1], 24, height=-HEIGHT), rgb
    yield "32", bmp(np.dstack([bgr, bgr[:, :, 0]]), 32), rgb
    for bits in (1, 4, 8):
        samples = picture(1, 1 << bits)
        palette, seen = by_palette(samples, bits)
        flipped = bits_of(samples[::-1], bits)
        four = np.hstack([palette[:, ::-1], np.zeros((len(palette), 1), np.uint8)])
        yield f"palette{bits}", bmp(flipped, bits, before=four.tobytes(), colors=len(palette)), seen
        yield f"old{bits}", bmp(flipped, bits, before=palette[:, ::-1].tobytes(), old=True), seen
        if bits == 8:
            flat = np.repeat(samples[::-1, :1, 0], WIDTH, 1)
            runs = b"".join(bytes([WIDTH - 4, line[0], 0, 4, *line[WIDTH - 4:], 0, 0]) for line in flat)
            same = np.repeat(seen[:, :1], WIDTH, axis=1)
            yield "runs8", bmp(runs + b"\0\1", 8, 1, four.tobytes(), 256), same
        if bits == 4:
            runs = b"".join(bytes([WIDTH, row[0] << 4 | row[1], 0, 0]) for row in samples[::-1, :, 0])
            pairs = seen[:, np.arange(WIDTH) % 2]
            yield "runs4", bmp(runs + b"\0\1", 4, 2, four.tobytes(), 16), pairs
    for name, masks in (("555", (0x7C00, 0x3E0, 0x1F)), ("565", (0xF800, 0x7E0, 0x1F))):
        samples = picture(1, 65536)[:, :, 0]
        shifts = [(m & -m).bit_length() - 1 for m in masks]
        parts = [((samples & m) >> s) * 255 // (m >> s) for m, s in zip(masks, shifts)]
        before = b"" if name == "555" else struct.pack("<III", *masks)
        yield name, bmp(samples[::-1].astype("<u2"), 16, 3 if before else 0, before), np.dstack(parts).astype(np.uint8)


# --- TIFF ---


def lzw(data):
    """A table that is begun anew when it is full; codes of 9 to 12 bits."""
    codes, text, bits, count = {}, b"", 0, 0

    def put(code, width):
        nonlocal bits, count
        bits, count = bits << width | code, count + width

    width, following = 9, 258
    put(256, width)
    for byte in data:
        longer = text + bytes([byte])
        if len(longer) == 1 or longer in codes:
            text = longer
            continue
        put(codes[text] if len(text) > 1 else text[0], width)
        codes[longer] = following
        following += 1
        if following == 4095:
            put(256, 12)
            codes, width, following = {}, 9, 258
        elif following >= 1 << width:
            width += 1
        text = bytes([byte])
    put(codes[text] if len(text) > 1 else text[0], width)
    following += 1
    put(257, width + (following >= 1 << width and width < 12))
    pad = -count % 8
    return (bits << pad).to_bytes((count + pad) // 8, "big")


def packbits(data):
    """Runs where two bytes or more are equal."""
    out, at = b"", 0
    while at < len(data):
        run = 1
        while run < 128 and at + run < len(data) and data[at + run] == data[at]:
            run += 1
        out += bytes([257 - run, data[at]]) if run > 1 else bytes([0, data[at]])
        at += run
    return out


PACK = {1: bytes, 5: lzw, 8: zlib.compress, 32773: packbits}


def tiff(samples, bits, colors, pack=1, order="<", rows=HEIGHT, tile=None, planes=False, predictor=1, palette=None, big=False):
    number = np.dtype("u1" if bits <= 8 else f"{order}u2")
    channels = samples.shape[2]

    def packed(part):
        part = part.astype(np.int64)
        if predictor == 2:
            part = np.diff(part, axis=1, prepend=0) % (1 << bits)
        if bits >= 8:
            return PACK[pack](part.astype(number).tobytes())
        spread = (part.reshape(part.shape[0], -1)[:, :, None] >> np.arange(bits - 1, -1, -1) & 1).reshape(part.shape[0], -1)
        return PACK[pack](np.packbits(spread.astype(np.uint8), axis=1).tobytes())

    layers = [samples[:, :, c : c + 1] for c in range(channels)] if planes else [samples]
    if tile:
        padded = [np.pad(s, ((0, -HEIGHT % tile), (0, -WIDTH % tile), (0, 0))) for s in layers]
        chunks = [packed(s[y : y + tile, z : z + tile]) for s in padded for y in range(0, HEIGHT, tile) for z in range(0, WIDTH, tile)]
        place = {322: [tile], 323: [tile], 324: None, 325: [len(c) for c in chunks]}
    else:
        chunks = [packed(s[y : y + rows]) for s in layers for y in range(0, HEIGHT, rows)]
        place = {273: None, 278: [rows], 279: [len(c) for c in chunks]}
    tags = {256: [WIDTH], 257: [HEIGHT], 258: [bits] * channels, 259: [pack], 262: [colors], 277: [channels],
            284: [1 + planes], 317: [predictor], **place}
    if palette is not None:
        tags[320] = (palette.astype(np.int64) * 257).T.ravel().tolist()
    offset = 16 if big else 8
    starts = [offset + sum(len(c) for c in chunks[:i]) for i in range(len(chunks))]
    body = b"".join(chunks)
    tags = {tag: starts if values is None else values for tag, values in sorted(tags.items())}
    word, field = ("Q", 8) if big else ("I", 4)
    directory, extra = b"", b""
    at = offset + len(body)
    behind = at + (8 if big else 2) + len(tags) * (4 + 2 * field) + field
    for tag, values in tags.items():
        short = tag not in (273, 279, 324, 325)
        data = struct.pack(f"{order}{len(values)}{'H' if short else 'I'}", *values)
        if len(data) > field:
            where = struct.pack(order + word, behind + len(extra))
            extra, data = extra + data, where
        directory += struct.pack(f"{order}HH{word}", tag, 3 if short else 4, len(values)) + data.ljust(field, b"\0")
    head = (b"II" if order == "<" else b"MM") + (struct.pack(order + "HHHQ", 43, 8, 0, at) if big else struct.pack(order + "HI", 42, at))
    return head + body + struct.pack(order + ("Q" if big else "H"), len(tags)) + directory + bytes(field) + extra


def tiffs():
    layouts = [{}, {"order": ">"}, {"rows": 3}, {"tile": 16}, {"tile": 8}, {"planes": True}, {"big": True}]
    for pack in PACK:
        for layout in layouts:
            for bits in (8, 16):
                for channels in (3, 4):
                    samples = picture(channels, 1 << bits)
                    for predictor in (1, 2) if pack in (5, 8) else (1,):
                        name = f"rgb{pack}_{layout}_{bits}_{channels}_{predictor}"
                        yield name, tiff(samples, bits, 2, pack, predictor=predictor, **layout), as_bytes(samples, 1 << bits)[:, :, :3]
    for bits in (1, 2, 4, 8):
        samples = picture(1, 1 << bits)
        seen = np.repeat(as_bytes(samples, 1 << bits), 3, axis=2)
        palette, rgb = by_palette(samples, bits)
        for pack in (1, 5):
            yield f"black{pack}_{bits}", tiff(samples, bits, 1, pack), seen
            yield f"white{pack}_{bits}", tiff(samples, bits, 0, pack), 255 - seen
            yield f"palette{pack}_{bits}", tiff(samples, bits, 3, pack, palette=palette), rgb
    cmyk = picture(4)
    yield "cmyk", tiff(cmyk, 8, 5), light(cmyk)
    # So long that a table is full several times; and equal bytes, whose codes mean what they make.
    repeated = np.kron(picture(1, 4), np.ones((1, 1, 128), np.int64))
    many = np.dstack([repeated, picture(128)])
    yield "samples256", tiff(many, 8, 1, 5), np.repeat(many[:, :, :1].astype(np.uint8), 3, axis=2)
    flat = np.zeros((HEIGHT, WIDTH, 3), np.int64)
    yield "flat", tiff(flat, 8, 2, 5), flat.astype(np.uint8)


# --- all ---


def decode(case, raw, rgb, form="RGB"):
    data = np.frombuffer(raw, np.uint8)
    want = {"RGB": rgb, "BGR": rgb[:, :, ::-1], "Grayscale": gray_of(rgb)}[form]
    stream = x(len(data), dtype="uint8", values=lambda rng, shape: data)
    return row("ImageDecoder", stream, pixel_format=form, opset=20, reference=lambda _: want, case=case)


def rows():
    for files in (pngs, pnms, bmps, tiffs):
        for number, (name, raw, rgb) in enumerate(files()):
            yield decode(f"{files.__name__}_{number}_{name}".replace(" ", ""), raw, rgb, ("RGB", "RGB", "BGR", "Grayscale")[number % 4])
    # What is cut off, or nothing at all, is no picture.
    nothing = np.zeros((0, 0, 3), np.uint8)
    for path in sorted(glob.glob(os.path.join(CORPUS, "*"))):
        with open(path, "rb") as file:
            raw = file.read()
        for part in (0.05, 0.5):
            yield decode(f"{os.path.basename(path)}_{part}", raw[: int(len(raw) * part)], nothing, ("RGB", "Grayscale")[part == 0.5])
    for name, raw in {"empty": b"", "P": b"P", "BM": b"BM", "GIF": b"GIF89a", "zeros": bytes(64)}.items():
        yield decode(name, raw, nothing)
