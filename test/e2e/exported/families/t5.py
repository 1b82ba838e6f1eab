# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Encoder and decoder of text (Raffel et al., 2020), with learnt biases of attention by distance."""

from torch import nn
from transformers import DynamicCache, EncoderDecoderCache, T5Config, T5ForConditionalGeneration

from .gpt2 import flat


def model():
    """T5 small, of half as many layers. Its attention does not scale products: its weights are small instead."""
    made = T5ForConditionalGeneration(T5Config(num_layers=3, num_decoder_layers=3, vocab_size=8192))
    for name, module in made.named_modules():
        if name.endswith(".q"):
            module.gain = made.config.d_kv**-0.5
    return made


class Encoder(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.encoder = model.encoder

    def forward(self, input_ids, attention_mask):
        return self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


class Step(nn.Module):
    """One more token, with the keys and values of what was said and of the encoded text."""

    def __init__(self, model):
        super().__init__()
        self.decoder, self.head = model.decoder, model.lm_head
        self.layers = model.config.num_decoder_layers

    def forward(self, input_ids, encoder_attention_mask, *caches):
        said, text = caches[: 2 * self.layers], caches[2 * self.layers :]
        cache = EncoderDecoderCache(*(DynamicCache(zip(c[::2], c[1::2])) for c in (said, text)))
        made = self.decoder(
            input_ids=input_ids,
            encoder_hidden_states=text[0].transpose(1, 2).flatten(2),  # of which only the shape counts
            encoder_attention_mask=encoder_attention_mask,
            past_key_values=cache,
            use_cache=True,
        )
        return self.head(made.last_hidden_state), *flat(made.past_key_values.self_attention_cache)


def t5_encoder():
    made = model()
    # Of PyTorch's own op with biases of attention, the dynamo exporter cannot merge the heads.
    made.set_attn_implementation("eager")
    return Encoder(made)


def t5_decode():
    return Step(model())
