"""Texts that hold an image or a sound: as many placeholders as the model makes features of it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from ..values import tensors_in
from .declared import Declared

# Input → the words that stand for it in the text, and the method that makes its features: transformers' own contract.
_KINDS = {
    "pixel_values": (("image_token_id", "image_token_index"), "get_image_features"),
    "input_features": (("audio_token_id", "audio_token_index"), "get_audio_features"),
    "pixel_values_videos": (("video_token_id", "video_token_index"), "get_video_features"),
}

_NUMBERS = {"pixel_values": 1, "pixel_values_videos": 2, "input_features": 3}


def with_placeholders(module: nn.Module, declared: Declared, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with placeholders behind the first word of `input_ids`, where the model wants any.

    What tells the kind of each word (`mm_token_type_ids`) is added: 0 a word, 1 an image, 2 a video, 3 a sound.
    """
    words = arguments.get("input_ids")
    if words is None or words.dim() != 2:
        return arguments
    kinds = torch.zeros_like(words)
    for name, token, count in _wanted(module, declared, arguments):
        words, kinds = _inserted(words, token, count), _inserted(kinds, _NUMBERS[name], count)
    return arguments | {"input_ids": words, "mm_token_type_ids": kinds}


def _inserted(words: torch.Tensor, token: int, count: int) -> torch.Tensor:
    return torch.cat([words[:, :1], words.new_full((len(words), count), token), words[:, 1:]], dim=1)


def _wanted(module: nn.Module, declared: Declared, arguments: dict[str, Any]) -> Iterator[tuple[str, int, int]]:
    for name, (tokens, method) in _KINDS.items():
        token, features = declared.token(*tokens), getattr(module, method, None)
        if name in arguments and token is not None and features is not None:
            yield name, token, _rows(features, arguments) // len(arguments["input_ids"])


def _rows(features: Any, arguments: dict[str, Any]) -> int:
    """Number of feature vectors that a method makes of what it takes among the arguments; 0 when it cannot."""
    takes = inspect.signature(features).parameters
    try:
        with torch.no_grad():
            made = features(**{name: value for name, value in arguments.items() if name in takes})
    except Exception:  # whatever is wrong with them, the model itself says it better when it is tried
        return 0
    pooled = getattr(made, "pooler_output", made)
    return sum(tensor.numel() // tensor.shape[-1] for tensor in tensors_in(made if pooled is None else pooled))
