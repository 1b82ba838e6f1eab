# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Resize and Upsample in all their versions and modes; transposed convolutions, depth to space."""

from tables.data import floats, ints
from tables.row import const, row, x

PLANE = ("N", 3, 7, 10)
LOOSE = dict(rtol=1e-4, atol=1e-5)


def scaled(*scales):
    return None, const(scales, "float32")


def sized(*sizes):
    return None, None, const(sizes)


def nearest():
    for coordinates in ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"):
        for rounding in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
            attributes = dict(coordinate_transformation_mode=coordinates, nearest_mode=rounding)
            yield row("Resize", x(*PLANE), *scaled(1, 1, 2, 3), **attributes)
            yield row("Resize", x(*PLANE), *sized(1, 3, 5, 21), reference="onnx", **attributes)
    yield row("Resize", x("N", 3, "S", "T"), *scaled(1, 1, 2, 2), mode="nearest")
    yield row("Resize", x("N", 3, "S", 9), *scaled(1, 1, 0.7, 1.3), mode="nearest")
    yield row("Resize", x("N", 5, "S"), *scaled(1, 1, 2.5), mode="nearest", nearest_mode="floor")
    yield row("Resize", x(2, 3, 4, 5), *scaled(2, 3, 1, 2), mode="nearest")
    yield row("Resize", x(1, 2, 3, 4, 5), *scaled(1, 1, 2, 1.5, 2), mode="nearest")
    yield row("Resize", x(*PLANE, dtype="uint8"), *scaled(1, 1, 2, 2), mode="nearest")
    yield row("Resize", x(*PLANE, dtype="int8"), *scaled(1, 1, 2, 0.5), mode="nearest")
    yield row("Resize", x(*PLANE, dtype="int32"), *scaled(1, 1, 1.5, 2), mode="nearest")


def weighted():
    for mode in ("linear", "cubic"):
        for coordinates in ("half_pixel", "half_pixel_symmetric", "asymmetric", "align_corners", "pytorch_half_pixel"):
            attributes = dict(mode=mode, coordinate_transformation_mode=coordinates, opset=19, tolerance=LOOSE)
            yield row("Resize", x(*PLANE), *scaled(1, 1, 2, 2.6), **attributes)
            # ONNX Runtime takes sizes for lengths here, the node tests what scales make of them.
            exact = dict(reference="onnx") if coordinates == "align_corners" else {}
            yield row("Resize", x(*PLANE), *scaled(1, 1, 0.7, 0.6), **exact, **attributes)
            yield row("Resize", x("N", 3, "S", 9), *scaled(1, 1, 2, 1.7), **exact, **attributes)
            yield row("Resize", x(2, 3, 7, 10), *sized(2, 3, 1, 33), **attributes)
        yield row("Resize", x(2, 3, "S", 10), *sized(2, 3, 12, 17), mode=mode, tolerance=LOOSE)
        yield row("Resize", x(2, 3, 1, 1), *sized(2, 3, 5, 4), mode=mode, tolerance=LOOSE)
    yield row("Resize", x(2, 3, 7), *scaled(1, 1, 2.5), mode="linear", reference="onnx", tolerance=LOOSE)
    yield row("Resize", x(2, 3, 4, 5, 6), *scaled(1, 1, 2, 1.5, 3), mode="linear", tolerance=LOOSE)
    yield row("Resize", x(3, 4, 5), *scaled(2, 1, 3), mode="linear", reference="onnx", tolerance=LOOSE)
    yield row("Resize", x(7, 10), *scaled(2, 2), mode="linear", tolerance=LOOSE)
    for a in (-0.5, -0.75):
        for exclude in (0, 1):
            attributes = dict(mode="cubic", cubic_coeff_a=a, exclude_outside=exclude, tolerance=LOOSE)
            yield row("Resize", x(*PLANE), *scaled(1, 1, 2, 0.8), **attributes)
    half = dict(tolerance=dict(scaled=2e-3), reference="onnx")
    yield row("Resize", x(*PLANE, dtype="float16"), *scaled(1, 1, 2, 2), mode="linear", **half)
    yield row("Resize", x(*PLANE, dtype="float64"), *scaled(1, 1, 2, 2), mode="cubic", reference="onnx")
    yield row("Resize", x(*PLANE, dtype="int32"), *scaled(1, 1, 2, 2), mode="linear")


def cropped():
    for mode in ("nearest", "linear", "cubic"):
        for region in ([0, 0, 0.2, 0.3, 1, 1, 0.7, 0.8], [0, 0, -0.3, 0.9, 1, 1, 1.4, 0.1]):
            attributes = dict(
                mode=mode,
                coordinate_transformation_mode="tf_crop_and_resize",
                extrapolation_value=2.5,
                reference="onnx",
                tolerance=LOOSE,
            )
            yield row("Resize", x(1, 3, 7, 10), const(region, "float32"), None, const([1, 3, 5, 12]), **attributes)
    # The region is data, the size is not.
    region = x(8, values=lambda rng, shape: [0, 0, *rng.uniform(0, 0.4, 2), 1, 1, *rng.uniform(0.6, 1, 2)])
    yield row(
        "Resize",
        x(1, 3, "S", 10),
        region,
        None,
        const([1, 3, 5, 12]),
        mode="linear",
        coordinate_transformation_mode="tf_crop_and_resize",
        reference="onnx",
        tolerance=LOOSE,
    )


def antialiased():
    for mode in ("linear", "cubic"):
        for exclude in (0, 1):
            attributes = dict(mode=mode, antialias=1, exclude_outside=exclude, opset=18, tolerance=LOOSE)
            yield row("Resize", x(2, 3, 17, 19), *scaled(1, 1, 0.6, 0.35), reference="onnx", **attributes)
            yield row("Resize", x(2, 3, 17, 19), *scaled(1, 1, 1.5, 0.1), reference="onnx", **attributes)
        yield row(
            "Resize", x(1, 3, "S", 19), *scaled(1, 1, 0.5, 0.5), mode=mode, antialias=1, opset=18, tolerance=LOOSE
        )
        yield row("Resize", x(1, 3, 17, 19), *sized(1, 3, 8, 30), mode=mode, antialias=1, opset=18, tolerance=LOOSE)


def newer():
    """axes and keep_aspect_ratio_policy (18), half_pixel_symmetric (19)"""
    yield row("Resize", x("N", 3, 7, 10), *scaled(2, 3), opset=18, axes=[3, 2], mode="nearest", reference="onnx")
    yield row("Resize", x("N", 3, 7, 10), *scaled(2, 3), opset=18, axes=[-2, -1], mode="linear", tolerance=LOOSE)
    for policy in ("not_larger", "not_smaller"):
        for sizes in ([9, 20], [21, 10], [5, 5]):
            yield row(
                "Resize",
                x(1, 3, 7, 10),
                *sized(*sizes),
                opset=18,
                axes=[2, 3],
                keep_aspect_ratio_policy=policy,
                mode="linear",
                tolerance=LOOSE,
            )


def older():
    yield row("Upsample", x("N", 3, 5, 6), opset=7, scales=[1.0, 1.0, 2.0, 3.0], mode="nearest")
    yield row("Upsample", x("N", 3, 5, 6), opset=8, scales=[1.0, 1.0, 2.0, 2.5], mode="linear", tolerance=LOOSE)
    yield row("Upsample", x("N", 3, "S", 6), const([1, 1, 2, 2], "float32"), opset=9, mode="linear", tolerance=LOOSE)
    yield row("Upsample", x("N", 3, "S", 6), const([1, 1, 2, 2], "float32"), opset=9)
    for scales in ([1, 1, 2, 3], [1, 1, 0.5, 0.7]):
        yield row("Resize", x("N", 3, 5, 6), const(scales, "float32"), opset=10, mode="nearest")
        yield row("Resize", x("N", 3, 5, 6), const(scales, "float32"), opset=10, mode="linear", tolerance=LOOSE)


def computed():
    """Scales and sizes that are data."""
    linear = dict(mode="linear", tolerance=LOOSE)
    for mode in ("nearest", "linear", "cubic"):
        for coordinates in ("half_pixel", "half_pixel_symmetric", "align_corners"):
            attributes = dict(mode=mode, coordinate_transformation_mode=coordinates, opset=19, tolerance=LOOSE)
            yield row("Resize", x(*PLANE), None, floats(1, 1, 2, 1.5), **attributes)
            exact = dict(reference="onnx") if coordinates == "align_corners" else {}
            yield row("Resize", x(*PLANE), None, floats(1, 1, 0.7, 0.6), **exact, **attributes)
            yield row("Resize", x(2, 3, "S", 10), None, None, ints(2, 3, 5, 21), reference="onnx", **attributes)
        yield row("Resize", x(1, 3, 7, 9), None, floats(0.6, 1.7), mode=mode, opset=18, axes=[2, -1], tolerance=LOOSE)
    yield row("Resize", x(2, 3, 7), None, floats(2, 1, 1.5), reference="onnx", **linear)
    yield row("Resize", x(2, 3, 7, dtype="float16"), None, floats(1, 1, 2), mode="linear", reference="onnx")
    yield row("Resize", x(2, 3, 7, dtype="uint8"), None, floats(1, 2, 3), mode="nearest")
    for mode in ("linear", "cubic"):
        filtered = dict(mode=mode, antialias=1, opset=18, tolerance=LOOSE, reference="onnx")
        yield row("Resize", x(2, 3, 17, 19), None, floats(1, 1, 0.6, 0.35), **filtered)
        yield row("Resize", x(1, 2, "S", 19), None, None, ints(1, 2, 8, 30), **filtered)
        # The size is known, the scale is not.
        yield row("Resize", x(1, 2, "S", 19), None, None, const([1, 2, 8, 9]), **filtered)
    for policy in ("not_larger", "not_smaller"):
        kept = dict(opset=18, axes=[2, 3], keep_aspect_ratio_policy=policy, mode="linear", tolerance=LOOSE)
        yield row("Resize", x(1, 3, 7, 10), None, None, ints(9, 20), **kept)
        yield row("Resize", x(1, 3, "S", 10), None, None, const([9, 20]), **kept)
    region = dict(coordinate_transformation_mode="tf_crop_and_resize", mode="linear", tolerance=LOOSE)
    corners = floats(0, 0, 0.2, 0.3, 1, 1, 0.7, 0.8)
    yield row("Resize", x(1, 3, 7, 10), corners, None, ints(1, 3, 5, 12), reference="onnx", **region)
    yield row("Upsample", x("N", 3, 5, 6), floats(1, 1, 2, 3), opset=9)
    yield row("Upsample", x("N", 3, 5, 6), floats(1, 1, 2, 2), opset=9, mode="linear", tolerance=LOOSE)
    yield row("Resize", x("N", 3, 5, 6), floats(1, 1, 0.5, 0.7), opset=10, mode="nearest")


def transposed():
    plane = (5, 7, 9)
    weights = [
        (plane, (5, 3, 3, 3), {}),
        (plane, (5, 3, 2, 2), dict(strides=[2, 2])),
        (plane, (5, 3, 3, 3), dict(strides=[2, 2])),
        (plane, (5, 3, 3, 3), dict(strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])),
        (plane, (5, 3, 4, 4), dict(strides=[2, 2], pads=[1, 1, 1, 1])),
        (plane, (5, 3, 3, 5), dict(strides=[3, 2], pads=[0, 1, 2, 3])),
        (plane, (5, 3, 3, 2), dict(dilations=[2, 3])),
        (plane, (5, 3, 3, 3), dict(strides=[2, 3], dilations=[2, 2])),
        (plane, (5, 3, 1, 1), dict(strides=[2, 2])),
        (plane, (5, 3, 2, 2), dict(strides=[3, 4], output_padding=[2, 1])),
        (plane, (5, 3, 1, 1), dict(pads=[1, 1, 0, 0])),
        (plane, (5, 3, 3, 3), dict(pads=[2, 2, 2, 2])),
        (plane, (5, 3, 3, 3), dict(strides=[2, 2], auto_pad="SAME_UPPER")),
        (plane, (5, 3, 3, 3), dict(strides=[2, 2], auto_pad="SAME_LOWER")),
        (plane, (5, 3, 3, 3), dict(auto_pad="VALID")),
        ((16, 6, 6), (16, 24, 2, 2), dict(strides=[2, 2])),
        ((16, 6, 6), (16, 16, 4, 4), dict(strides=[2, 2], pads=[1, 1, 1, 1])),
        ((16, 6, 5), (16, 40, 3, 3), dict(strides=[2, 2], pads=[1, 1, 1, 1])),
        ((24, 6, 5), (24, 1, 2, 2), dict(strides=[2, 2])),
        ((32, 6, 5), (32, 1, 4, 4), dict(strides=[2, 2], pads=[1, 1, 1, 1], group=32)),
        ((12, 6, 5), (12, 1, 3, 3), dict(strides=[2, 2], group=12)),
        ((6, 6, 5), (6, 3, 3, 3), dict(strides=[2, 2], group=2)),
        ((3, 6, 5), (3, 2, 16, 16), dict(strides=[8, 8], pads=[4, 4, 4, 4])),
    ]
    for data, weight, attributes in weights:
        bias = weight[1] * attributes.get("group", 1)
        yield row("ConvTranspose", x("N", *data), x(*weight), x(bias), tolerance=LOOSE, **attributes)
    yield row("ConvTranspose", x("N", 5, "S", 9), x(5, 3, 3, 3), strides=[2, 2], tolerance=LOOSE)
    yield row("ConvTranspose", x("N", 5, "S", "T"), x(5, 24, 2, 2), strides=[2, 2], tolerance=LOOSE)
    same = dict(strides=[2, 3], auto_pad="SAME_UPPER", tolerance=LOOSE)
    yield row("ConvTranspose", x("N", 5, "S", 9), x(5, 3, 3, 3), **same)
    sized = dict(strides=[2, 2], tolerance=LOOSE)
    yield row("ConvTranspose", x("N", *plane), x(5, 3, 3, 3), output_shape=[14, 19], **sized)
    yield row("ConvTranspose", x("N", *plane), x(5, 3, 3, 3), output_shape=[16, 18], **sized)
    yield row("ConvTranspose", x("N", 3, 10), x(3, 4, 5), x(4), strides=[2], pads=[1, 2], tolerance=LOOSE)
    for group, pad in ((1, 0), (2, 1)):  # a kernel that only the run knows
        computed = dict(strides=[3, 1], dilations=[1, 2], output_padding=[2, 0], pads=[0, 0, pad, 0], tolerance=LOOSE)
        yield row("ConvTranspose", x(2, 6, "S", 7), x(6, 3, "T", "N"), x(3 * group), group=group, **computed)
    yield row("ConvTranspose", x("N", 3, 4, 5, 6), x(3, 4, 2, 3, 2), x(4), strides=[2, 1, 2], tolerance=LOOSE)
    half = dict(strides=[2, 2], tolerance=dict(scaled=2e-3), reference="onnx")
    yield row("ConvTranspose", x("N", *plane, dtype="float16"), x(5, 3, 3, 3, dtype="float16"), **half)


def shuffled():
    for mode in ("DCR", "CRD"):
        yield row("DepthToSpace", x("N", 12, 5, 7), blocksize=2, mode=mode)
        yield row("DepthToSpace", x("N", 18, "S", "T"), blocksize=3, mode=mode)
        yield row("DepthToSpace", x("N", 8, 5, 7, dtype="float64"), blocksize=2, mode=mode, reference="onnx")
    yield row("SpaceToDepth", x("N", 3, 6, 4), blocksize=2)


def rows():
    yield from nearest()
    yield from weighted()
    yield from cropped()
    yield from antialiased()
    yield from newer()
    yield from older()
    yield from computed()
    yield from transposed()
    yield from shuffled()
