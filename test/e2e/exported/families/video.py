# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Classifiers of videos."""

import torchvision


def r3d_18():
    return torchvision.models.video.r3d_18(weights=None)
