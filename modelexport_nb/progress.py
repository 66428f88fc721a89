"""Who hears of the stages of an export: a bar, which tqdm draws in a notebook and in a terminal, or a listener."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from tqdm.auto import tqdm

Progress = Callable[[str, int, int], None]

# Neither times nor counts: what a notebook saves of it is one word, the same in every run.
FORMAT = "{desc:<9} {bar}"

_listener: ContextVar[Progress | None] = ContextVar("listener", default=None)


class StageBar:
    """Appears with the first stage, so that bad input shows its error and nothing else."""

    def __init__(self, doing: str, done: str) -> None:
        self._doing, self._done = doing, done
        self._bar: Any = None

    def __call__(self, stage: str, index: int, total: int) -> None:
        if self._bar is None:
            self._bar = tqdm(total=total, desc=self._doing, bar_format=FORMAT)
        elif total != self._bar.total:  # how many stages there are may turn out on the way
            self._bar.reset(total)
        self._move(stage, index)

    def finish(self) -> None:
        """Leave the full bar."""
        if self._bar is not None:
            self._move(self._done, self._bar.total)
            self._bar.close()

    def vanish(self) -> None:
        """Leave nothing: the error says enough."""
        if self._bar is not None:
            self._bar.leave = False
            self._bar.total = self._bar.n  # tqdm would keep an unfinished bar, in red
            self._bar.close()

    def _move(self, label: str, position: int) -> None:
        self._bar.set_description_str(label, refresh=False)
        self._bar.n = position
        self._bar.refresh()


@contextmanager
def listening(listener: Progress) -> Iterator[None]:
    """Let `listener` hear of every stage in this thread, in place of a bar."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def progress_bar(shown: bool, doing: str = "exporting", done: str = "exported") -> Iterator[Progress | None]:
    """What `export_model` and its like take as `progress`."""
    if (listener := _listener.get()) is not None:
        yield listener
        return
    if not shown:
        yield None
        return
    bar = StageBar(doing, done)
    try:
        yield bar
    except BaseException:
        bar.vanish()
        raise
    bar.finish()
