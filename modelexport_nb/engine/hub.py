"""Files of Hugging Face: where a name leads to, what is here already, and why something does not load."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import InputError, one_line


def find_source(name: str | Path) -> tuple[str, str]:
    """Where the files of a model are, as transformers takes it, and what to call the model.

    Raises:
        InputError: a folder is meant, and there is none.
    """
    path = Path(name).expanduser()
    if path.is_dir() and name:
        return str(path), path.resolve().name
    if path.is_file():
        raise InputError(f'"{name}" is a file. Give the folder that it is in, or an id of Hugging Face.')
    if isinstance(name, Path) or not name or name.startswith((".", "/", "~")):
        raise InputError(f'There is no folder "{name}".')
    return name, name


def cached_first(source: str, load: Callable[[bool], Any]) -> Any:
    """What `load(local_files_only)` gives for files that are here, else for those of the Hub.

    A model that is here needs no network, and the Hub is not asked about what a folder lacks.
    """
    from huggingface_hub import constants

    try:
        return load(True)
    except Exception:
        if Path(source).is_dir() or constants.HF_HUB_OFFLINE:
            raise
    return load(False)


def has_processor_files(source: str) -> bool:
    """Whether there is any file that transformers keeps a tokenizer or processor in: here, else on the Hub."""
    from transformers import tokenization_utils_base, utils

    names = [getattr(tokenization_utils_base, f"{kind}_FILE") for kind in ("FULL_TOKENIZER", "TOKENIZER_CONFIG")]
    kinds = ("PROCESSOR", "FEATURE_EXTRACTOR", "IMAGE_PROCESSOR", "VIDEO_PROCESSOR")
    return _has_any(source, names + [getattr(utils, f"{kind}_NAME") for kind in kinds])


def has_vocabulary(source: str, processor: Any) -> bool:
    """Whether a tokenizer was made of files: transformers makes an empty one where there is a config alone."""
    names = getattr(processor, "vocab_files_names", {}).values()
    return not names or _has_any(source, names)


def _has_any(source: str, names: Iterable[str]) -> bool:
    from transformers.utils import cached_file

    def look(local: bool) -> bool:
        for name in names:
            if cached_file(source, name, local_files_only=local, _raise_exceptions_for_missing_entries=False):
                return True
        raise FileNotFoundError(source)

    try:
        return cached_first(source, look)
    except OSError:  # none of them, or no answer
        return False


def not_loaded(name: str, error: Exception) -> InputError:
    """Why a model does not load, by the error of huggingface_hub behind it where there is one."""
    from huggingface_hub import constants, errors

    if _because(error, errors.HFValidationError):
        return InputError(f'"{name}" is neither a folder here nor an id of Hugging Face, such as owner/model.')
    if _because(error, errors.GatedRepoError):
        return InputError(f'"{name}" is for those who asked for it. Ask on its page of the Hub, then: hf auth login')
    if _because(error, errors.RepositoryNotFoundError):
        return InputError(f'The Hub shows no model "{name}". For a private one: hf auth login')
    if _because(error, errors.LocalEntryNotFoundError) and constants.HF_HUB_OFFLINE:
        return InputError(
            f'"{name}" is no folder here, and Hugging Face is offline (HF_HUB_OFFLINE) and does not have it in the '
            "cache. Unset that to download it."
        )
    if _because(error, errors.LocalEntryNotFoundError):
        return InputError(f'"{name}" is no folder here and not in the cache, and the Hub does not answer.')
    return InputError(f'"{name}" does not load: {one_line(error).rstrip(".")}.')


def _because(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error is not None


@contextmanager
def quiet_loading() -> Iterator[None]:
    """What loading says is meant for those who call it; what matters of it we say."""
    from transformers.utils import logging as bars

    loggers = [logging.getLogger(name) for name in ("transformers", "huggingface_hub")]
    levels = [logger.level for logger in loggers]
    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        if shown:
            bars.enable_progress_bar()
