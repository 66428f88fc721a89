"""Fingerprints of jobs: a job with another one than its result in the store runs again."""

from __future__ import annotations

import importlib.util
from hashlib import sha256
from pathlib import Path
from typing import Any

from torch import nn

from ..digest import Digester
from ..fingerprint import model_text
from ..named_objects import NAMED
from .jobs import Job
from .summary import versions


class Prints:
    """Makes them; looks at each live module, file and cache once."""

    def __init__(self) -> None:
        self._digester = Digester(nn.Module())
        self._known: dict[Any, str] = {}
        self._alive: list[Any] = []  # an `id` is one module's only as long as that lives

    def of(self, job: Job) -> str:
        """64 hexadecimal digits for all that the job's result is made from, as far as this process sees it.

        A live module counts by its structure, code, attributes and values; a folder by its files' sizes and times; an
        id by the commit that the cache holds; `module:name` by the text of that module, not of what it imports.
        """
        how = [job.task, job.class_name, job.trust_remote_code, dict(job.options), dict(job.arguments)]
        parts = [self._model(job.model), self._inputs(job.inputs), self._digester.text(how), repr(versions())]
        return sha256("\0".join(parts).encode()).hexdigest()

    def _model(self, model: Any) -> str:
        key = id(model) if isinstance(model, nn.Module) else str(model)
        if key not in self._known:
            self._alive.append(model)
            self._known[key] = model_text(model) if isinstance(model, nn.Module) else _named(str(model))
        return self._known[key]

    def _inputs(self, inputs: Any) -> str:
        return _named(inputs) if isinstance(inputs, str) else self._digester.text(inputs)


def _named(name: str) -> str:
    path = Path(name).expanduser()
    if (match := NAMED.fullmatch(name)) is not None and not path.is_dir():
        return f"{name} {_source(match['module'])}"
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return f"{name} {[(str(file.relative_to(path)), *_seen(file)) for file in files]}"
    return f"{name} {_commit(name)}"


def _source(module: str) -> str:
    """The text of a module, without importing it; its packages are imported."""
    try:
        spec = importlib.util.find_spec(module)
    except Exception:  # a package on the way runs code of its own
        return ""
    file = Path(spec.origin) if spec is not None and spec.origin is not None else None
    return sha256(file.read_bytes()).hexdigest() if file is not None and file.is_file() else ""


def _seen(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_size, status.st_mtime_ns


def _commit(name: str) -> str:
    """The folder of the cached commit of a model of the Hub; empty where it is not here yet."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(name, "config.json")
    except HFValidationError:
        return ""
    return Path(found).parent.name if isinstance(found, str) else ""
