# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks over sound."""

from torch import nn
from transformers import (
    SpeechT5HifiGan,
    SpeechT5HifiGanConfig,
    Wav2Vec2Config,
    Wav2Vec2ForCTC,
    WhisperConfig,
    WhisperModel,
)


class WhisperEncoder(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.encoder = model.encoder

    def forward(self, spectrum):
        return self.encoder(spectrum).last_hidden_state


def whisper_encoder():
    """The encoder of Whisper tiny: always 30 seconds, 3000 frames."""
    config = WhisperConfig(
        d_model=384,
        encoder_layers=4,
        encoder_attention_heads=6,
        encoder_ffn_dim=1536,
        decoder_layers=1,
        decoder_attention_heads=6,
        decoder_ffn_dim=1536,
    )
    return WhisperEncoder(WhisperModel(config))


class Letters(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, sound):
        return self.model(sound).logits


def wav2vec2():
    config = Wav2Vec2Config(
        hidden_size=384, num_hidden_layers=3, num_attention_heads=6, intermediate_size=1536, apply_spec_augment=False
    )
    return Letters(Wav2Vec2ForCTC(config))


def hifigan():
    """From mel frames to samples of sound: transposed convolutions between dilated ones."""
    return SpeechT5HifiGan(SpeechT5HifiGanConfig(upsample_initial_channel=128, normalize_before=False))
