# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The architectures that are exported, one row each, and inputs to test them with. Needs no PyTorch.

Each row gives up to four files, FOLDER/NAME.EXPORTER.SHAPES.onnx: both exporters of PyTorch, with the sizes of the row's
named dims fixed to the first of its settings (static), and with the names left (dynamic).
"""

from dataclasses import dataclass, field

import numpy as np

EXPORTERS = ("torchscript", "dynamo")
SHAPES = ("static", "dynamic")


@dataclass(frozen=True)
class Input:
    name: str
    dims: tuple  # each a size, or the name of a dim
    kind: str = "values"
    limit: int = 0  # ids are below this

    def array(self, rng, sizes):
        shape = [sizes[d] if isinstance(d, str) else d for d in self.dims]
        return KINDS[self.kind](rng, shape, self.limit)


def padded(rng, shape, _):
    """An attention mask of ones; all rows of a batch but the first begin with zeros, as shorter texts do."""
    mask = np.ones(shape, np.int64)
    for row in mask[1:]:
        row[: rng.integers(0, len(row))] = 0
    return mask


def picture(rng, shape, _):
    """Patches of colour under some noise; one picture is brighter or has more contrast than another."""
    batch, channels, height, width = shape
    patches = rng.standard_normal((batch, channels, 5, 5))[..., np.arange(height) * 5 // height, :]
    values = patches[..., np.arange(width) * 5 // width] + 0.3 * rng.standard_normal(shape)
    contrast, brightness = np.exp(0.5 * rng.standard_normal((batch, 1, 1, 1))), rng.standard_normal((batch, 1, 1, 1))
    return (contrast * values + 0.5 * brightness).astype(np.float32)


KINDS = {
    "picture": picture,
    "values": lambda rng, shape, _: rng.standard_normal(shape).astype(np.float32),
    "ids": lambda rng, shape, limit: rng.integers(0, limit, shape),
    "mask": padded,
}


@dataclass(frozen=True)
class Row:
    family: str  # the module in families/ whose function of the row's name makes the model
    inputs: tuple
    outputs: tuple
    # Settings of the named dims to test with. The first is that of the static file. The second is what an exporter sees
    # of the dynamic one, and no size of it is 1, which could be taken for one that is always broadcast.
    sizes: tuple
    without: dict = field(default_factory=dict)  # "exporter" or "exporter.shapes" -> why there is no such file

    def missing(self, exporter, shapes):
        return self.without.get(exporter) or self.without.get(f"{exporter}.{shapes}")

    def feeds(self, sizes, seed=0):
        rng = np.random.default_rng(seed)
        return {i.name: i.array(rng, sizes) for i in self.inputs}


def classifier(family, *sizes, height="height", width="width"):
    """From pictures to scores of 1000 classes. sizes: (batch, height, width)."""
    return Row(
        family,
        inputs=(Input("image", ("batch", 3, height, width), "picture"),),
        outputs=("scores",),
        sizes=pictures(*sizes),
    )


def pictures(*sizes):
    """Settings of the dims of images from (batch, height, width)."""
    return tuple({"batch": b, "height": h, "width": w} for b, h, w in sizes)


def cache(when, layers):
    """Names of the tensors of a cache of keys and values."""
    return [f"{when}_{what}_{layer}" for layer in range(layers) for what in ("key", "value")]


PICTURE = ("batch", 3, "height", "width")
TEXT = ("batch", "seq")
SQUARE = ((1, 224, 224), (3, 224, 224))
ANY = ((1, 224, 224), (2, 160, 192), (1, 97, 131))

ROWS = {
    "resnet50": classifier("convolutional", *ANY),
    "mobilenet_v2": classifier("convolutional", *ANY),
    "vit_b_16": classifier("vision_transformer", *SQUARE, height=224, width=224),
    "convnext_tiny": classifier("convolutional", *ANY),
    "bert_base": Row(
        "bert",
        inputs=(
            Input("input_ids", TEXT, "ids", 30522),
            Input("attention_mask", TEXT, "mask"),
            Input("token_type_ids", TEXT, "ids", 2),
        ),
        outputs=("last_hidden_state", "pooler_output"),
        sizes=({"batch": 1, "seq": 128}, {"batch": 2, "seq": 37}, {"batch": 1, "seq": 512}),
    ),
    "gpt2_prefill": Row(
        "gpt2",
        inputs=(Input("input_ids", TEXT, "ids", 50257), Input("attention_mask", TEXT, "mask")),
        outputs=("logits", *cache("present", layers=6)),
        sizes=({"batch": 1, "seq": 64}, {"batch": 2, "seq": 17}, {"batch": 1, "seq": 128}),
    ),
    "gpt2_decode": Row(
        "gpt2",
        inputs=(
            Input("input_ids", ("batch", 1), "ids", 50257),
            Input("attention_mask", ("batch", "total"), "mask"),
            *(Input(name, ("batch", 12, "past", 64)) for name in cache("past", layers=6)),
        ),
        outputs=("logits", *cache("present", layers=6)),
        sizes=tuple({"batch": b, "past": p, "total": p + 1} for b, p in ((1, 63), (2, 16), (1, 127))),
    ),
    "unet_diffusion": Row(
        "unet",
        inputs=(Input("image", PICTURE), Input("step", ("batch",), "ids", 1000)),
        outputs=("noise",),
        sizes=pictures((1, 64, 64), (2, 32, 48)),
    ),
    "deeplabv3_resnet50": Row(
        "segmentation",
        inputs=(Input("image", PICTURE, "picture"),),
        outputs=("classes",),
        sizes=pictures((1, 224, 224), (2, 96, 130), (1, 161, 97)),
    ),
    "lraspp_mobilenet_v3": Row(
        "segmentation",
        inputs=(Input("image", PICTURE, "picture"),),
        outputs=("classes",),
        sizes=pictures((1, 224, 224), (2, 96, 130), (1, 161, 97)),
    ),
}


def files():
    """'name.exporter.shapes' -> (row, exporter, shapes), of all files, whether or not an exporter can make them."""
    return {
        f"{name}.{exporter}.{shapes}": (row, exporter, shapes)
        for name, row in ROWS.items()
        for exporter in EXPORTERS
        for shapes in SHAPES
    }
