"""What a model's `forward` takes, seen through wrappers that only hand their arguments on."""

from __future__ import annotations

import inspect
import textwrap
from dataclasses import dataclass

from torch import nn

_OPEN = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True)
class Forward:
    """The arguments of a `forward`.

    Attributes:
        module: the module that declares them: the model, or the one that it wraps.
        names: arguments that have a name, in order; `required` those of them without a default. A `forward` that
            takes `*args, **kwargs` alone has none.
        text: the signature, for messages.
    """

    module: nn.Module
    names: tuple[str, ...]
    required: tuple[str, ...]
    text: str

    @classmethod
    def of(cls, model: nn.Module) -> Forward:
        """Read the signature; one that is written in C tells nothing and has no names."""
        module, parameters = _declaring(model)
        named = [p for p in parameters if p.kind not in _OPEN]
        return cls(
            module=module,
            names=tuple(p.name for p in named),
            required=tuple(p.name for p in named if p.default is p.empty),
            text=textwrap.shorten(f"({', '.join(_shown(p) for p in parameters)})", 200, placeholder=" …)"),
        )


def _declaring(model: nn.Module) -> tuple[nn.Module, list[inspect.Parameter]]:
    """The first module, from the model inwards, whose `forward` names an argument."""
    parameters = _parameters(model)
    children = list(model.children())
    if all(p.kind in _OPEN for p in parameters) and len(children) == 1:
        return _declaring(children[0])
    return model, parameters


def _parameters(module: nn.Module) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(module.forward).parameters.values())
    except (TypeError, ValueError):  # written in C
        return []


def _shown(parameter: inspect.Parameter) -> str:
    """`name`, or `name=default`: annotations of real models fill a page."""
    prefix = "*" * (_OPEN.index(parameter.kind) + 1) if parameter.kind in _OPEN else ""
    default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
    return f"{prefix}{parameter.name}{default}"
