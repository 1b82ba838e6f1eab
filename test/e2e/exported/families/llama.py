# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Decoders of text with rotary positions, RMS norms, gated layers and fewer heads of keys than of queries."""

from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from .gpt2 import Decode, Prefill


def llama():
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=8192,
            hidden_size=1024,
            intermediate_size=2816,
            num_hidden_layers=2,
            num_attention_heads=16,
            num_key_value_heads=4,
            rope_parameters={"rope_type": "default", "rope_theta": 500000.0},
            tie_word_embeddings=True,
        )
    )


def llama_prefill():
    return Prefill(llama())


def llama_decode():
    return Decode(llama())


def qwen2_decode():
    """As Qwen2.5-0.5B has it: 14 heads share 2 of keys, and queries, keys and values have biases."""
    return Decode(
        Qwen2ForCausalLM(
            Qwen2Config(
                vocab_size=8192,
                hidden_size=896,
                intermediate_size=4864,
                num_hidden_layers=2,
                num_attention_heads=14,
                num_key_value_heads=2,
                tie_word_embeddings=True,
            )
        )
    )


def qwen3_decode():
    """As Qwen3-0.6B has it: heads wider than the hidden size over their number, norms of queries and keys."""
    return Decode(
        Qwen3ForCausalLM(
            Qwen3Config(
                vocab_size=8192,
                hidden_size=1024,
                intermediate_size=3072,
                num_hidden_layers=2,
                num_attention_heads=16,
                num_key_value_heads=8,
                head_dim=128,
                tie_word_embeddings=True,
            )
        )
    )
