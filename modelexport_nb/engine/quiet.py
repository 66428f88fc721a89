"""Silence for what other libraries say while we run them."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

_LOUD = (
    "torch.onnx",
    "torch.export",
    "torch.fx",
    "torch._dynamo",
    "torch._subclasses",
    "onnxscript",
    "onnx_ir",
    "transformers",
)


@contextmanager
def quiet() -> Iterator[None]:
    """Exporters and models print progress and advice meant for their own callers."""
    known = [*_LOUD, *(name for name in logging.root.manager.loggerDict if name.startswith(_LOUD))]
    all_known = [logging.getLogger(name) for name in dict.fromkeys(known)]
    # most have no level of their own but their parent's; each change makes logging forget what it knows of all
    loggers = [logger for logger in all_known if logger.name in _LOUD or logger.level]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
