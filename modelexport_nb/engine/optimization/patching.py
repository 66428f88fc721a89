"""Put something else in place of a library's function, for one block and only where its version is a known one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

# Where functions are replaced that their libraries call private, the versions that we have read and tested.
KNOWN_VERSIONS = {"torch": "2.13", "onnxscript": "0.7"}


def is_known(library: str) -> bool:
    """Whether the installed version is one whose insides are known; else the library does it in its own way."""
    return version(library).split("+")[0].startswith(f"{KNOWN_VERSIONS[library]}.")


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Have `owner.name` be `value` while the block runs."""
    original = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)
