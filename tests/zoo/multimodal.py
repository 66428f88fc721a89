"""Several kinds of input at once: images with text, sound with text, prompts; and series of numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from .case import Case, Sizes, pretrained
from .text import GROUPED, SMALL, WORDS
from .vision import PATCHES

TEXT: Sizes = {**WORDS, **SMALL}
IMAGE: Sizes = {**SMALL, "image_size": 32, "patch_size": 8}


def _several(name: str, model: str, config: str, **sizes: Any) -> Case:
    return pretrained(name, "multimodal", model, config, sizes)


def _vision_text() -> torch.nn.Module:
    import transformers

    encoder = transformers.ViTConfig(**PATCHES)
    decoder = transformers.BertConfig(**TEXT, is_decoder=True, add_cross_attention=True)
    config = transformers.VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder)
    config.decoder_start_token_id = 1
    return transformers.VisionEncoderDecoderModel(config)


def _decisions() -> dict[str, torch.Tensor]:
    steps = {"states": torch.randn(1, 4, 5), "actions": torch.randn(1, 4, 3), "rewards": torch.randn(1, 4, 1)}
    marks = {"returns_to_go": torch.randn(1, 4, 1), "timesteps": torch.arange(4)[None]}
    return steps | marks | {"attention_mask": torch.ones(1, 4, dtype=torch.int64)}


CASES = [
    _several("CLIP", "CLIPModel", "CLIPConfig", text_config=TEXT, vision_config=IMAGE, projection_dim=16),
    _several("SigLIP", "SiglipModel", "SiglipConfig", text_config=TEXT, vision_config=IMAGE),
    _several(
        "BLIP",
        "BlipForConditionalGeneration",
        "BlipConfig",
        text_config=TEXT | {"encoder_hidden_size": 32},
        vision_config=IMAGE,
    ),
    _several(
        "BLIP-2",
        "Blip2ForConditionalGeneration",
        "Blip2Config",
        vision_config=IMAGE,
        qformer_config={**TEXT, "encoder_hidden_size": 32},
        text_config={"model_type": "opt", **TEXT, "ffn_dim": 64, "word_embed_proj_dim": 32},
        num_query_tokens=4,
        image_token_index=99,
    ),
    _several(
        "LLaVA",
        "LlavaForConditionalGeneration",
        "LlavaConfig",
        vision_config={"model_type": "clip_vision_model", **IMAGE},
        text_config={"model_type": "llama", **GROUPED},
        image_token_index=99,
        image_seq_length=16,
    ),
    # Differs in transformers itself: with sdpa and a mask of ones it attends both ways in eager PyTorch, but under
    # torch.export, as with attn_implementation="eager", it makes a mask. The file has the numbers of the latter two.
    _several(
        "PaliGemma",
        "PaliGemmaForConditionalGeneration",
        "PaliGemmaConfig",
        vision_config={"model_type": "siglip_vision_model", **IMAGE, "vision_use_head": False},
        text_config={"model_type": "gemma", **GROUPED, "head_dim": 8},
        image_token_index=99,
        projection_dim=32,
        hidden_size=32,
    ),
    _several(
        "Qwen2-VL",
        "Qwen2VLForConditionalGeneration",
        "Qwen2VLConfig",
        vision_config={"depth": 2, "embed_dim": 32, "hidden_size": 32, "num_heads": 2, "patch_size": 4},
        text_config={**GROUPED, "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2]}},
        image_token_id=99,
        video_token_id=98,
        vision_start_token_id=97,
        vision_end_token_id=96,
    ),
    _several("ViLT", "ViltModel", "ViltConfig", **TEXT, image_size=32, patch_size=8),
    _several("GIT", "GitForCausalLM", "GitConfig", **TEXT, vision_config=IMAGE),
    _several(
        "LayoutLMv3",
        "LayoutLMv3Model",
        "LayoutLMv3Config",
        **TEXT,
        input_size=32,
        patch_size=8,
        coordinate_size=6,
        shape_size=4,
    ),
    _several(
        "CLIPSeg",
        "CLIPSegForImageSegmentation",
        "CLIPSegConfig",
        text_config=TEXT,
        vision_config=IMAGE,
        projection_dim=16,
        extract_layers=[0, 1],
        reduce_dim=16,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=32,
    ),
    _several(
        "OWL-ViT", "OwlViTForObjectDetection", "OwlViTConfig", text_config=TEXT, vision_config=IMAGE, projection_dim=32
    ),
    Case("ViT and BERT", "multimodal", _vision_text),
    _several(
        "SAM",
        "SamModel",
        "SamConfig",
        vision_config={
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 64,
            "patch_size": 8,
            "window_size": 4,
            "global_attn_indexes": [1],
            "output_channels": 16,
            "num_pos_feats": 8,
            "mlp_dim": 64,
        },
        prompt_encoder_config={"hidden_size": 16, "image_size": 64, "patch_size": 8, "mask_input_channels": 8},
        mask_decoder_config={"hidden_size": 16, "mlp_dim": 32, "num_attention_heads": 2, "iou_head_hidden_dim": 16},
    ),
    _several(
        "CLAP",
        "ClapModel",
        "ClapConfig",
        text_config=TEXT,
        audio_config={
            "spec_size": 64,
            "num_mel_bins": 16,
            "patch_embeds_hidden_size": 16,
            "depths": [1, 1],
            "num_attention_heads": [2, 2],
            "window_size": 4,
            "hidden_size": 32,
            "patch_size": 4,
        },
        projection_dim=16,
    ),
    pretrained(
        "PatchTST",
        "time series",
        "PatchTSTModel",
        "PatchTSTConfig",
        {
            "num_input_channels": 2,
            "context_length": 16,
            "patch_length": 4,
            "patch_stride": 4,
            "d_model": 32,
            "num_attention_heads": 2,
            "num_hidden_layers": 2,
            "ffn_dim": 64,
        },
    ),
    replace(
        pretrained(
            "Decision Transformer",
            "control",
            "DecisionTransformerModel",
            "DecisionTransformerConfig",
            {
                "state_dim": 5,
                "act_dim": 3,
                "hidden_size": 32,
                "n_layer": 2,
                "n_head": 2,
                "max_ep_len": 64,
                "n_positions": 64,
                "vocab_size": 8,
                "bos_token_id": 1,
                "eos_token_id": 2,
            },
        ),
        inputs=_decisions,
    ),
]
