# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Encoders of text."""

from torch import nn
from transformers import BertConfig, BertModel


class Encoder(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        made = self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return made.last_hidden_state, made.pooler_output


def bert_base():
    return Encoder(BertModel(BertConfig()))
