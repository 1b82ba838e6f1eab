# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Classifiers of images that are transformers over patches."""

import torchvision


def vit_b_16():
    return torchvision.models.vit_b_16(weights=None)
