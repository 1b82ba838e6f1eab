# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Recurrent networks."""

import torch
from torch import nn


class Tagger(nn.Module):
    """A tag for every word, from both sides of it."""

    def __init__(self, words=8192, tags=17, width=128, hidden=192):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.lstm = nn.LSTM(width, hidden, num_layers=2, bidirectional=True, batch_first=True)
        self.tags = nn.Linear(2 * hidden, tags)

    def forward(self, words):
        return self.tags(self.lstm(self.embedding(words))[0])


def lstm_tagger():
    return Tagger()


class Translator(nn.Module):
    """Two recurrent networks; the second attends to all that the first has said (Luong et al., 2015)."""

    def __init__(self, words=8192, width=128, hidden=256):
        super().__init__()
        self.source, self.target = nn.Embedding(words, width), nn.Embedding(words, width)
        self.encoder = nn.GRU(width, hidden, batch_first=True)
        self.decoder = nn.GRU(width, hidden, batch_first=True)
        self.mix = nn.Linear(2 * hidden, hidden)
        self.words = nn.Linear(hidden, words)

    def forward(self, source, target):
        heard, state = self.encoder(self.source(source))
        said, _ = self.decoder(self.target(target), state)
        weights = torch.softmax(said @ heard.transpose(1, 2) * said.shape[2] ** -0.5, dim=-1)
        return self.words(torch.tanh(self.mix(torch.cat([said, weights @ heard], dim=2))))


def gru_translator():
    return Translator()
