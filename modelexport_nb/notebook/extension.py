"""What `%load_ext` changes in a shell. Each change is a context manager, so that unloading undoes all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from typing import Any
from weakref import WeakKeyDictionary

from IPython.core.interactiveshell import InteractiveShell

from .completion import completing
from .display import displaying
from .live_sweep import shown_once
from .magic import ModelExportMagics
from .settings import ModelExport

_loaded: WeakKeyDictionary[InteractiveShell, ExitStack] = WeakKeyDictionary()


def load(shell: InteractiveShell) -> None:
    """Add the magic, its completion, its `%config` and the live view; loading twice is loading once."""
    unload(shell)
    settings = ModelExport(parent=shell)
    with ExitStack() as stack:
        stack.enter_context(_configurable(shell, settings))
        stack.enter_context(_magic(shell, settings))
        stack.enter_context(completing(shell))
        stack.enter_context(displaying(shell))
        stack.enter_context(shown_once(shell))
        _loaded[shell] = stack.pop_all()


def unload(shell: InteractiveShell) -> None:
    """Undo `load`, in reverse order. Does nothing in a shell that was not loaded."""
    stack = _loaded.pop(shell, None)
    if stack is not None:
        stack.close()


@contextmanager
def _configurable(shell: InteractiveShell, settings: ModelExport) -> Iterator[None]:
    configurables: list[Any] = shell.configurables
    before = deepcopy(shell.config.get("ModelExport"))  # the profile's, without what %config will add
    configurables.append(settings)
    try:
        yield
    finally:
        configurables.remove(settings)
        shell.config.pop("ModelExport", None)
        if before is not None:
            shell.config["ModelExport"] = before


@contextmanager
def _magic(shell: InteractiveShell, settings: ModelExport) -> Iterator[None]:
    manager = shell.magics_manager
    before = {kind: table.get("modelexport") for kind, table in manager.magics.items()}
    magics = ModelExportMagics(shell, settings)
    shell.register_magics(magics)
    try:
        yield
    finally:
        magics.close()
        shell.configurables.remove(magics)  # where Magics puts itself
        manager.registry.pop(type(magics).__name__, None)
        for kind, function in before.items():
            manager.magics[kind].pop("modelexport", None)
            if function is not None:
                manager.magics[kind]["modelexport"] = function
