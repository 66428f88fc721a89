"""Inputs to try on a model, the likeliest first: from what it declares, then from its layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn

from . import layers
from .forward import Forward
from .placeholders import with_placeholders
from .roles import ROLES, Maker

Arguments = dict[str, Any]
Guess = tuple[str, Arguments]  # in words, where it comes from, and the arguments by name
_CONTENT = {name for name, role in ROLES.items() if role.main}
_ANSWER = {"decoder_input_ids"}  # only where the config says that there is a decoder beside the encoder


def from_declarations(forward: Forward, maker: Maker) -> Iterator[Guess]:
    """Arguments whose names tell what they hold, in the sizes of the model's config."""
    for names, masked in _choices(forward, maker):
        left = [name for name in forward.names if name in _CONTENT - _ANSWER and name not in names]
        source = "the sizes in its config" + (f" (without {', '.join(left)})" if left else "")
        for combination in nearest_first([maker.candidates(name) for name in names]):
            arguments = dict(zip(names, combination, strict=True))
            arguments = with_placeholders(forward.module, maker.declared, arguments)
            if masked:
                arguments["attention_mask"] = torch.ones_like(arguments["input_ids"])
            yield source, {name: arguments[name] for name in forward.names if name in arguments}


def from_dummies(forward: Forward, maker: Maker) -> Iterator[Guess]:
    """The model's own `dummy_inputs`, the first row for each of the batch."""
    dummies = getattr(forward.module, "dummy_inputs", None)
    if isinstance(dummies, dict) and all(name in forward.names and _is_row(value) for name, value in dummies.items()):
        repeated = {name: value[:1].repeat(maker.batch, *[1] * (value.dim() - 1)) for name, value in dummies.items()}
        yield "its own dummy inputs", {name: maker.tensors.placed(value) for name, value in repeated.items()}


def _is_row(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.dim() > 0


def from_layers(forward: Forward, maker: Maker, model: nn.Module) -> Iterator[Guess]:
    """What `forward` cannot do without, in the sizes that the layers declare."""
    wanted = {*forward.required, *maker.given} or set(forward.names[:1])
    names = [name for name in forward.names or maker.given if name in wanted]
    if not names:
        return
    found = layers.candidates(model, maker.batch)
    options: list[list[Any]] = []
    for name in names:
        specs = layers.of_shape(model, maker.given[name]) if name in maker.given else found
        options.append([*maker.candidates(name), *specs])
    for combination in nearest_first(options):
        values = [one if isinstance(one, torch.Tensor) else layers.filled(one, maker.tensors) for one in combination]
        yield "the sizes of its layers", dict(zip(names, values, strict=True))


def nearest_first(options: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """One of each, those first that are nearest to the front of their lists; nothing where a list is empty."""
    if not all(options):
        return
    for distance in range(sum(len(some) - 1 for some in options) + 1):
        yield from _at_distance(options, distance)


def _at_distance(options: Sequence[Sequence[Any]], distance: int) -> Iterator[tuple[Any, ...]]:
    if not options:
        if distance == 0:
            yield ()
        return
    for index, option in enumerate(options[0][: distance + 1]):
        for rest in _at_distance(options[1:], distance - index):
            yield (option, *rest)


def _choices(forward: Forward, maker: Maker) -> Iterator[tuple[list[str], bool]]:
    """Which arguments to pass, and whether a mask of the text with them: all that the model can be about, then less."""
    principal = getattr(forward.module, "main_input_name", ())
    must = {*forward.required, *maker.given, *([principal] if isinstance(principal, str) else principal)}
    if maker.declared.value("is_encoder_decoder"):
        must |= _ANSWER
    mask = "attention_mask" in forward.names and "attention_mask" not in maker.given
    seen = []
    for wanted in (must | _CONTENT - _ANSWER, must):
        names = [name for name in forward.names if name in wanted]
        if names and names not in seen:
            seen.append(names)
            if mask and "input_ids" in names:
                yield names, True
            yield names, False
