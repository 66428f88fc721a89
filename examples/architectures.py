"""A dozen architectures of transformers, small and with random weights: text, images, sound, and more than one of them.

Each function makes one, the same in every run. `"architectures:bert"` names it for whoever is to make it elsewhere.
"""

import torch
import transformers
from transformers import PreTrainedModel

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
WORDS = {"vocab_size": 100, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
SEQUENCES = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "decoder_start_token_id": 2,
}
IMAGES = {"image_size": 32, "patch_size": 8}


def bert(layers: int = 2) -> PreTrainedModel:
    """Text: an encoder, each word looks at all."""
    return _made("BertModel", "BertConfig", **WORDS | SMALL | {"num_hidden_layers": layers})


def gpt2() -> PreTrainedModel:
    """Text: a decoder, each word looks at those before it."""
    sizes = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 64}
    return _made("GPT2LMHeadModel", "GPT2Config", **WORDS, **sizes)


def llama() -> PreTrainedModel:
    """Text: a decoder as most are now, with rotary positions and grouped heads."""
    return _made("LlamaForCausalLM", "LlamaConfig", **WORDS, **SMALL, num_key_value_heads=1)


def mixtral() -> PreTrainedModel:
    """Text: a mixture of experts, two of four for each word."""
    return _made(
        "MixtralForCausalLM",
        "MixtralConfig",
        **WORDS,
        **SMALL,
        num_key_value_heads=1,
        num_local_experts=4,
        num_experts_per_tok=2,
    )


def mamba() -> PreTrainedModel:
    """Text: a state space model, without attention."""
    return _made("MambaForCausalLM", "MambaConfig", **WORDS, hidden_size=32, num_hidden_layers=2, state_size=4)


def t5() -> PreTrainedModel:
    """Text to text: an encoder and a decoder."""
    sizes = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 2, "num_heads": 2, "decoder_start_token_id": 0}
    return _made("T5ForConditionalGeneration", "T5Config", vocab_size=100, **sizes)


def vit() -> PreTrainedModel:
    """Images: a transformer over patches."""
    return _made("ViTModel", "ViTConfig", **IMAGES, **SMALL)


def resnet() -> PreTrainedModel:
    """Images: convolutions, each with a BatchNorm."""
    return _made("ResNetModel", "ResNetConfig", embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1])


def clip() -> PreTrainedModel:
    """Images and text, compared."""
    return _made("CLIPModel", "CLIPConfig", projection_dim=16, text_config=WORDS | SMALL, vision_config=IMAGES | SMALL)


def vilt() -> PreTrainedModel:
    """Images and text, in one sequence."""
    return _made("ViltModel", "ViltConfig", **WORDS, **SMALL, **IMAGES, max_image_length=16)


def wav2vec2() -> PreTrainedModel:
    """Sound: an encoder of waves."""
    sizes = {"conv_dim": [16, 16, 16], "conv_kernel": [10, 3, 3], "conv_stride": [5, 2, 2]}
    sizes |= {"num_feat_extract_layers": 3, "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2}
    return _made("Wav2Vec2Model", "Wav2Vec2Config", vocab_size=40, **SMALL, **sizes)


def whisper() -> PreTrainedModel:
    """Sound to text: an encoder of spectrograms and a decoder."""
    sizes = {"num_mel_bins": 8, "max_source_positions": 16, "max_target_positions": 16}
    return _made("WhisperForConditionalGeneration", "WhisperConfig", **WORDS, **SEQUENCES, **sizes)


def _made(model: str, config: str, **sizes: object) -> PreTrainedModel:
    """A model whose numbers were moved, as training would: a fresh one has many tensors that are equal."""
    torch.manual_seed(0)
    made = getattr(transformers, model)(getattr(transformers, config)(**sizes)).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
        for buffer in made.buffers():
            if buffer.is_floating_point():
                buffer.add_(0.1 * torch.rand_like(buffer))
    return made
