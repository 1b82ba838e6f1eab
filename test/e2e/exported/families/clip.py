# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Pictures and texts in one space."""

from torch import nn
from transformers import CLIPConfig, CLIPModel


class Towers(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, image):
        made = self.model(input_ids=input_ids, attention_mask=attention_mask, pixel_values=image)
        return made.logits_per_image, made.text_embeds, made.image_embeds


def clip():
    """CLIP ViT-B/32 with a quarter of the layers."""
    config = CLIPConfig(
        text_config={
            "num_hidden_layers": 3,
            "vocab_size": 8192,
            "bos_token_id": 8190,
            "eos_token_id": 8191,
            "pad_token_id": 1,
        },
        vision_config={"num_hidden_layers": 3},
    )
    return Towers(CLIPModel(config))
