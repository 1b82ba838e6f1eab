# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The architectures that are exported, one row each, and inputs to test them with. Needs no PyTorch.

Each row gives up to four files, FOLDER/NAME.EXPORTER.SHAPES.onnx: both exporters of PyTorch, with the sizes of the row's
named dims fixed to the first of its settings (static), and with the names left (dynamic).
"""

import math
from dataclasses import dataclass, field, replace

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
    *batch, channels, height, width = shape
    batch = math.prod(batch)
    patches = rng.standard_normal((batch, channels, 5, 5))[..., np.arange(height) * 5 // height, :]
    values = patches[..., np.arange(width) * 5 // width] + 0.3 * rng.standard_normal(patches.shape[:2] + (height, width))
    contrast, brightness = np.exp(0.5 * rng.standard_normal((batch, 1, 1, 1))), rng.standard_normal((batch, 1, 1, 1))
    return (contrast * values + 0.5 * brightness).astype(np.float32).reshape(shape)


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


def decoder(family, layers, heads, width, *sizes, vocabulary=8192):
    """One more token of a text, with caches of keys and values. sizes: (batch, tokens in the caches)."""
    return Row(
        family,
        inputs=(
            Input("input_ids", ("batch", 1), "ids", vocabulary),
            Input("attention_mask", ("batch", "total"), "mask"),
            *(Input(name, ("batch", heads, "past", width)) for name in cache("past", layers)),
        ),
        outputs=("logits", *cache("present", layers)),
        sizes=tuple({"batch": b, "past": p, "total": p + 1} for b, p in sizes),
    )


def prefill(family, layers, *sizes, vocabulary=8192):
    """A prompt, from which the caches are made. sizes: (batch, tokens)."""
    return Row(
        family,
        inputs=(Input("input_ids", TEXT, "ids", vocabulary), Input("attention_mask", TEXT, "mask")),
        outputs=("logits", *cache("present", layers)),
        sizes=texts(*sizes),
    )


def encoder(family, *sizes, output="last_hidden_state", vocabulary=8192):
    """From texts to a vector, or scores, for each token. sizes: (batch, tokens)."""
    return Row(
        family,
        inputs=(Input("input_ids", TEXT, "ids", vocabulary), Input("attention_mask", TEXT, "mask")),
        outputs=(output,),
        sizes=texts(*sizes),
    )


def texts(*sizes):
    """Settings of the dims of texts from (batch, tokens)."""
    return tuple({"batch": b, "seq": s} for b, s in sizes)


def detector(*sizes):
    """From one picture to the boxes that are found in it. sizes: (height, width)."""
    return Row(
        "detection",
        inputs=(Input("image", (3, "height", "width"), "picture"),),
        outputs=("boxes", "scores", "labels"),
        sizes=tuple({"height": h, "width": w} for h, w in sizes),
        without={"dynamo": "torch.export takes no branch on how many boxes torchvision's batched_nms is given"},
    )


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
        sizes=texts((1, 128), (2, 37), (1, 512)),
    ),
    "gpt2_prefill": prefill("gpt2", 6, (1, 64), (2, 17), (1, 128), vocabulary=50257),
    "gpt2_decode": decoder("gpt2", 6, 12, 64, (1, 63), (2, 16), (1, 127), vocabulary=50257),
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
    "efficientnet_b0": classifier("convolutional", *ANY),
    "densenet121": classifier("convolutional", *ANY),
    "shufflenet_v2": classifier("convolutional", *ANY),
    "swin_t": classifier("vision_transformer", *ANY),
    "mobilevit_small": replace(
        classifier("vision_transformer", (1, 256, 256), (2, 160, 192)),
        without={"dynamo.dynamic": "the file keeps the number of patches that the exporter has seen"},
    ),
    "r3d_18": Row(
        "video",
        inputs=(Input("frames", ("batch", 3, "time", "height", "width")),),
        outputs=("scores",),
        sizes=({"batch": 1, "time": 8, "height": 112, "width": 112}, {"batch": 2, "time": 5, "height": 64, "width": 80}),
    ),
    "segformer_b0": Row(
        "segmentation",
        inputs=(Input("image", PICTURE, "picture"),),
        outputs=("classes",),
        sizes=pictures((1, 224, 224), (2, 96, 160)),
    ),
    "ssdlite_mobilenet_v3": detector((320, 320), (240, 352)),
    "retinanet_resnet50": detector((256, 256), (224, 288)),
    "yolos": Row(
        "detection",
        inputs=(Input("image", PICTURE, "picture"),),
        outputs=("logits", "boxes"),
        sizes=pictures((1, 256, 256), (2, 192, 224)),
    ),
    "clip": Row(
        "clip",
        inputs=(
            Input("input_ids", ("texts", "seq"), "ids", 8192),
            Input("attention_mask", ("texts", "seq"), "mask"),
            Input("image", ("images", 3, 224, 224), "picture"),
        ),
        outputs=("logits_per_image", "text_embeds", "image_embeds"),
        sizes=({"texts": 3, "seq": 16, "images": 1}, {"texts": 5, "seq": 9, "images": 2}),
    ),
    "distilbert": encoder("bert", (1, 128), (2, 37)),
    "roberta_tagger": encoder("bert", (1, 128), (2, 37), output="scores"),
    "llama_prefill": prefill("llama", 2, (1, 64), (2, 17), (1, 200)),
    "llama_decode": decoder("llama", 2, 4, 64, (1, 63), (2, 16), (1, 300)),
    "qwen2_decode": decoder("llama", 2, 2, 64, (1, 63), (2, 16), (1, 300)),
    "qwen3_decode": decoder("llama", 2, 8, 128, (1, 63), (2, 16), (1, 300)),
    "t5_encoder": encoder("t5", (1, 128), (2, 37)),
    "t5_decode": Row(
        "t5",
        inputs=(
            Input("input_ids", ("batch", 1), "ids", 8192),
            Input("encoder_attention_mask", TEXT, "mask"),
            *(Input(name, ("batch", 8, "past", 64)) for name in cache("past", 3)),
            *(Input(name, ("batch", 8, "seq", 64)) for name in cache("text", 3)),
        ),
        outputs=("logits", *cache("present", 3)),
        sizes=({"batch": 1, "past": 31, "seq": 64}, {"batch": 2, "past": 7, "seq": 19}),
    ),
    "whisper_encoder": Row(
        "speech",
        inputs=(Input("spectrum", ("batch", 80, 3000)),),
        outputs=("last_hidden_state",),
        sizes=({"batch": 1}, {"batch": 2}),
    ),
    "wav2vec2": Row(
        "speech",
        inputs=(Input("sound", ("batch", "samples")),),
        outputs=("letters",),
        sizes=({"batch": 1, "samples": 16000}, {"batch": 2, "samples": 7000}),
    ),
    "hifigan": Row(
        "speech",
        inputs=(Input("spectrum", ("batch", "frames", 80)),),
        outputs=("sound",),
        sizes=({"batch": 1, "frames": 32}, {"batch": 2, "frames": 11}),
    ),
    "lstm_tagger": Row(
        "recurrent",
        inputs=(Input("words", TEXT, "ids", 8192),),
        outputs=("tags",),
        sizes=texts((1, 64), (3, 17)),
    ),
    "gru_translator": Row(
        "recurrent",
        inputs=(Input("source", TEXT, "ids", 8192), Input("target", ("batch", "said"), "ids", 8192)),
        outputs=("words",),
        sizes=({"batch": 1, "seq": 32, "said": 16}, {"batch": 3, "seq": 9, "said": 12}),
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
