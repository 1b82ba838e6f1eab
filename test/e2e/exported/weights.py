# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gives a PyTorch module seeded weights that behave as trained ones do: no layer is constant, saturated or the identity."""

import torch
from torch import nn

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def seed_weights(model, inputs, seed=7):
    """inputs: positional arguments of the model, from which batch norms take their means and variances."""
    generator = torch.Generator().manual_seed(seed)
    done = set()  # a parameter may belong to two modules
    with torch.no_grad():
        for module in model.modules():
            for name, parameter in module.named_parameters(recurse=False):
                if parameter not in done:
                    done.add(parameter)
                    parameter.copy_(values(module, name, parameter, generator))
    model.eval()
    calibrate(model, inputs)
    return model


def values(module, name, parameter, generator):
    normal = torch.randn(parameter.shape, generator=generator)
    uniform = torch.rand(parameter.shape, generator=generator)
    if "scale" in name or "gamma" in name:  # of a residual branch
        return 0.1 + 0.9 * uniform
    if "Norm" in type(module).__name__ and name == "weight":
        return 0.5 + uniform
    if isinstance(module, nn.RNNBase) and parameter.dim() == 2:
        return normal * parameter.shape[1] ** -0.5
    if isinstance(module, nn.Embedding):
        return 0.2 * normal  # what is looked up here may also be the matrix of the last layer
    if parameter.dim() < 2:
        return 0.1 * normal
    if not name.endswith("weight"):  # tokens and positions that are learnt
        return 0.5 * normal
    # A layer whose results are meant to be smaller than its inputs says so.
    return normal * fan_in(module, parameter) ** -0.5 * getattr(module, "gain", 1.0)


def fan_in(module, weight):
    """How many products a value that the layer makes is the sum of."""
    if isinstance(module, TRANSPOSED):
        steps = torch.tensor(module.stride).prod().item()
        return max(1.0, weight.shape[0] / module.groups * weight[0, 0].numel() / steps)
    if isinstance(module, CONVOLUTIONS):
        return weight[0].numel() / 2  # what follows is a ReLU or the like, which keeps half of the variance
    # GPT-2's Conv1D keeps its matrix the other way round.
    return weight.shape[0] if type(module).__name__ == "Conv1D" else weight.shape[1]


def calibrate(model, inputs):
    norms = [m for m in model.modules() if isinstance(m, BATCH_NORMS)]
    if not norms:
        return
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain average
        norm.train()
    with torch.no_grad():
        getattr(model, "many", model)(*inputs)
    for norm in norms:
        norm.eval()
