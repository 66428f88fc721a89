"""A sweep that is planned: models, the grid of options, where results go. A TOML file can hold one.

Nothing that a plan names is imported or loaded here: the child processes of the jobs do that.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import InputError, OptionError
from ..named_objects import NAMED
from ..sizes import parse_size
from . import toml
from .jobs import Job, own_variant
from .limits import Limits
from .options import check_options

AXES = {"strategies": "strategy", "captures": "capture", "opsets": "opset", "dynamic": "dynamic"}
"""What `Job.grid` calls several values of an option, and that option."""

_FILE = {
    "store": toml.TEXT,
    "artifacts": toml.TEXT,
    "scheduler": toml.TEXT,
    "limits": toml.TABLE,
    "grid": toml.TABLE,
    "options": toml.TABLE,
    "models": toml.TABLES,
}
_LIMITS = {"timeout": toml.SECONDS, "memory_limit": toml.SIZE, "workers": toml.COUNT}
_GRID = {"strategies": toml.NAMES, "captures": toml.NAMES, "opsets": toml.OPSETS, "dynamic": toml.AXES}
_MODEL = {
    "model": toml.TEXT,
    "name": toml.TEXT,
    "inputs": toml.OBJECT,
    "task": toml.TEXT,
    "class": toml.TEXT,
    "trust_remote_code": toml.FLAG,
    "arguments": toml.TABLE,
    "options": toml.TABLE,
}


@dataclass(frozen=True)
class Plan:
    """What is swept, and how.

    Attributes:
        models: what `Job.grid` takes as models.
        grid: the values of each axis, named as `Job.grid` names them.
        options: further options of every export.
        store, artifacts, scheduler, limits: as `sweep` takes them.
        folder: where `module:name` is looked for first; None for the folders that Python knows.
    """

    models: Iterable[Any] | Mapping[str, Any]
    grid: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    store: Path = Path("sweep.db")
    artifacts: str | Path | None = None
    scheduler: str | None = None
    limits: Limits = field(default_factory=Limits)
    folder: Path | None = None

    def jobs(self) -> list[Job]:
        """Every model with every combination."""
        return Job.grid(self.models, **self.grid, **self.options)

    def changed(self, grid: Mapping[str, tuple[Any, ...]], options: Mapping[str, Any]) -> Plan:
        """The same with these in place of what the plan says, a model's own options included.

        Raises:
            OptionError: there is no such option, or it has a value that cannot be used.
        """
        _check_grid(grid)
        check_options(options)
        said = {*(AXES[axis] for axis in grid), *options}
        models: Iterable[Any] | Mapping[str, Any]
        if isinstance(self.models, Mapping):
            models = {name: _without(model, said) for name, model in self.models.items()}
        else:
            models = [_without(model, said) for model in self.models]
        return replace(self, models=models, grid={**self.grid, **grid}, options={**self.options, **options})


def read_plan(path: Path) -> Plan:
    """The plan that a TOML file holds. Paths in it are relative to its folder.

    Raises:
        PathError: there is no such file, or it cannot be read.
        InputError: it is no TOML, or says something that means nothing; one line tells what and where.
    """
    table = toml.read_toml(path)
    name, folder = path.name, path.absolute().parent
    toml.check_table(table, _FILE, name)
    limits, grid = table.get("limits", {}), table.get("grid", {})
    toml.check_table(limits, _LIMITS, f"{name}: [limits]")
    toml.check_table(grid, _GRID, f"{name}: [grid]")
    axes = {axis: tuple(None if value is False else value for value in values) for axis, values in grid.items()}
    with _at(f"{name}: [grid]"):
        _check_grid(axes)
    options = _options(table.get("options", {}), f"{name}: [options]", of_all=True)
    artifacts = table.get("artifacts")
    return Plan(
        models=_models(table.get("models", []), axes, folder, name),
        grid=axes,
        options=options,
        store=_path(table.get("store", f"{path.stem}.db"), folder),
        artifacts=artifacts if artifacts is None or "://" in artifacts else _path(artifacts, folder),
        scheduler=table.get("scheduler"),
        limits=Limits(**_in_bytes(limits, "memory_limit")),
        folder=folder,
    )


def _models(tables: list[dict[str, Any]], grid: Mapping[str, tuple[Any, ...]], folder: Path, file: str) -> list[Job]:
    """The models of a file, each as a job with what is its own."""
    if not tables:
        raise InputError(f'{file} names no models. Add some: a line [[models]], and below it model = "owner/name".')
    found: dict[str, Job] = {}
    for number, table in enumerate(tables, 1):
        where = f"{file}: [[models]] {number}"
        job = _model(table, folder, where)
        if own := [axis for axis, option in AXES.items() if option in job.options and len(grid.get(axis, ())) > 1]:
            raise InputError(f"{where}: options has {AXES[own[0]]}, and [grid] several {own[0]}. Leave one out.")
        if job.model_name in found:
            raise InputError(f'{where}: "{job.model_name}" is there already. Give this one another: name = "…".')
        found[job.model_name] = job
    return list(found.values())


def _model(table: dict[str, Any], folder: Path, where: str) -> Job:
    toml.check_table(table, _MODEL, where)
    if "model" not in table:
        raise InputError(f'{where} names no model. Write model = "owner/name", a folder or "module:name".')
    name: str = table["model"]
    path = _path(name, folder)
    if path.is_file():
        raise InputError(f'{where}: "{name}" is a file. Name a model: a folder, an id or "module:name".')
    if not path.is_dir() and name.startswith((".", "/", "~")):
        raise InputError(f'{where}: there is no folder "{name}".')
    is_object = not path.is_dir() and NAMED.fullmatch(name) is not None
    if wrong := [key for key in ("task", "class", "trust_remote_code") if is_object and key in table]:
        raise InputError(f'{where}: {wrong[0]} says how to load a model by name, and "{name}" is a Python object.')
    if "arguments" in table and not is_object:
        raise InputError(f'{where}: arguments are those of "module:name", and "{name}" is none.')
    return Job(
        path if path.is_dir() else name,
        inputs=table.get("inputs"),
        options=_options(table.get("options", {}), f"{where}: options"),
        model_name=table.get("name", name),
        arguments=table.get("arguments", {}),
        task=table.get("task"),
        class_name=table.get("class"),
        trust_remote_code=table.get("trust_remote_code", False),
    )


def _options(table: dict[str, Any], where: str, of_all: bool = False) -> dict[str, Any]:
    """Options of `export_model` as it takes them."""
    for key in table:
        if key in _LIMITS:
            raise InputError(f"{where}: {key} is a limit. Write it in [limits].")
        if of_all and key in AXES.values():
            axis = next(axis for axis, option in AXES.items() if option == key)
            raise InputError(f"{where}: {key} is an axis of the grid. Write {axis} = [...] in [grid].")
    toml.check_table(table, {key: toml.SIZE if key == "values_limit" else toml.OPTION for key in table}, where)
    found = _in_bytes(table, "values_limit")
    with _at(where):
        check_options(found)
    return found


def _check_grid(grid: Mapping[str, tuple[Any, ...]]) -> None:
    for axis, values in grid.items():
        for value in values:
            if value is not None:
                check_options({AXES[axis]: value})


@contextmanager
def _at(where: str) -> Iterator[None]:
    """Tell the place of a value that cannot be used."""
    try:
        yield
    except OptionError as error:
        raise InputError(f"{where}: {error}") from None


def _in_bytes(table: dict[str, Any], key: str) -> dict[str, Any]:
    """The table with a size as a number."""
    size = table.get(key)
    return {**table, key: parse_size(size)} if isinstance(size, str) else table


def _path(text: str, folder: Path) -> Path:
    try:
        return folder / Path(text).expanduser()
    except RuntimeError:  # ~ of somebody whom the system does not know
        return folder / text


def _without(model: Any, options: Container[str]) -> Any:
    """A model without options of its own that are among these."""
    if not isinstance(model, Job):
        return model
    left = {name: value for name, value in model.options.items() if name not in options}
    return replace(model, options=left, variant=own_variant(model))
