# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Classifiers of images that are convolutions throughout."""

import torchvision


def resnet50():
    return torchvision.models.resnet50(weights=None)


def mobilenet_v2():
    return torchvision.models.mobilenet_v2(weights=None)


def convnext_tiny():
    return torchvision.models.convnext_tiny(weights=None)


def efficientnet_b0():
    return torchvision.models.efficientnet_b0(weights=None)


def densenet121():
    return torchvision.models.densenet121(weights=None)


def shufflenet_v2():
    return torchvision.models.shufflenet_v2_x1_0(weights=None)
