"""The captures in the order in which they are tried, and what became of each."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import NoReturn

from ..errors import CaptureError, ModelExportError, OptionError, did_you_mean
from .base import Attempt, Capture, Captured, Request
from .failure import CaptureFailure, explain
from .number_reads import number_read
from .pipeline import run_capture
from .repaired import RepairedOnnx
from .strict import StrictOnnx
from .torch_export import TorchOnnx
from .torchscript import TorchScriptOnnx
from .transformers_export import TransformersOnnx

_PLAIN = TorchOnnx()
_REPAIRED = RepairedOnnx(_PLAIN)
_STRICT = StrictOnnx()
_TRACED = TorchScriptOnnx()
_CAPTURES: tuple[Capture, ...] = (TransformersOnnx(), _PLAIN, _REPAIRED, _STRICT, _TRACED)
"""The most specific first; then those that keep a record of the module calls; what may fix a decision comes last."""


def known_captures() -> list[str]:
    """Names that `capture=` takes."""
    return ["auto", *(way.name for way in _CAPTURES)]


def check_capture(name: str) -> None:
    """Raise an `OptionError` for a name that `known_captures()` does not have."""
    if name not in known_captures():
        raise OptionError(f'Unknown capture "{name}"' + did_you_mean(str(name), known_captures()))


def choose(request: Request, name: str) -> Capture:
    """The capture of that name, or for `"auto"` the one that is tried first.

    Raises:
        OptionError: no capture of that name, or it is not made for such a model.
    """
    check_capture(name)
    if name == "auto":
        return next(way for way in _CAPTURES if way.accepts(request))
    way = next(way for way in _CAPTURES if way.name == name)
    if not way.accepts(request):
        raise OptionError(f"The capture {name} is not made for such a model or such shapes. Try --capture auto.")
    return way


def capture(request: Request, name: str = "auto") -> Captured:
    """Capture the request's model: in the way of that name, or with the first that can.

    Raises:
        OptionError: no capture of that name, or it is not made for such a model.
        CaptureError: all failed; names the module, the line of the model's code and the cause where they are known.
    """
    return Ladder(request, name).climb()


class Ladder:
    """The captures that may be tried for a request, each once; a named one alone.

    Attributes:
        attempts: what was tried so far.
    """

    def __init__(self, request: Request, name: str = "auto") -> None:
        check_capture(name)
        self.attempts: list[Attempt] = []
        self._request, self._name = request, name
        self._ways: list[Capture] | None = None
        self._first: ModelExportError = CaptureError("No capture is made for such a model.")  # what the first failed by

    @property
    def more(self) -> bool:
        """Whether there is another one to try."""
        return self._ways is None or bool(self._ways)

    @functools.cached_property
    def _number_read(self) -> str | None:
        return number_read(self._request)

    def climb(self) -> Captured:
        """The graph of the next capture that can.

        Raises:
            OptionError: the named one is not made for such a model.
            CaptureError: none can; why the first could not.
        """
        if self._ways is None:
            self._ways = self._possible()
        while self._ways:
            way = self._ways.pop(0)
            if way is _TRACED and self.attempts and (read := self._number_read) is not None:
                self._fail(way, f"The model reads numbers of its inputs{read}, and a trace would fix what they decide.")
                continue
            try:
                captured = run_capture(self._request, way)
            except CaptureFailure as failure:
                if self._again_in_full(way):
                    continue
                self._fail(way, explain(failure), failure.__cause__)
                self._ways = [way for way in self._ways if self._may_help(way, failure)]
            except CaptureError as error:
                self._fail(way, str(error))
            else:
                self.attempts.append(Attempt(way.name, True))
                return self._with_doubts(captured)
        verdict = self._verdict()
        raise verdict if isinstance(verdict, CaptureError) else CaptureError("No other capture can.")

    def _with_doubts(self, captured: Captured) -> Captured:
        """A trace follows one way through the model and says nothing of the others."""
        if captured.capture is not _TRACED or self._number_read is None:
            return captured
        note = (
            f"The model reads numbers of its inputs{self._number_read}. The trace fixed what they decide: for other "
            "inputs the file may be wrong."
        )
        return replace(captured, notes=(*captured.notes, note))

    def go_on_after(self, way: Capture) -> None:
        """The graph of this one is known already: those before it need not be tried."""
        ways = self._possible()
        self._ways = ways[[one.name for one in ways].index(way.name) + 1 :]
        self.attempts.append(Attempt(way.name, True))

    def _possible(self) -> list[Capture]:
        first = choose(self._request, self._name)
        return [first] if self._name != "auto" else [way for way in _CAPTURES if way.accepts(self._request)]

    def reject(self, error: ModelExportError) -> None:
        """The graph of the last attempt is of no use after all."""
        name = self.attempts.pop().name
        self._note(name, error)
        self._again_in_full(next(way for way in _CAPTURES if way.name == name))

    def _again_in_full(self, way: Capture) -> bool:
        """Have a way tried once more with every block traced by itself: it may be a copy that failed."""
        if not (self._request.blocks and way.keeps_record):
            return False
        self._request = replace(self._request, blocks={})
        self._ways = [way, *(self._ways or [])]
        return True

    def give_up(self) -> NoReturn:
        """Raise what the first attempt failed by."""
        raise self._verdict()

    def _fail(self, way: Capture, why: str, cause: BaseException | None = None) -> None:
        error = CaptureError(why)
        error.__cause__ = cause
        self._note(way.name, error)

    def _note(self, name: str, error: ModelExportError) -> None:
        if not self.attempts:
            self._first = error
        self.attempts.append(Attempt(name, False, str(error)))

    def _verdict(self) -> ModelExportError:
        tried = f" Tried: {', '.join(one.name for one in self.attempts)}." if len(self.attempts) > 1 else ""
        verdict = type(self._first)(f"{self._first}{tried} Nothing was written; the model is unchanged.")
        verdict.__cause__ = self._first.__cause__
        if isinstance(verdict, CaptureError):
            verdict.attempts = tuple(self.attempts)
        return verdict

    def _may_help(self, way: Capture, failure: CaptureFailure) -> bool:
        """A capture that fails takes its time: one that must fail for the same reason is left out."""
        if failure.fixes_axis:
            return False  # what was asked for contradicts the model, whoever looks at it
        if not failure.following and way is _STRICT:
            return False  # it follows a model in another way; what it cannot do is translate it better
        return not (failure.decides_by_data and self._number_read is not None)
