"""More architectures, small and perturbed: the independent witnesses are held to the same numbers on them."""

from __future__ import annotations

from collections.abc import Callable

import torch

from .zoo import IDS, MASK, SMALL, Case, transformers_model

SEQ = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
HEADS = {"encoder_attention_heads": 2, "decoder_attention_heads": 2}


def distilbert() -> Case:
    sizes = {"vocab_size": 100, "dim": 32, "n_layers": 3, "n_heads": 2, "hidden_dim": 64}
    model = transformers_model("DistilBertModel", "DistilBertConfig", **sizes)
    return model, {"input_ids": IDS, "attention_mask": MASK}


def roberta() -> Case:
    options = {"vocab_size": 100, "max_position_embeddings": 32, **SMALL}
    return transformers_model("RobertaModel", "RobertaConfig", **options), {
        "input_ids": IDS + 2,
        "attention_mask": MASK,
    }


def bart() -> Case:
    options = {"vocab_size": 100, "max_position_embeddings": 32, **SEQ, **HEADS}
    model = transformers_model("BartModel", "BartConfig", **options)
    return model, {"input_ids": IDS, "decoder_input_ids": IDS[:, :4], "use_cache": False}


def whisper() -> Case:
    options = {"vocab_size": 100, "num_mel_bins": 8, "max_source_positions": 16, "max_target_positions": 16}
    tokens = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}
    model = transformers_model("WhisperModel", "WhisperConfig", **options, **tokens, **SEQ, **HEADS)
    return model, {"input_features": torch.randn(1, 8, 32), "decoder_input_ids": IDS[:1, :4], "use_cache": False}


def clip() -> Case:
    text = {"vocab_size": 100, "max_position_embeddings": 16, "eos_token_id": 2, "bos_token_id": 0, **SMALL}
    vision = {"image_size": 32, "patch_size": 16, **SMALL}
    model = transformers_model("CLIPModel", "CLIPConfig", text_config=text, vision_config=vision, projection_dim=16)
    return model, {"input_ids": IDS, "pixel_values": torch.randn(2, 3, 32, 32), "attention_mask": MASK}


def swin() -> Case:
    sizes = {
        "image_size": 32,
        "patch_size": 4,
        "embed_dim": 16,
        "depths": [2, 2],
        "num_heads": [2, 2],
        "window_size": 4,
    }
    return transformers_model("SwinModel", "SwinConfig", **sizes), {"pixel_values": torch.randn(1, 3, 32, 32)}


def convnext() -> Case:
    sizes = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 2, 1]}
    return transformers_model("ConvNextModel", "ConvNextConfig", **sizes), {"pixel_values": torch.randn(1, 3, 64, 64)}


def mobilenet() -> Case:
    options = {"depth_multiplier": 0.35, "image_size": 64}
    model = transformers_model("MobileNetV2Model", "MobileNetV2Config", **options)
    return model, {"pixel_values": torch.randn(1, 3, 64, 64)}


def mixtral() -> Case:
    options = {"vocab_size": 100, "num_key_value_heads": 1, "num_local_experts": 4, **SMALL}
    return transformers_model("MixtralModel", "MixtralConfig", **options), {"input_ids": IDS, "use_cache": False}


def mamba() -> Case:
    options = {"vocab_size": 100, "hidden_size": 32, "num_hidden_layers": 2, "state_size": 4}
    return transformers_model("MambaModel", "MambaConfig", **options), {"input_ids": IDS, "use_cache": False}


WIDER: dict[str, Callable[[], Case]] = {
    "DistilBERT": distilbert,
    "RoBERTa": roberta,
    "BART": bart,
    "Whisper": whisper,
    "CLIP": clip,
    "Swin": swin,
    "ConvNeXt": convnext,
    "MobileNetV2": mobilenet,
    "Mixtral": mixtral,
    "Mamba": mamba,
}
