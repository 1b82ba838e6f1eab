# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Decoders of text: a whole prompt, and one more token after what a cache of keys and values holds."""

from torch import nn
from transformers import DynamicCache, GPT2Config, GPT2LMHeadModel


class Prefill(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        made = self.model(input_ids=input_ids, attention_mask=attention_mask, use_cache=True)
        return made.logits, *flat(made.past_key_values)


class Decode(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, *past):
        cache = DynamicCache(zip(past[::2], past[1::2]))
        made = self.model(
            input_ids=input_ids, attention_mask=attention_mask, past_key_values=cache, use_cache=True
        )
        return made.logits, *flat(made.past_key_values)


def flat(cache):
    return [tensor for layer in cache.layers for tensor in (layer.keys, layer.values)]


def model():
    return GPT2LMHeadModel(GPT2Config(n_layer=6))


def gpt2_prefill():
    return Prefill(model())


def gpt2_decode():
    return Decode(model())
