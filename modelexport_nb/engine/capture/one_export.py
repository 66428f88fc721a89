"""Exporters call `torch.export.export` again when it fails, in other ways and with other shapes than those that were
asked for. Each of our captures is one way: it makes one such call, or fails with the error of that one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
            return original(*args, **{**options, "strict": strict, "dynamic_shapes": _of_what_is_left(options)})
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


def _of_what_is_left(options: Mapping[str, Any]) -> Any:
    """An exporter may take arguments out of the inputs (switches such as use_cache) and leave their shapes in."""
    shapes, inputs = options.get("dynamic_shapes"), options.get("kwargs")
    if not isinstance(shapes, dict) or not inputs or options.get("args"):
        return shapes
    return (
        {name: shape for name, shape in shapes.items() if name in inputs} if inputs.keys() <= shapes.keys() else shapes
    )
