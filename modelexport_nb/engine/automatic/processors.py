"""Inputs out of a tokenizer, an image processor, a feature extractor, or a processor that holds several of them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import InputError, one_line

TEXT = "A picture of a cat and the sound of rain."
SIDE = 224  # of the square image
SECONDS = 1  # of sound

# What a processor is called with → arguments of a model that show that it wants it.
_WANTS = {
    "text": ("input_ids",),
    "images": ("pixel_values",),
    "audio": ("input_features", "input_values"),
    "raw_speech": ("input_features", "input_values"),
}
_SAID = {"text": 'the text "{}"', "images": "a random image", "audio": "a random sound", "raw_speech": "a random sound"}
# Parts that a processor of several kinds has for each kind; it takes no kind without its part.
_PARTS = {"text": "tokenizer", "images": "image_processor", "audio": "feature_extractor"}


def from_processor(
    processor: Any, takes: tuple[str, ...], text: str | None, batch: int, seed: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a processor makes of a text, a random image and a random sound, as far as the model takes their outputs.

    Yields, in words, what it was given, and what it made.

    Args:
        takes: names of the arguments of the model's `forward`.

    Raises:
        InputError: the processor makes nothing of a text that was given, or fails.
    """
    kinds = [kind for kind in _kinds(processor) if any(name in takes for name in _WANTS[kind])]
    if text is not None and "text" not in kinds:
        raise InputError(f"The text goes nowhere: {type(processor).__name__} makes no text for this model.")
    failure: Exception | None = None
    for words in _texts(processor, text, "images" in kinds):
        try:
            made = dict(_call(processor, kinds, words, batch, seed))
        except Exception as error:
            failure = failure or error
            continue
        heard = [_SAID[kind].format(words) for kind in kinds]
        source = f"{type(processor).__name__} with {' and '.join(heard)}"
        yield source, {name: value for name, value in made.items() if name in takes}
    if failure is not None:
        reason = f"{type(failure).__name__}: {one_line(failure)}"
        raise InputError(f"{type(processor).__name__} makes no inputs for this model: {reason}")


def _kinds(processor: Any) -> list[str]:
    parameters = inspect.signature(type(processor).__call__).parameters
    several = any(hasattr(processor, part) for part in _PARTS.values())
    return [
        kind for kind in _WANTS if kind in parameters and (not several or hasattr(processor, _PARTS.get(kind, kind)))
    ]


def _texts(processor: Any, text: str | None, image: bool) -> list[str]:
    """The text, with the mark of an image in front where the processor has one."""
    words = TEXT if text is None else text
    mark = getattr(processor, "image_token", None)
    return [f"{mark}{words}", words] if image and isinstance(mark, str) and mark not in words else [words]


def _call(processor: Any, kinds: list[str], text: str, batch: int, seed: int) -> Any:
    numbers = np.random.default_rng(seed)
    arguments: dict[str, Any] = {}
    for kind in kinds:
        if kind == "text":
            arguments[kind] = [text] * batch
        elif kind == "images":
            arguments[kind] = [numbers.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8) for _ in range(batch)]
        else:
            rate = getattr(getattr(processor, "feature_extractor", processor), "sampling_rate", 16000)
            arguments[kind] = [numbers.standard_normal(rate * SECONDS).astype(np.float32) for _ in range(batch)]
            arguments["sampling_rate"] = rate
    return processor(**arguments, return_tensors="pt")
