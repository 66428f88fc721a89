"""`export_bundle()`: a folder that runs alone: the ONNX file with the model's config and its tokenizer or processor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from torch import nn

from .errors import InputError, PathError, one_line
from .export import export_model
from .files import check_destination, staged_folder
from .hub import quiet_loading
from .inputs import Inputs
from .report import ExportReport

NAME = "model.onnx"


def export_bundle(
    model: nn.Module, inputs: Inputs | None, folder: str | Path, *, processor: Any = None, **options: Any
) -> ExportReport:
    """Export a model of Hugging Face to a folder, with all that it takes to run the file.

    Args:
        model: a model with a config. inputs: as in `export_model`.
        folder: made where there is none; the folder around it must exist. What stands in it under other names stays.
            Nothing appears in it before everything is written.
        processor: the tokenizer, image processor, feature extractor or processor that makes the inputs, if any.
        options: as in `export_model`.

    Returns:
        The report. `files` are all files of the bundle.

    Raises:
        ModelExportError: one of its subclasses, in one line; the folder is as before then.
    """
    parts = [getattr(model, "config", None), getattr(model, "generation_config", None), processor]
    if not hasattr(parts[0], "save_pretrained"):
        raise InputError(
            f"{type(model).__name__} has no config that could be saved with it. Write the file alone, with -o or "
            "export_model."
        )
    with _folder(Path(folder)) as home, staged_folder(home) as staging:
        report = export_model(model, inputs, staging / NAME, **options)
        _save(parts, staging)
        written = sorted(file.relative_to(staging) for file in staging.rglob("*") if file.is_file())
    report.path = home / NAME
    report.files = tuple(home / file for file in written)
    return report


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """The folder; one that was not there before goes again when the block fails."""
    path = path.expanduser()
    if path.exists() and not path.is_dir():
        raise PathError(f'"{path}" is a file. Name a folder for the bundle.')
    made = not path.exists()
    if made:
        check_destination(path)
        path.mkdir()
    try:
        yield path
    except BaseException:
        if made:
            with suppress(OSError):  # somebody else put something there
                path.rmdir()
        raise


def _save(parts: list[Any], folder: Path) -> None:
    for part in parts:
        if not hasattr(part, "save_pretrained"):
            continue
        try:
            with quiet_loading():
                part.save_pretrained(folder)
        except OSError as error:
            raise PathError(f"Cannot write the bundle: {error.strerror or error}. Nothing was written.") from error
        except Exception as error:  # transformers refuses configs that contradict themselves
            raise InputError(f"The {type(part).__name__} of the model cannot be saved: {one_line(error)}") from error
