# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Boxes around things, their classes and their scores."""

import torchvision
from torch import nn
from transformers import YolosConfig, YolosForObjectDetection


class Detector(nn.Module):
    """Of torchvision's detectors for one image: lists of what was found."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        found = self.model([image])
        if isinstance(found, tuple):  # as scripts have it
            found = found[1]
        return found[0]["boxes"], found[0]["scores"], found[0]["labels"]

    def many(self, image):
        """What the statistics of batch norms are taken from."""
        return self.model([image.roll(7 * n, dims=2) * (1 - n / 10) for n in range(8)])


def detector(model, *, scores, boxes):
    """scores, boxes: how large the values of the last layers are, beside what their inputs would make."""
    for name, module in model.named_modules():
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            if "cls" in name or "classification_head.module_list" in name:
                module.gain = scores
            elif "bbox" in name or "regression_head.module_list" in name:
                module.gain = boxes
    return Detector(model)


def ssdlite_mobilenet_v3():
    return detector(
        torchvision.models.detection.ssdlite320_mobilenet_v3_large(
            weights=None, weights_backbone=None, detections_per_img=20, topk_candidates=40
        ),
        scores=1.0,
        boxes=1.0,
    )


def retinanet_resnet50():
    return detector(
        torchvision.models.detection.retinanet_resnet50_fpn(
            weights=None, weights_backbone=None, min_size=256, max_size=320, detections_per_img=20, topk_candidates=40
        ),
        scores=0.1,
        boxes=0.1,
    )


class Queries(nn.Module):
    """Detectors that ask a fixed number of questions."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        made = self.model(image)
        return made.logits, made.pred_boxes


def yolos():
    return Queries(
        YolosForObjectDetection(
            YolosConfig(hidden_size=192, num_hidden_layers=6, num_attention_heads=3, intermediate_size=768, num_labels=91)
        )
    )
