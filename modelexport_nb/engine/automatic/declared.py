"""Sizes that a model declares in its `config`, or in a part of it: of the text, of the images, of the sound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import nn

_SPECIAL = ("_token_id", "_token_index")


class Declared:
    """What is looked up is looked for in the config, then in the configs inside it, breadth first."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._configs = list(_nested(getattr(module, "config", None)))

    def __bool__(self) -> bool:
        return bool(self._configs)

    def value(self, *names: str) -> Any:
        """The value of the first of these names that is set anywhere; None when none is."""
        return next(self.values(*names), None)

    def values(self, *names: str) -> Iterator[Any]:
        for name in names:
            for config in self._configs:
                value = getattr(config, name, None)
                if value is not None:
                    yield value

    def size(self, *names: str) -> int | None:
        """The first of these that is a whole number above 0."""
        found = (value for value in self.values(*names) if isinstance(value, int) and not isinstance(value, bool))
        return next((value for value in found if value > 0), None)

    def sides(self, *names: str) -> tuple[int, ...] | None:
        """Height and width: a number, a pair, or a mapping with both."""
        value = self.value(*names)
        if isinstance(value, int):
            return (value, value)
        if isinstance(value, dict):
            value = [value.get("height"), value.get("width")]
        if isinstance(value, (list, tuple)) and all(isinstance(side, int) for side in value):
            return tuple(value) if len(value) > 1 else tuple(value) * 2
        return None

    def vocabulary(self, side: str) -> int | None:
        """Number of words of the `"encoder"`'s or the `"decoder"`'s side: of the model's table where it shows it."""
        if side == "encoder" and (words := getattr(self._input_embeddings(), "num_embeddings", None)):
            return int(words)
        sizes = (getattr(config, "vocab_size", None) for config in (*self._sides(side), *self._configs))
        return next((size for size in sizes if _is_word(size) and size), None)

    def _input_embeddings(self) -> Any:
        try:
            return self._module.get_input_embeddings()  # type: ignore[operator]
        except (AttributeError, NotImplementedError, TypeError):
            return None

    def special_tokens(self) -> set[int]:
        """Numbers of words with a meaning of their own: padding, the end, the place of an image."""
        found: set[int] = set()
        for config in self._configs:
            for name, value in vars(config).items():
                if name.endswith(_SPECIAL):
                    found.update(item for item in (value if isinstance(value, list) else [value]) if _is_word(item))
        return found

    def token(self, *names: str) -> int | None:
        """The number of the first of these words that is set, lists by their first."""
        for value in self.values(*names):
            first = value[0] if isinstance(value, (list, tuple)) and value else value
            if _is_word(first):
                return int(first)
        return None

    def _sides(self, side: str) -> list[Any]:
        """The config of one side of an encoder-decoder, as transformers' own configs tell it."""
        if not self._configs or not hasattr(self._configs[0], "get_text_config"):
            return []
        try:
            return [self._configs[0].get_text_config(**{side: True})]
        except ValueError:  # more than one, and it does not choose
            return []


def _nested(config: Any) -> Iterator[Any]:
    """The config and the configs inside it."""
    level = [config] if hasattr(config, "__dict__") else []
    seen: set[int] = set()
    while level:
        yield from level
        seen.update(map(id, level))
        inside = [value for one in level for value in vars(one).values() if _is_config(value)]
        level = [value for value in inside if id(value) not in seen]


def _is_config(value: Any) -> bool:
    return hasattr(value, "__dict__") and hasattr(value, "to_dict") and not isinstance(value, type)


def _is_word(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
