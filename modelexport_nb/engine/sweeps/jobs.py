"""What a sweep does: jobs, each a model with inputs and options, with a name and a place in the matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

from torch import nn

from ..errors import InputError

_UNSAID: dict[str, tuple[Any, ...]] = {
    "strategy": (None, "auto"),
    "capture": (None, "auto"),
    "opset": (None,),
    "dynamic": (None,),
}
"""What `export_model` does with these options anyway; a column is not called by it."""
BY_THE_SWEEP = ("path", "inputs", "model", "progress", "timeout", "memory_limit", "isolate", "work_dir")
"""Arguments of `export_model` that a job's options cannot hold: the sweep gives them."""


@dataclass(frozen=True)
class Job:
    """One export of a sweep.

    Args:
        model: an id or folder of Hugging Face; `"package.module:name"`, where the name is a module, its class, a
            function that returns it or a pair of model and inputs; or a live module.
        inputs: as `export_model` takes them, or `"package.module:name"`; None makes some.
        options: of `export_model`, such as `{"strategy": "fx", "opset": 20}`; without `BY_THE_SWEEP`.
        model_name: the row in the matrix. Without it the name, or the class of a live module.
        variant: the column in the matrix. Without it the options in words.
        arguments: keyword arguments of the class or function that `model` names.
        task: what a model of Hugging Face is loaded for, as in `load_pretrained`.
        class_name: the class of transformers that loads it.
        trust_remote_code: run code that comes with the files of a model of Hugging Face.
    """

    model: nn.Module | str | Path
    inputs: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)
    model_name: str = ""
    variant: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    task: str | None = None
    class_name: str | None = None
    trust_remote_code: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "model_name", self.model_name or _called(self.model))
        object.__setattr__(self, "variant", self.variant or in_words(self.options))

    @property
    def name(self) -> str:
        """Unique in a sweep: `MiniLM / fx, opset 20`."""
        return f"{self.model_name} / {self.variant}"

    @classmethod
    def grid(
        cls,
        models: Iterable[Any] | Mapping[str, Any],
        *,
        strategies: Sequence[str] = ("auto",),
        opsets: Sequence[int | None] = (None,),
        dynamic: Sequence[Any] = (None,),
        captures: Sequence[str] = ("auto",),
        **options: Any,
    ) -> list[Job]:
        """Every model with every combination.

        Args:
            models: what `Job` takes as `model`, or pairs of a model and its inputs, or jobs whose own options stay; a
                mapping names the rows.
            strategies: values of `strategy` of `export_model`. An option that has several values names the columns;
                where none has, what is not the default.
            opsets: values of `opset`.
            dynamic: values of `dynamic`; None stands for none.
            captures: values of `capture`.
            options: further options of all of them, such as `verify="modules"`.

        Returns:
            The jobs, those of a model together.

        Raises:
            InputError: a job among the models has an option of its own of which there are several here.
        """
        axes = {"strategy": strategies, "capture": captures, "opset": opsets, "dynamic": dynamic}
        named = models.items() if isinstance(models, Mapping) else (("", model) for model in models)
        several = {axis for axis, values in axes.items() if len(values) > 1}
        jobs = []
        for name, model in named:
            for values in product(*axes.values()):
                said = {
                    axis: value
                    for axis, value in zip(axes, values, strict=True)
                    if axis in several or value not in _UNSAID[axis]
                }
                told = {axis: value for axis, value in said.items() if axis in several or not several}
                given = {axis: value for axis, value in said.items() if value is not None}
                jobs.append(_job(model, name, {**options, **given}, told, several))
        return jobs


def check_jobs(jobs: Iterable[Job]) -> tuple[Job, ...]:
    """The jobs, of which there are some, each with a name of its own.

    Raises:
        InputError: not so.
    """
    found = tuple(jobs)
    if not found:
        raise InputError("There are no jobs. Pass some, such as Job.grid(models=[...], strategies=[...]).")
    for job in found:
        if not isinstance(job, Job):
            raise InputError(f"A job is a {type(job).__name__}. Pass Job(model, ...), or what Job.grid() returns.")
    name, number = Counter(job.name for job in found).most_common(1)[0]
    if number > 1:
        raise InputError(f'{number} jobs are called "{name}". Give them names of their own: model_name=, variant=.')
    return found


def own_variant(job: Job) -> str:
    """The column that its author named; empty where its options do."""
    return job.variant if job.variant != in_words(job.options) else ""


def in_words(options: Mapping[str, Any]) -> str:
    """`fx, opset 20`: options as a column is called; strategies and captures by their bare names."""
    return ", ".join(_word(name, value) for name, value in options.items()) or "defaults"


def _word(name: str, value: Any) -> str:
    if name in ("strategy", "capture"):
        return str(value)
    if value is None or isinstance(value, bool):
        value = str(value).lower()
    return f"{name} {value}"


def _called(model: Any) -> str:
    return type(model).__name__ if isinstance(model, nn.Module) else str(model)


def _job(model: Any, name: str, options: dict[str, Any], told: dict[str, Any], several: set[str]) -> Job:
    """A job of a grid; `told` names its column, `several` are options of which there are several columns."""
    if isinstance(model, Job):
        own = model.options
        if wrong := sorted(several & set(own)):
            raise InputError(
                f'"{name or model.model_name}" has a {wrong[0]} of its own, and the grid has several. Leave one out.'
            )
        kept = not told or (own_variant(model) and not several)
        return replace(
            model,
            options={**options, **own},
            model_name=name or model.model_name,
            variant=model.variant if kept else in_words({axis: own.get(axis, value) for axis, value in told.items()}),
        )
    inputs = None
    if isinstance(model, tuple) and len(model) == 2:
        model, inputs = model
    return Job(model, inputs, options, name, in_words(told or {"strategy": options.get("strategy", "auto")}))
