"""Which sizes may vary in the file: words such as `batch,sequence`, `auto`, or what torch.export takes.

The law of the words, which knows no model. Axes of inputs that have the same size are one (`axes.shared_axes` says
which exactly). The first word names the leading axis of all inputs. Each further word names the next shared axis with
which the model runs at another size: axes that it fixes, such as the channels of a picture, are passed over. So
`batch,sequence` names both axes of `input_ids` and `attention_mask`, and `batch,height,width` the axes 0, 2 and 3 of
`pixel_values`. Where two different axes happen to have one size, give inputs in which they differ.

`auto` is the same without names: every shared axis with which the model runs at another size is left to torch.export,
which may still find that the model fixes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.export import AdditionalInputs, Dim, ShapesCollection
from torch.utils._pytree import tree_leaves

from .axes import Arguments, Axis, Sizes, axes_of, named_arguments, other_sizes, resized, shared_axes
from .eager import run_eagerly
from .errors import EagerRunError, InputError, OptionError, did_you_mean, one_line
from .model_lines import failing_line
from .state import preserved

AUTO = "auto"
_WORD = re.compile(r"[A-Za-z_]\w*")


def check_dynamic(dynamic: Any) -> None:
    """Raise an `OptionError` for what says nothing about axes."""
    if isinstance(dynamic, str):
        words = _words(dynamic)
        for word in words:
            if not _WORD.fullmatch(word):
                raise OptionError(f'"{word}" is no name for an axis. Write words such as batch,sequence, or auto.')
        if len(set(words)) < len(words):
            raise OptionError(f'"{dynamic}" names two axes alike. Give each its own word.')
        if AUTO in words and len(words) > 1:
            raise OptionError(f'"{AUTO}" stands for all axes. Write it alone, or a word for each axis.')
    elif not isinstance(dynamic, Mapping | tuple | list | ShapesCollection | AdditionalInputs | None):
        raise OptionError(
            f"dynamic is a {type(dynamic).__name__}. Pass words such as "
            '"batch,sequence", "auto", or dynamic shapes as torch.export takes them.'
        )


def resolve_dynamic(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], dynamic: Any) -> Any:
    """What torch.export takes as dynamic shapes; words stay as the names of axes.

    Raises:
        OptionError: there is no axis left for a word, or no input of a name.
        InputError: the first word's axis cannot vary; says where the model fixes it.
    """
    if isinstance(dynamic, str):
        arguments = named_arguments(model, args, kwargs)
        groups = shared_axes(axes_of(arguments))
        try_out = _Trial(model, (args, kwargs))
        named = _automatic(groups, try_out) if dynamic == AUTO else _named(_words(dynamic), groups, try_out)
        return _shapes(arguments, named)
    if isinstance(dynamic, Mapping) and all(isinstance(key, str) for key in dynamic):
        arguments = named_arguments(model, args, kwargs)
        return _completed(dynamic, arguments if kwargs.keys() <= arguments.keys() else kwargs)
    return dynamic


class _Trial:
    """Runs a model at other sizes."""

    def __init__(self, model: nn.Module, inputs: Arguments) -> None:
        self._model, self._inputs = model, inputs
        self.failure: EagerRunError | None = None

    def varies(self, axes: Sequence[Axis]) -> bool:
        """Whether the model runs when these axes have another size; if not, `failure` is that of the first."""
        self.failure = None
        return any(size and self.runs(dict.fromkeys(axes, size)) for size in other_sizes(axes[0].size))

    def runs(self, sizes: Sizes) -> bool:
        args, kwargs = resized(self._inputs, sizes)
        try:
            with preserved(self._model):
                run_eagerly(self._model, args, kwargs)
        except EagerRunError as error:
            self.failure = self.failure or error
            return False
        return True

    @property
    def reason(self) -> str:
        """Why the first try failed, with the line of the model's code."""
        cause = self.failure.__cause__ if self.failure is not None else None
        if cause is None:
            return "it fails"
        return f"{type(cause).__name__}{failing_line(cause, self._model)}: {one_line(cause).rstrip('.')}"


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]


def _automatic(groups: list[list[Axis]], trial: _Trial) -> dict[Axis, Any]:
    return {axis: Dim.AUTO for axes in groups if trial.varies(axes) for axis in axes}


def _named(words: list[str], groups: list[list[Axis]], trial: _Trial) -> dict[Axis, Any]:
    if not groups:
        raise OptionError(f'There is no axis for "{words[0]}": no input is a tensor with one.')
    first, *others = words
    if not trial.varies(groups[0]):
        raise InputError(
            f'"{first}" cannot vary: the model fixes {groups[0][0].text}. At another size: {trial.reason}. Leave it '
            "out of the dynamic axes, or mend that line."
        )
    named: dict[Axis, Any] = dict.fromkeys(groups[0], first)
    fixed: list[str] = []
    rest = iter(groups[1:])
    for word in others:
        for axes in rest:
            if trial.varies(axes):
                named.update(dict.fromkeys(axes, word))
                break
            fixed.append(f"{axes[0].text} ({trial.reason})")
        else:
            told = f" The model fixes {fixed[0]}{_more(fixed)}." if fixed else ""
            raise OptionError(f'There is no axis left for "{word}".{told} Axes of equal size are taken for one.')
    return named


def _more(found: Sequence[str]) -> str:
    return f" and {len(found) - 1} more" if len(found) > 1 else ""


def _shapes(arguments: Mapping[str, Any], named: Mapping[Axis, Any]) -> dict[str, Any]:
    """The same tree as the arguments', with a mapping from axis to name in the place of each tensor."""
    of_tensor: dict[int, dict[int, Any]] = {}
    for axis, name in named.items():
        of_tensor.setdefault(axis.tensor, {})[axis.axis] = name

    return {name: _shape(value, of_tensor) for name, value in arguments.items()}


def _shape(value: Any, of_tensor: Mapping[int, dict[int, Any]]) -> Any:
    if isinstance(value, torch.Tensor):
        return of_tensor.get(id(value))
    if isinstance(value, dict):
        return {key: _shape(part, of_tensor) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([_shape(part, of_tensor) for part in value])
    leaves = tree_leaves(value)  # of an own container torch.export takes a list
    return None if leaves in ([], [value]) else [_shape(leaf, of_tensor) for leaf in leaves]


def _completed(shapes: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """torch.export wants a word on every input."""
    unknown = next((name for name in shapes if name not in arguments), None)
    if unknown is not None:
        raise OptionError(f'dynamic names "{unknown}", and no such input is given' + did_you_mean(unknown, arguments))
    return {name: shapes.get(name) for name in arguments}
