"""Which class of transformers loads a model: a named one, one for a task, or the one that the config says."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from torch import nn

from .errors import InputError, OptionError, did_you_mean


def find_class(
    name: str, config: Any, task: str | None, class_name: str | None, trust: bool, as_saved: bool = False
) -> Any:
    """The class that loads a model of this config.

    Args:
        name: what to call the model in an error.
        task, class_name: as in `load_pretrained`; without either AutoModel, else what the config names.
        trust: whether a class that comes with the files may be taken.
        as_saved: as in `load_pretrained`.

    Raises:
        OptionError: transformers knows no such task or class.
        InputError: the config has no model there.
    """
    if class_name is not None:
        return _named(class_name)
    own = architectures(config)
    if as_saved and task is None and own and (found := _exported(own[0])) is not None:
        return found
    if task is not None:
        candidates, lack = _for_task(task), f"no model for {task}"
    else:
        from transformers import AutoModel

        candidates, lack = [AutoModel], "no model"
    for auto in candidates:
        # The mapping looks private and is what every Auto class of transformers goes by.
        if type(config) in auto._model_mapping or (trust and auto.__name__ in _brought(config)):
            return auto
    if task is None and own and (found := _exported(own[0])) is not None:
        return found
    saved = f" It was saved as {own[0]}." if own else ""
    if _brought(config) and not trust:
        raise needs_trust(name)
    raise InputError(
        f'The config of "{name}", a {type(config).__name__}, has {lack} in transformers.{saved} '
        "Name a class of transformers: --class NAME"
    )


def architectures(config: Any) -> Sequence[str]:
    """The classes that the model was saved as."""
    return getattr(config, "architectures", None) or ()


def needs_trust(name: str) -> InputError:
    """The error for a model whose code is not in transformers."""
    return InputError(
        f'"{name}" needs code that comes with its files. Read it first; then --trust-remote-code runs it '
        "(in Python trust_remote_code=True)."
    )


def _named(name: str) -> Any:
    found = _exported(name)
    if found is None:
        import transformers

        near = difflib.get_close_matches(name, dir(transformers), n=1, cutoff=0.5)
        raise OptionError(f'transformers has no model class "{name}"' + (did_you_mean(name, near) if near else "."))
    return found


def _exported(name: str) -> Any:
    """The class of transformers that has this name and loads models; None when there is none."""
    import transformers

    try:
        found = getattr(transformers, name, None)
    except ImportError:  # it needs a library that is not here
        return None
    if not isinstance(found, type) or not hasattr(found, "from_pretrained"):
        return None
    return found if issubclass(found, nn.Module) or hasattr(found, "_model_mapping") else None


def _for_task(task: str) -> Sequence[Any]:
    """The Auto classes for a task in transformers' own table, or the one of that name."""
    from transformers.pipelines import PIPELINE_REGISTRY

    tasks = PIPELINE_REGISTRY.get_supported_tasks()
    if task in tasks:
        return PIPELINE_REGISTRY.check_task(task)[1]["pt"]
    found = _exported(task)
    if not hasattr(found, "_model_mapping"):
        raise OptionError(f'transformers knows no task "{task}"' + did_you_mean(task, tasks))
    return (found,)


def _brought(config: Any) -> dict[str, Any]:
    """The classes that come with the model's files, by the Auto class that they serve."""
    return getattr(config, "auto_map", None) or {}
