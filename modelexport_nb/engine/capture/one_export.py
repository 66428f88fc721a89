"""Exporters call `torch.export.export` again when it fails, in other ways and with other shapes than those that were
asked for. Each of our captures is one way: it makes one such call, or fails with the error of that one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


class FollowError(Exception):
    """`torch.export` could not follow the model; the cause is its own error. What fails after it is translation."""


@contextmanager
def one_export(*, strict: bool = False) -> Iterator[None]:
    """Let the block call `torch.export.export` once, through Dynamo where `strict`.

    Raises:
        FollowError: that call failed.
    """
    original = torch.export.export
    failure: Exception | None = None

    def once(*args: Any, **options: Any) -> torch.export.ExportedProgram:
        nonlocal failure
        if failure is not None:
            raise failure
        try:
            return original(*args, **{**options, "strict": strict})
        except Exception as error:
            failure = error
            raise

    torch.export.export = once
    try:
        yield
    except Exception as error:
        if failure is not None:
            raise FollowError(str(failure)) from failure
        raise error
    finally:
        torch.export.export = original
