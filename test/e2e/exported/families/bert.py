# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Encoders of text."""

from torch import nn
from transformers import (
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    RobertaConfig,
    RobertaForTokenClassification,
)


class Encoder(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        made = self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return made.last_hidden_state, made.pooler_output


def bert_base():
    return Encoder(BertModel(BertConfig()))


class Hidden(nn.Module):
    """What has no second kind of token."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids, attention_mask=attention_mask)[0]


def distilbert():
    return Hidden(DistilBertModel(DistilBertConfig(n_layers=3, vocab_size=8192)))


def roberta_tagger():
    """Its positions are counted from the ids: padding has none."""
    config = RobertaConfig(num_hidden_layers=3, vocab_size=8192, max_position_embeddings=514, num_labels=9, pad_token_id=1)
    return Hidden(RobertaForTokenClassification(config))
