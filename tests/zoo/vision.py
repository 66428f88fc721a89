"""Images: classifiers, backbones, segmentation, detection."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from .case import Case, Sizes, pretrained
from .text import SMALL

PATCHES: Sizes = {**SMALL, "image_size": 32, "patch_size": 8}
LEVELS: Sizes = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1]}


def _vision(name: str, model: str, config: str, **sizes: Any) -> Case:
    return pretrained(name, "vision", model, config, sizes)


CASES = [
    _vision("ViT", "ViTModel", "ViTConfig", **PATCHES),
    _vision("ViT, classes", "ViTForImageClassification", "ViTConfig", **PATCHES),
    _vision("DeiT", "DeiTModel", "DeiTConfig", **PATCHES),
    _vision("BEiT", "BeitModel", "BeitConfig", **PATCHES, use_relative_position_bias=True),
    _vision("DINOv2", "Dinov2Model", "Dinov2Config", **PATCHES),
    replace(  # hides patches at random: which ones is an input too
        _vision("ViT-MAE", "ViTMAEModel", "ViTMAEConfig", **PATCHES),
        inputs=lambda: {"pixel_values": torch.randn(1, 3, 32, 32), "noise": torch.rand(1, 16)},
    ),
    _vision(
        "YOLOS", "YolosForObjectDetection", "YolosConfig", **PATCHES | {"image_size": [32, 32]}, num_detection_tokens=4
    ),
    _vision(
        "Swin",
        "SwinModel",
        "SwinConfig",
        image_size=32,
        patch_size=4,
        embed_dim=16,
        depths=[2, 2],
        num_heads=[2, 2],
        window_size=4,
    ),
    _vision(
        "Swin v2",
        "Swinv2Model",
        "Swinv2Config",
        image_size=32,
        patch_size=4,
        embed_dim=16,
        depths=[2, 2],
        num_heads=[2, 2],
        window_size=4,
    ),
    _vision("ConvNeXt", "ConvNextModel", "ConvNextConfig", **LEVELS, image_size=64),
    _vision("ConvNeXt v2", "ConvNextV2Model", "ConvNextV2Config", **LEVELS, image_size=64),
    _vision("ResNet", "ResNetModel", "ResNetConfig", **LEVELS, embedding_size=8),
    _vision("ResNet, classes", "ResNetForImageClassification", "ResNetConfig", **LEVELS, embedding_size=8),
    _vision("RegNet", "RegNetModel", "RegNetConfig", **LEVELS, embedding_size=8, groups_width=8),
    _vision("BiT", "BitModel", "BitConfig", **LEVELS, embedding_size=8, num_groups=2),
    _vision("MobileNetV1", "MobileNetV1Model", "MobileNetV1Config", depth_multiplier=0.25, image_size=64),
    _vision("MobileNetV2", "MobileNetV2Model", "MobileNetV2Config", depth_multiplier=0.35, image_size=64),
    _vision(
        "MobileViT",
        "MobileViTModel",
        "MobileViTConfig",
        image_size=64,
        hidden_sizes=[16, 24, 32],
        neck_hidden_sizes=[8, 8, 16, 16, 24, 24, 32],
        num_attention_heads=2,
    ),
    _vision(
        "EfficientNet",
        "EfficientNetModel",
        "EfficientNetConfig",
        image_size=64,
        width_coefficient=0.5,
        depth_coefficient=0.5,
        hidden_dim=640,
        in_channels=[32, 16, 16],
        out_channels=[16, 16, 24],
        kernel_sizes=[3, 3, 5],
        strides=[1, 2, 2],
        num_block_repeats=[1, 1, 1],
        expand_ratios=[1, 2, 2],
    ),
    _vision(
        "SegFormer",
        "SegformerForSemanticSegmentation",
        "SegformerConfig",
        hidden_sizes=[8, 16, 24, 32],
        depths=[1, 1, 1, 1],
        num_attention_heads=[1, 2, 2, 2],
        decoder_hidden_size=16,
    ),
    _vision("PoolFormer", "PoolFormerModel", "PoolFormerConfig", **LEVELS),
    _vision(
        "PVT", "PvtModel", "PvtConfig", **LEVELS, image_size=64, num_attention_heads=[1, 2, 2, 2], mlp_ratios=[2] * 4
    ),
    _vision("CvT", "CvtModel", "CvtConfig", embed_dim=[16, 24, 32], num_heads=[1, 2, 2], depth=[1, 2, 3]),
    _vision(
        "LeViT",
        "LevitModel",
        "LevitConfig",
        image_size=64,
        hidden_sizes=[16, 24, 32],
        num_attention_heads=[2, 2, 2],
        depths=[1, 1, 1],
        key_dim=[8, 8, 8],
    ),
    _vision(
        "Hiera",
        "HieraModel",
        "HieraConfig",
        image_size=[64, 64],
        embed_dim=8,
        depths=[1, 1, 2],
        num_heads=[1, 2, 2],
        num_query_pool=2,
        masked_unit_size=[4, 4],
        masked_unit_attention=[True, True, False],
    ),
    _vision(
        "DPT",
        "DPTForDepthEstimation",
        "DPTConfig",
        **PATCHES | {"num_hidden_layers": 4},
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=16,
    ),
    _vision(
        "SAM image encoder",
        "SamVisionModel",
        "SamVisionConfig",
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=64,
        patch_size=8,
        window_size=4,
        global_attn_indexes=[1],
        output_channels=16,
        num_pos_feats=16,
        mlp_dim=64,
    ),
    _vision("VideoMAE", "VideoMAEModel", "VideoMAEConfig", **PATCHES, num_frames=4),
]
