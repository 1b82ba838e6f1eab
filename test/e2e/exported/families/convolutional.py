# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Classifiers of images that are convolutions throughout."""

import torchvision


def resnet50():
    return torchvision.models.resnet50(weights=None)


def mobilenet_v2():
    return torchvision.models.mobilenet_v2(weights=None)


def convnext_tiny():
    return torchvision.models.convnext_tiny(weights=None)
