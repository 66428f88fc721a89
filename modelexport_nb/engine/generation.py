"""`export_generation()`: a model that generates, as the files that decoding takes: prefill and decode with a cache."""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .automatic import MadeInputs, make_inputs
from .clock import STAGES, Progress
from .decoding import Decoding, prove
from .dynamic_spec import specified_axes
from .errors import InputError, PathError
from .export import export_model
from .files import check_destination, staged_folder
from .generation_steps import Step, steps_of
from .inputs import Inputs, as_arguments, named_arguments
from .markdown import table
from .report import ExportReport
from .requirements import check_model
from .shown import make_widget
from .turns import in_turn
from .verification import verify_level


@dataclass(repr=False, eq=False)
class GenerationReport(Mapping[str, ExportReport]):
    """Result of `export_generation()`: the report of each part by its name, in the order in which they run.

    Attributes:
        folder: where the files lie, `<name>.onnx` each.
        parts: the same mapping as a dict.
        decoding: whether `generate()` with the files found PyTorch's tokens; None when not verified.
        notes: what the reader should know: axes that stay fixed.
    """

    folder: Path
    parts: dict[str, ExportReport]
    decoding: Decoding | None
    notes: tuple[str, ...]

    @property
    def model_class(self) -> str:
        """Class name of the exported module."""
        return next(iter(self.parts.values())).model_class

    @property
    def widget(self) -> Any:
        """The live trees of the parts, one below the other. Needs Jupyter: `%load_ext modelexport_nb`."""
        return make_widget(self)

    def __getitem__(self, name: str) -> ExportReport:
        return self.parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)

    @property
    def ok(self) -> bool:
        """Whether everything that was compared agrees: each part with PyTorch, and the tokens."""
        parities = [part.parity for part in self.parts.values() if part.parity is not None]
        return all(parity.ok for parity in parities) and (self.decoding is None or self.decoding.ok)

    @property
    def text(self) -> str:
        """One line on each part, one on the tokens, one on each note."""
        agrees = "tokens not compared" if self.decoding is None else self.decoding.text
        return "\n".join([*(f"{name}: {_found(part)}" for name, part in self.parts.items()), agrees, *self.notes])

    def to_markdown(self) -> str:
        """A table of the parts with their measures, then what is known of the tokens. The same in every run."""
        reports = list(self.parts.values())
        names = [name for name, _, _ in reports[0].measures.rows()]
        rows = [
            [part.path.name, str(part.measures.nodes), *(value for _, value, _ in part.measures.rows()), _parity(part)]
            for part in reports
        ]
        agrees = "Tokens not compared" if self.decoding is None else f"Greedy decoding: {self.decoding.text}"
        return "\n\n".join([table(["file", "nodes", *names, "parity"], rows), f"{agrees}.", *self.notes])

    def __repr__(self) -> str:
        files = ", ".join(part.path.name for part in self.parts.values())
        agrees = "not verified" if self.decoding is None else self.decoding.text
        return f"<GenerationReport {self.model_class} → {files}: {agrees}>"


@in_turn()
def export_generation(
    model: nn.Module,
    inputs: Inputs | None,
    folder: str | Path,
    *,
    strategy: str = "auto",
    prioritize: str = "speed",
    capture: str = "auto",
    opset: int | None = None,
    metadata: str = "lean",
    verify: str | bool = "model",
    values_limit: int | None = None,
    progress: Progress | None = None,
) -> GenerationReport:
    """Write a model of transformers that generates as the ONNX files that decoding takes, each tagged and verified.

    `prefill.onnx` takes the prompt and returns logits and the key-value cache; `decode.onnx` takes one token and the
    cache, and returns both one longer; an encoder-decoder has its `encoder.onnx` before them. Batch, prompt and past
    have dynamic sizes wherever `generate()` takes others. Each file is compared with PyTorch on what `generate()`
    hands to its part; then `generate()` runs with the files in place of the model, and must find PyTorch's tokens.

    Args:
        model: one whose `can_generate()` says so. It is left exactly as it was.
        inputs: what `generate()` takes by keyword, or the tensor that is its main input; None makes some. Files take
            an attention mask when it masks something here: `generate()` drops one that does not.
        folder: where to write; made if it is not there. Files in it survive a failed export.
        strategy: how nodes are attributed to module calls, as in `export_model()`.
        prioritize: what `"auto"` goes by, `"speed"` or `"accuracy"`.
        capture: how each graph is made, as in `export_model()`.
        opset: ONNX opset, 18 or later; None takes the exporter's default.
        metadata: `"lean"` writes our tags, `"full"` the exporter's own beside them, `"none"` none.
        verify: as in `export_model()` for each part; the tokens are compared unless it is `"off"`.
        values_limit: bytes of the graph's values that may be held at once, as in `export_model()`.
        progress: as in `export_model()`; the stages are `generate`, those of each part (`decode: capture`), and
            `decode tokens`.

    Returns:
        The report of each part by name, and what became of the tokens.

    Raises:
        ModelExportError: one of its subclasses, in one line; nothing was written then.
    """
    check_generates(model)
    inputs, made = generate_inputs(model, inputs)
    level = verify_level(verify)
    stages = _Stages(progress, level)
    with _folder(Path(folder).expanduser()) as home, staged_folder(home) as draft:
        with stages.stage("generate"):
            steps, notes = steps_of(model, inputs)
        notes = [*made, *notes]
        stages.plan(len(steps))
        parts = {}
        for name, step in steps.items():
            module = seen_from_above(model, step)
            parts[name] = export_model(
                module,
                {**step.call.inputs, **step.call.flags},
                draft / f"{name}.onnx",
                strategy=strategy,
                prioritize=prioritize,
                capture=capture,
                opset=opset,
                dynamic=step.shapes,
                metadata=metadata,
                verify=level,
                values_limit=values_limit,
                progress=stages.of(name),
            )
            notes += _fixed_axes(parts[name], module, step)
        decoding = None
        if level != "off":
            with stages.stage("decode tokens"):
                decoding = _decoding(model, inputs, steps, parts)
        for part in parts.values():
            part.path = home / part.path.name
            part.files = tuple(home / file.name for file in part.files)
    return GenerationReport(home, parts, decoding, tuple(dict.fromkeys(notes)))


def _decoding(
    model: nn.Module, inputs: dict[str, Any], steps: dict[str, Step], parts: dict[str, ExportReport]
) -> Decoding:
    for part in parts.values():
        if part.parity is not None and not part.parity.ok:
            why = "does not agree with PyTorch" if part.parity.problem is None else "could not be compared"
            return Decoding(problem=f"tokens not compared: {part.path.name} {why} on one step")
    files: dict[str, list[Path]] = {}
    for name, step in steps.items():
        files.setdefault(step.path, []).append(parts[name].path)
    return prove(model, inputs, files)


def _fixed_axes(report: ExportReport, part: nn.Module, step: Step) -> list[str]:
    """Notes on axes that `generate()` changes but the graph does not let change."""
    specified = specified_axes(part, (), step.call.inputs, step.shapes)
    wanted = {spec for _, spec in specified if isinstance(spec, str) and spec.isidentifier()}
    shapes = [value.shape for value in report.graph.graph.inputs if value.shape is not None]
    have = {word for shape in shapes for size in shape for word in re.findall(r"\w+", str(size))}
    name = report.path.name
    return [f"The {axis} has a fixed size in {name}: the model's code fixes it." for axis in sorted(wanted - have)]


def check_generates(model: Any) -> None:
    """Raise an `InputError` for a model without `generate()`."""
    check_model(model)
    name = type(model).__name__
    can_generate = getattr(model, "can_generate", None)
    if not callable(can_generate) or not hasattr(model, "main_input_name"):
        raise InputError(f"{name} is no model of transformers: it has no generate(). Use export_model().")
    if not can_generate():
        raise InputError(
            f"{name} cannot generate: can_generate() says no. Load it with its head (AutoModelForCausalLM, "
            "AutoModelForSeq2SeqLM), or use export_model()."
        )


def make_prompt(model: Any, **options: Any) -> MadeInputs:
    """What `generate()` takes, made as `make_inputs()` does. A decoder that has an encoder begins by itself there: with
    a prompt that is no more than made up, its length would be fixed in the file."""
    made = make_inputs(model, **options)
    return made.without("decoder_") if model.config.is_encoder_decoder else made


def generate_inputs(model: Any, inputs: Any) -> tuple[dict[str, Any], list[str]]:
    """The keywords of `generate()`, and a note where they were made; an `InputError` when the main input is not among
    them."""
    notes = []
    if inputs is None:
        made = make_prompt(model)
        inputs, notes = made.arguments, [made.note]
    if isinstance(inputs, tuple):
        inputs = named_arguments(model, *as_arguments(model, inputs))
    if isinstance(inputs, torch.Tensor):
        inputs = {model.main_input_name: inputs}
    if not isinstance(inputs, Mapping):
        raise InputError(f"The inputs are a {type(inputs).__name__}. Pass what generate() takes as a dict.")
    main = inputs.get(model.main_input_name)
    if not isinstance(main, torch.Tensor) or main.dim() < 2 or main.shape[0] == 0:
        raise InputError(
            f'generate() of {type(model).__name__} needs a tensor "{model.main_input_name}" of shape [batch, …]. '
            "Add it to the inputs."
        )
    return dict(inputs), notes


def seen_from_above(model: nn.Module, step: Step) -> nn.Module:
    """What to export for a step: the model, or a copy of its outermost object whose `forward` is that of the step's
    module. The graph of a module then bears the paths that the whole model has."""
    if not step.path:
        return model
    module = model.get_submodule(step.path)

    @functools.wraps(module.forward)
    def forward(*args: Any, **kwargs: Any) -> Any:
        return module(*args, **kwargs)

    view = copy.copy(model)
    vars(view)["forward"] = forward
    vars(view)["config"] = getattr(module, "config", None) or vars(view).get("config")
    return view


@contextmanager
def _folder(folder: Path) -> Iterator[Path]:
    """The folder, made for the block and gone again where the block fails."""
    if folder.exists() and not folder.is_dir():
        raise PathError(f'"{folder}" is a file. Give the name of a folder.')
    made = not folder.exists()
    check_destination(folder if made else folder / "decode.onnx")
    folder.mkdir(exist_ok=True)
    try:
        yield folder
    except BaseException:
        if made:
            with suppress(OSError):  # somebody else has put something there
                folder.rmdir()
        raise


class _Stages:
    """Tells the listener of the whole about its stages, those of each part among them.

    How many there are is known once `generate()` has run; until then two parts are counted.
    """

    def __init__(self, listener: Progress | None, level: str) -> None:
        self._listener = listener
        self._verified = level != "off"
        self._begun = 0
        self._total = 0
        self.plan(2)

    def plan(self, parts: int) -> None:
        self._total = 1 + parts * (len(STAGES) - (not self._verified)) + self._verified

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """A stage of no part."""
        self.begin(name)
        yield
        self.end(name)

    def begin(self, name: str) -> None:
        if self._listener is not None:
            self._listener(name, self._begun, self._total)
        self._begun += 1

    def end(self, name: str) -> None:
        if (ended := getattr(self._listener, "ended", None)) is not None:
            ended(name)

    def of(self, part: str) -> Progress | None:
        """What a part's export tells about its stages."""
        return _Part(self, part) if self._listener is not None else None


class _Part:
    def __init__(self, stages: _Stages, name: str) -> None:
        self._stages = stages
        self._name = name

    def __call__(self, stage: str, index: int, total: int) -> None:
        self._stages.begin(f"{self._name}: {stage}")

    def ended(self, stage: str) -> None:
        self._stages.end(f"{self._name}: {stage}")


def _found(part: ExportReport) -> str:
    measures = part.measures
    figures = ", ".join(f"{name} {value}" for name, value, _ in measures.rows())
    return f"{measures.nodes} nodes, {figures}, {_parity(part)}"


def _parity(part: ExportReport) -> str:
    return "not verified" if part.parity is None else part.parity.text
