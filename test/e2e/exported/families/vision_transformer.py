# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Classifiers of images that are transformers over patches, or have some among their convolutions."""

import torchvision
from torch import nn
from transformers import MobileViTConfig, MobileViTForImageClassification


def vit_b_16():
    return torchvision.models.vit_b_16(weights=None)


def swin_t():
    return torchvision.models.swin_t(weights=None)


class Scores(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        return self.model(image).logits


def mobilevit_small():
    return Scores(MobileViTForImageClassification(MobileViTConfig(num_labels=1000)))
