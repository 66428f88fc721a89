"""Every error that a user of this package meets: one line, the cause first, then the next step."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class ModelExportError(Exception):
    """Base of all our errors. `str(error)` is one line for the reader."""

    def _render_traceback_(self) -> list[str]:
        # IPython prints this in place of a traceback; the error message itself still reaches nbval and nbclient.
        return [f"{type(self).__name__}: {self}"]


class InputError(ModelExportError):
    """What was handed over cannot be exported: not a module, or inputs that do not fit its `forward`."""


class OptionError(ModelExportError):
    """An option has a value that cannot be used."""


class PathError(ModelExportError):
    """The output path cannot be written."""


class EagerRunError(ModelExportError):
    """The model itself fails on these inputs, before any export."""


class CaptureError(ModelExportError):
    """The model could not be turned into an ONNX graph. `attempts` tells of each capture that was tried why not."""

    attempts: tuple[Any, ...] = ()


class AttributionError(ModelExportError):
    """A strategy could not attribute the graph."""


class CheckError(ModelExportError):
    """The exported file is not valid ONNX or does not load in ONNX Runtime."""


class TimeLimitError(ModelExportError):
    """The export took longer than `timeout`; its process was ended."""


class MemoryLimitError(ModelExportError):
    """The export held more than `memory_limit`, or the machine had hardly any memory left; its process was ended."""


class CrashError(ModelExportError):
    """The process of the export died: native code crashed, or something killed it."""


class NoKernelError(CheckError):
    """The file is valid, but this machine's ONNX Runtime has no kernel for one of its nodes with these types."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint such as `. Did you mean "fx"?`, or the list of what is known when nothing is close."""
    known = list(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f'. Did you mean "{close[0]}"?'
    return ". Known: " + ", ".join(known) + "." if known else "."


def as_sentence(clause: str) -> str:
    """A clause with its capital and full stop."""
    return f"{clause[0].upper()}{clause[1:]}."


def one_line(error: BaseException, limit: int = 300) -> str:
    """The first telling line of another library's error, shortened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= limit else text[: limit - 1] + "…"
