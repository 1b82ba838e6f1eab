# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A class for every pixel: a classifier's features on a coarse grid, resized to the size of the image."""

import torchvision
from torch import nn
from transformers import SegformerConfig, SegformerForSemanticSegmentation


class Segmentation(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        return self.model(image)["out"]


def deeplabv3_resnet50():
    return Segmentation(torchvision.models.segmentation.deeplabv3_resnet50(weights=None, weights_backbone=None))


def lraspp_mobilenet_v3():
    return Segmentation(
        torchvision.models.segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None)
    )


class Logits(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        return self.model(image).logits


def segformer_b0():
    return Logits(SegformerForSemanticSegmentation(SegformerConfig(num_labels=150)))
