# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks from an image to one of the same size, which go down to a coarse grid and up again."""

import math

import torch
from torch import nn
from torch.nn import functional


class Residual(nn.Module):
    """Two convolutions with group norms before them, and the time step between."""

    def __init__(self, inputs, outputs, time):
        super().__init__()
        self.norm1 = nn.GroupNorm(32, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.time = nn.Linear(time, outputs)
        self.norm2 = nn.GroupNorm(32, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, time):
        y = self.conv1(functional.silu(self.norm1(x)))
        y = y + self.time(functional.silu(time))[:, :, None, None]
        return self.shortcut(x) + self.conv2(functional.silu(self.norm2(y)))


class Attention(nn.Module):
    """Every place of the grid attends to every other."""

    def __init__(self, channels, heads=8):
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(32, channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        batch, channels, height, width = x.shape
        qkv = self.qkv(self.norm(x)).view(batch, 3, self.heads, channels // self.heads, height * width)
        q, k, v = qkv.transpose(-1, -2).unbind(1)
        y = functional.scaled_dot_product_attention(q, k, v)
        return x + self.out(y.transpose(-1, -2).reshape(batch, channels, height, width))


class UNet(nn.Module):
    """Predicts the noise in an image at a time step (Ho et al., Denoising Diffusion Probabilistic Models, 2020)."""

    def __init__(self, base=64, multiples=(1, 2, 4), blocks=2, colours=3):
        super().__init__()
        self.base, time = base, 4 * base
        self.embed = nn.Sequential(nn.Linear(base, time), nn.SiLU(), nn.Linear(time, time))
        self.first = nn.Conv2d(colours, base, 3, padding=1)
        self.down, self.up, self.smaller, self.larger = (nn.ModuleList() for _ in range(4))
        channels, kept = base, [base]
        for level, multiple in enumerate(multiples):
            for _ in range(blocks):
                self.down.append(Residual(channels, base * multiple, time))
                channels = base * multiple
                kept.append(channels)
            if level + 1 < len(multiples):
                self.smaller.append(nn.Conv2d(channels, channels, 3, stride=2, padding=1))
                kept.append(channels)
        self.middle1 = Residual(channels, channels, time)
        self.attention = Attention(channels)
        self.middle2 = Residual(channels, channels, time)
        for level, multiple in reversed(list(enumerate(multiples))):
            for _ in range(blocks + 1):
                self.up.append(Residual(channels + kept.pop(), base * multiple, time))
                channels = base * multiple
            if level:
                self.larger.append(nn.Conv2d(channels, channels, 3, padding=1))
        self.norm = nn.GroupNorm(32, channels)
        self.last = nn.Conv2d(channels, colours, 3, padding=1)
        self.blocks = blocks

    def forward(self, image, step):
        half = self.base // 2
        rates = torch.exp(torch.arange(half, device=image.device) * (-math.log(10000) / half))
        angles = step.float()[:, None] * rates[None]
        time = self.embed(torch.cat([angles.sin(), angles.cos()], dim=1))
        x = self.first(image)
        kept = [x]
        for n, block in enumerate(self.down):
            x = block(x, time)
            kept.append(x)
            level, place = divmod(n, self.blocks)
            if place + 1 == self.blocks and level < len(self.smaller):
                x = self.smaller[level](x)
                kept.append(x)
        x = self.middle2(self.attention(self.middle1(x, time)), time)
        for n, block in enumerate(self.up):
            x = block(torch.cat([x, kept.pop()], dim=1), time)
            level, place = divmod(n, self.blocks + 1)
            if place == self.blocks and level < len(self.larger):
                x = self.larger[level](functional.interpolate(x, scale_factor=2.0, mode="nearest"))
        return self.last(functional.silu(self.norm(x)))


def unet_diffusion():
    return UNet()
