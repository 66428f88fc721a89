"""The models that are measured: real sizes with random weights, and small layers stacked deep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

Case = tuple[nn.Module, dict[str, Any]]


def bert(layers: int = 12, hidden: int = 768) -> Case:
    """BertModel; the defaults are BERT-base (110 M parameters), inputs int64 1×128."""
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(
        num_hidden_layers=layers,
        hidden_size=hidden,
        num_attention_heads=hidden // 64,
        intermediate_size=4 * hidden,
    )
    return BertModel(config).eval(), {"input_ids": torch.randint(0, 1000, (1, 128))}


def resnet50() -> Case:
    """ResNet-50 as transformers builds it (23.5 M parameters), one image of 3×224×224."""
    from transformers import ResNetConfig, ResNetModel

    torch.manual_seed(0)
    return ResNetModel(ResNetConfig()).eval(), {"pixel_values": torch.randn(1, 3, 224, 224)}


def sam() -> Case:
    """The configuration of facebook/sam-vit-base, which is the default one."""
    import torch
    from transformers import SamConfig, SamModel

    from tests.unit.engine.zoo import perturb

    points = torch.tensor([[[[450.0, 600.0]]]])
    return perturb(SamModel(SamConfig())), {"pixel_values": torch.randn(1, 3, 1024, 1024), "input_points": points}


CASES: dict[str, Callable[[], Case]] = {
    "BERT-base": bert,
    "ResNet-50": resnet50,
    "BERT 12 small layers": lambda: bert(12, 64),
    "BERT 48 small layers": lambda: bert(48, 64),
    "BERT 96 small layers": lambda: bert(96, 64),
    "BERT 192 small layers": lambda: bert(192, 64),
    "SAM ViT-B": sam,
}
