"""What `generate()` hands to the model at each step, and which axes of it grow: seen by running it, not assumed."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_leaves, tree_map_only, tree_structure, tree_unflatten

from .dynamic_spec import FreeAxis
from .errors import EagerRunError, InputError, one_line
from .inputs import fresh, named_arguments
from .quiet import quiet
from .state import preserved

STEPS = 3
"""Tokens that `generate()` is run for. The third step is the one exported as decode: before the second there may be
a single token, and torch.export fixes an axis of size 1."""


SAVING = "logits_to_keep"
"""The argument by which `generate()` asks for the last token's logits only; the files return those of every token."""


@dataclass(frozen=True)
class Call:
    """What a module is called with, as transformers' exporter takes it: tensors and caches by name, and the flags
    (`use_cache`) that are no inputs of a graph."""

    inputs: dict[str, Any]
    flags: dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One part of generation: a call of the module at `path` (`""` is the whole model), and its axes that grow, as
    `torch.export` takes them."""

    path: str
    call: Call
    shapes: dict[str, Any]


Calls = dict[str, list[Call]]  # module path → the calls that `generate()` itself makes, in order


def steps_of(model: Any, inputs: dict[str, Any]) -> tuple[dict[str, Step], list[str]]:
    """The parts by name, in the order in which they run, and notes on axes that stay fixed.

    The parts are the modules that `generate()` itself calls: the model, for the prompt and for each token, and where
    they run apart, encoders. `generate()` runs on the inputs, on twice the batch and on a longer prompt: an axis that
    differs between two runs, or between two steps of one, is dynamic.

    Args:
        model: a model of transformers with `generate()`.
        inputs: keywords of `generate()`, its main input among them.

    Raises:
        EagerRunError: `generate()` fails on these inputs.
        InputError: it does not go step by step through the model's `forward`.
    """
    if _is_prompt(model, inputs) and inputs[model.main_input_name].shape[1] == 1:
        inputs = _longer(model, inputs)  # torch.export fixes an axis of size 1
    notes: list[str] = []
    sample = listen(model, inputs)
    wider = _attempt(model, _twice(inputs), sample, "batch", notes)
    if wider is not None and len(inputs[model.main_input_name]) == 1:
        inputs, sample, wider = _twice(inputs), wider, sample  # the same for a batch of one
    longer = None
    if _is_prompt(model, inputs):
        longer = _attempt(model, _longer(model, inputs), sample, "sequence", notes)
    else:
        notes.append(f"The length of {model.main_input_name} is fixed in the files: only a prompt is tried longer.")
    steps = {}
    for name, (path, number) in _plan(sample).items():
        call = sample[path][number]
        others = {
            "past": sample[path][number - 1] if number else None,
            "sequence": longer[path][number] if longer is not None else None,
            "batch": wider[path][number] if wider is not None else None,
        }
        steps[name] = Step(path, call, growing_axes(call, others))
    return steps, notes


def _plan(sample: Calls) -> dict[str, tuple[str, int]]:
    """The name of each part with its module and which of its calls is exported."""
    plan = {}
    for path in sample:
        if path:
            last = path.rpartition(".")[2]
            plan[last if last not in plan else path] = (path, 0)
    return {**plan, "prefill": ("", 0), "decode": ("", STEPS - 1)}


def listen(model: Any, inputs: dict[str, Any]) -> Calls:
    """Run `generate()` for `STEPS` tokens and note which modules it calls itself, and with what."""
    from transformers.exporters.exporter_dynamo import register_cache_pytrees_for_model

    register_cache_pytrees_for_model(model)  # else a cache is one leaf for torch, and no copy of inputs copies it
    calls: Calls = {}
    with preserved(model), _listening(model, calls):
        generate(model, inputs, STEPS)
    if len(calls.get("", ())) != STEPS:
        raise InputError(
            f"generate() of {type(model).__name__} does not call the model once for each token: there are no prefill "
            "and decode steps. Export the modules that it calls with export_model()."
        )
    return calls


@contextmanager
def _listening(model: nn.Module, calls: Calls) -> Iterator[None]:
    paths = {id(module): path for path, module in model.named_modules()}
    depth = 0

    def enter(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        nonlocal depth
        if depth == 0:
            calls.setdefault(paths[id(module)], []).append(as_exported(module, args, kwargs))
        depth += 1

    def leave(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        nonlocal depth
        depth -= 1

    with ExitStack() as hooks:
        for module in model.modules():
            hooks.callback(module.register_forward_pre_hook(enter, with_kwargs=True).remove)
            hooks.callback(module.register_forward_hook(leave, always_call=True).remove)
        yield


def as_exported(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    """A copy of a call's arguments as transformers' exporter takes them, with what its graphs leave to the caller
    (where the patches of an image lie) worked out."""
    from transformers.exporters.utils import prepare_for_export

    named = fresh(named_arguments(module, args, kwargs) or {})
    named.pop(SAVING, None)
    _, inputs, flags = prepare_for_export(module, named)
    return Call(dict(inputs), flags)


def generate(model: Any, inputs: dict[str, Any], tokens: int) -> Any:
    """What greedy `generate()` returns after exactly so many new tokens.

    Raises:
        EagerRunError: it fails; its own exception is the cause.
    """
    config = copy.deepcopy(model.generation_config)
    length = {"max_length": None, "max_new_tokens": tokens, "min_new_tokens": tokens}
    config.update(do_sample=False, num_beams=1, num_return_sequences=1, return_dict_in_generate=False, **length)
    config.update(use_cache=True)
    try:
        with quiet(), torch.no_grad():
            return model.generate(**fresh(inputs), generation_config=config)
    except Exception as error:
        reason = f"{type(error).__name__}: {one_line(error)}"
        raise EagerRunError(f"generate() of {type(model).__name__} fails on these inputs: {reason}") from error


def growing_axes(sample: Call, others: Mapping[str, Call | None]) -> dict[str, Any]:
    """The axes on which a call differs from other calls of the module, as `torch.export` takes them.

    Args:
        others: another call by what differs there: an axis has the first such name. The shortest of one name bears
            it, one that is longer by as much in both calls is `past + 1`, any other is named by the exporter.
    """
    from transformers.exporters.exporter_dynamo import get_auto_dynamic_shapes

    tensors = tree_leaves(sample.inputs)
    growing: list[dict[int, _Growth]] = [{} for _ in tensors]
    for kind, other in others.items():
        for axes, one, two in zip(growing, tensors, tree_leaves(other.inputs) if other else (), strict=False):
            if isinstance(one, torch.Tensor) and isinstance(two, torch.Tensor):
                sizes = enumerate(zip(one.shape, two.shape, strict=False))
                axes |= {axis: (kind, a, b) for axis, (a, b) in sizes if a != b and a > 1 and axis not in axes}
    shortest: dict[str, _Growth] = {}
    for growth in sorted(growth for axes in growing for growth in axes.values()):
        shortest.setdefault(growth[0], growth)
    named = [{axis: _axis(growth, shortest[growth[0]]) for axis, growth in axes.items()} or None for axes in growing]
    # caches stand in it as plain lists
    structure = tree_structure(get_auto_dynamic_shapes(sample.inputs), is_leaf=_is_axes)
    return tree_unflatten(named, structure)  # type: ignore[no-any-return]


_Growth = tuple[str, int, int]  # what an axis grows with, and its size in two calls


def _axis(growth: _Growth, shortest: _Growth) -> Any:
    kind, size, other = growth
    if (more := size - shortest[1]) == 0:
        return FreeAxis(kind)
    return FreeAxis(f"{kind} + {more}") if more == other - shortest[2] else torch.export.Dim.AUTO


def _is_axes(shapes: Any) -> bool:
    return isinstance(shapes, dict) and all(isinstance(axis, int) for axis in shapes)


def _attempt(model: Any, inputs: dict[str, Any], sample: Calls, axis: str, notes: list[str]) -> Calls | None:
    """The calls on changed inputs; None and a note where they are not the same calls with other sizes."""
    try:
        calls = listen(model, inputs)
    except (EagerRunError, InputError) as error:
        notes.append(f"The {axis} has a fixed size in the files: {error}")
        return None
    if _structure(calls) == _structure(sample):
        return calls
    notes.append(f"The {axis} has a fixed size in the files: with another, generate() hands over other things.")
    return None


def _structure(calls: Calls) -> Any:
    from transformers.exporters.utils import get_leaf_tensors

    return {path: [list(get_leaf_tensors(call.inputs)) for call in made] for path, made in calls.items()}


def _twice(inputs: dict[str, Any]) -> dict[str, Any]:
    """Every sample twice."""
    return tree_map_only(torch.Tensor, lambda tensor: torch.cat([tensor, tensor]) if tensor.dim() else tensor, inputs)


def _is_prompt(model: Any, inputs: dict[str, Any]) -> bool:
    main = inputs[model.main_input_name]
    return main.dim() == 2 and not main.is_floating_point()


def _longer(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """The last token of every prompt twice, with all that belongs to it."""
    shape = inputs[model.main_input_name].shape

    def stretch(tensor: torch.Tensor) -> torch.Tensor:
        return torch.cat([tensor, tensor[:, -1:]], 1) if tensor.shape[:2] == shape else tensor

    return tree_map_only(torch.Tensor, stretch, inputs)
