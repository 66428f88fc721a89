"""Models of Hugging Face by name: a folder, or an id in the cache or on the Hub.

transformers is imported only when one is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .errors import InputError, OptionError, one_line
from .hub import cached_first, find_source, has_processor_files, has_vocabulary, not_loaded, quiet_loading
from .model_classes import architectures, find_class, needs_trust
from .weightless import check_weights


@dataclass
class Pretrained:
    """A loaded model.

    Attributes:
        model: in eval mode.
        name: what to call it: an id, or the folder's own name.
        notes: what the reader should know of it, one sentence each.
        source: where its files are, as transformers takes it: a folder or an id.
        trust_remote_code: whether code that comes with the files may run.
    """

    model: nn.Module
    name: str
    notes: list[str] = field(default_factory=list)
    source: str = ""
    trust_remote_code: bool = False

    @cached_property
    def processor(self) -> Any:
        """Its tokenizer, image processor, feature extractor, or all in one; None where there are no files of one.

        Loaded when it is asked for first. One that does not load is told in `notes`.
        """
        with quiet_loading():
            return self._processor() if has_processor_files(self.source) else None

    def _processor(self) -> Any:
        from transformers import AutoProcessor

        how = {"trust_remote_code": self.trust_remote_code}
        try:
            processor = cached_first(
                self.source,
                lambda local: AutoProcessor.from_pretrained(self.source, local_files_only=local, **how),
            )
            problem = None if has_vocabulary(self.source, processor) else "it has no vocabulary."
        except Exception as error:  # a library that it needs may be missing, or a file of it
            problem = one_line(error)
        if problem is None:
            return processor
        self.notes.append(f"The tokenizer or processor of {self.name} does not load: {problem}")
        return None


def load_pretrained(
    name: str | Path,
    *,
    task: str | None = None,
    class_name: str | None = None,
    trust_remote_code: bool = False,
    weights: str = "all",
    as_saved: bool = False,
) -> Pretrained:
    """Load a model of Hugging Face: files that are here already, else those of the Hub.

    Args:
        name: a local folder, or an id such as `owner/model`.
        task: what the model is for, in transformers' own words: a task of its pipelines such as `"fill-mask"`, or one
            of its Auto classes.
        class_name: the class to load, as transformers exports it. Without either, what AutoModel takes.
        trust_remote_code: run code that comes with the files; never without being asked.
        weights: `"none"` reads the config alone and builds the model on the meta device: structure without numbers.
        as_saved: without a task or a class, the class that the config says it was saved as, where transformers has it.

    Returns:
        The model in eval mode (`model`), what to call it (`name`), and what the reader should know (`notes`).

    Raises:
        InputError: there is no such model, or it does not load; says whether the Hub was asked.
        OptionError: no such task or class.
    """
    check_weights(weights)
    if task is not None and class_name is not None:
        raise OptionError("A task and a class are two ways to say the same. Give one of them.")
    source, called = find_source(name)
    files = _Files(source, called, trust_remote_code)
    with quiet_loading():
        config = files.config()
        kind = find_class(called, config, task, class_name, trust_remote_code, as_saved)
        model, notes = files.build(kind, config) if weights == "none" else files.load(kind, config)
    own, loaded = architectures(config), type(model).__name__
    if own and loaded not in own:
        notes = [f"{called} was saved as {own[0]} and is taken as {loaded}. As it was: --class {own[0]}", *notes]
    return Pretrained(model, called, notes, source, trust_remote_code)


@dataclass(frozen=True)
class _Files:
    """The files of one model."""

    source: str
    name: str
    trust: bool

    def config(self) -> Any:
        from transformers import AutoConfig

        return self._attempt(AutoConfig.from_pretrained)

    def load(self, kind: Any, config: Any) -> tuple[nn.Module, list[str]]:
        """The model with its weights, and what it lacks of them."""
        model, info = self._attempt(kind.from_pretrained, output_loading_info=True)
        missing = sorted(info["missing_keys"])
        if missing and set(missing) >= {name for name, _ in model.named_parameters()}:
            raise InputError(
                f'"{self.name}" has none of the weights of {type(model).__name__}: its config says '
                f"{', '.join(architectures(config)) or config.model_type}."
            )
        return model, _missing(self.name, missing)

    def build(self, kind: Any, config: Any) -> tuple[nn.Module, list[str]]:
        """The model without weights: nothing is read but the config."""
        automatic = hasattr(kind, "_model_mapping")
        if not automatic:  # it may be made for a part of the config
            config = self._attempt(kind.config_class.from_pretrained)
        try:
            with torch.device("meta"):
                model = kind.from_config(config, trust_remote_code=self.trust) if automatic else kind(config)
        except Exception as error:
            raise not_loaded(self.name, error) from error
        return model.eval(), []

    def _attempt(self, load: Callable[..., Any], **options: Any) -> Any:
        options["trust_remote_code"] = self.trust
        try:
            return cached_first(self.source, lambda local: load(self.source, local_files_only=local, **options))
        except Exception as error:  # transformers, huggingface_hub and safetensors raise unrelated classes
            if not self.trust and "trust_remote_code" in str(error):  # transformers has no class of its own for it
                raise needs_trust(self.name) from error
            raise not_loaded(self.name, error) from error


def _missing(name: str, missing: Sequence[str]) -> list[str]:
    if not missing:
        return []
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return [f"{name} has no {missing[0]}{more}: random numbers"]
