"""The text of a module's `forward`, as it stands on this machine: read when it is asked for, never kept.

Only files are read that the model's own code named when it was exported.
"""

from __future__ import annotations

import inspect
import linecache
import re
import tokenize
from dataclasses import dataclass
from typing import Protocol

from .errors import ModelExportError, did_you_mean
from .modules import ModuleTree
from .sources import CodePlace, relative_source

NOT_FOUND = "No source for this module. Its forward was not found on this machine."
CHANGED = "No source for this module. The file of its forward has changed since the model was made."

_DEF = re.compile(r"\s*(?:async\s+)?def\s+(\w+)")


class HasModules(Protocol):
    """A report, or an opened file."""

    @property
    def modules(self) -> ModuleTree: ...


@dataclass(frozen=True)
class ForwardSource:
    """The lines of a `forward`, from its first decorator to its end, without their common indentation.

    Attributes:
        file: relative to its package or folder, the same text as in `NodeScope.source`.
        first: number of the first line.
        lines: the text, one entry each, without line ends.
        class_name: class of the module.
    """

    file: str
    first: int
    lines: tuple[str, ...]
    class_name: str


def forward_source(shown: HasModules, path: str) -> ForwardSource:
    """The `forward` that the class of module `path` runs.

    Raises:
        ModelExportError: there is no such module, its text is not here (a file that was opened tells none), or it is
            no longer what was exported.
    """
    info = shown.modules.modules.get(path)
    if info is None:
        raise ModelExportError(f'There is no module "{path}"' + did_you_mean(path, list(shown.modules.modules)[:1000]))
    if info.forward is None:
        raise ModelExportError(NOT_FOUND)
    return ForwardSource(relative_source(info.forward.file), info.forward.line, _text(info.forward), info.class_name)


def _text(place: CodePlace) -> tuple[str, ...]:
    linecache.checkcache(place.file)  # a file that was saved again is read again; cells of a notebook stay
    lines = linecache.getlines(place.file)
    if not lines:
        raise ModelExportError(NOT_FOUND)
    try:
        block = inspect.getblock(lines[place.line - 1 :])
    except (SyntaxError, tokenize.TokenError):
        raise ModelExportError(CHANGED) from None
    if not _is_of(block, place):
        raise ModelExportError(CHANGED)
    return _dedented(block)


def _is_of(block: list[str], place: CodePlace) -> bool:
    """Whether the lines are those of the function: its file may have been edited since Python read it."""
    if not place.function.isidentifier():
        return any("lambda" in line for line in block)
    return next((match[1] for line in block if (match := _DEF.match(line))), None) == place.function


def _dedented(block: list[str]) -> tuple[str, ...]:
    margin = block[0][: len(block[0]) - len(block[0].lstrip())]
    return tuple(line.removeprefix(margin).rstrip("\r\n") if line.strip() else "" for line in block)
