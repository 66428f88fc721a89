"""What `generate()` hands to the model at each step, and which axes of it grow: seen by running it, not assumed."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_flatten, tree_leaves, tree_map_only, tree_unflatten

from .capture.pipeline import quiet
from .errors import EagerRunError, InputError, one_line
from .inputs import fresh, named_arguments
from .state import preserved

STEPS = 3
"""Tokens that `generate()` is run for. The third step is the one exported as decode: before the second there may be
a single token, and torch.export fixes an axis of size 1."""


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


Calls = dict[str, list[Call]]  # module path → its calls, in order


def steps_of(model: Any, inputs: dict[str, Any]) -> tuple[dict[str, Step], list[str]]:
    """The parts by name, in the order in which they run, and notes on axes that stay fixed.

    `generate()` runs on the inputs, on twice the batch and on a longer prompt: an axis that differs between two runs,
    or between two steps of one, is dynamic. A batch of one is doubled and a prompt of one token lengthened before.

    Args:
        model: a model of transformers with `generate()`.
        inputs: keywords of `generate()`, its main input among them.

    Raises:
        EagerRunError: `generate()` fails on these inputs.
        InputError: it does not go step by step through the model's `forward`.
    """
    main = inputs[model.main_input_name]
    if main.shape[0] == 1:
        inputs = _twice(inputs)
    if main.shape[1:] == (1,) and not main.is_floating_point():
        inputs = _longer(model, inputs)
    sample = listen(model, inputs)
    notes: list[str] = []
    wider = _attempt(model, _twice(inputs), "batch", notes)
    longer = _attempt(model, _longer(model, inputs), "sequence", notes)
    plan = {"prefill": ("", 0), "decode": ("", STEPS - 1)}
    if encoder := next((path for path in sample if path), None):
        plan = {"encoder": (encoder, 0), **plan}
    steps = {}
    for name, (path, number) in plan.items():
        call = sample[path][number]
        others = {
            "past": sample[path][number - 1] if number else None,
            "sequence": longer[path][number] if longer is not None else None,
            "batch": wider[path][number] if wider is not None else None,
        }
        steps[name] = Step(path, call, growing_axes(call, others))
    return steps, notes


def heard_modules(model: Any) -> dict[str, nn.Module]:
    """The modules that `generate()` itself calls, by path: the model and, where there is one, its encoder."""
    modules: dict[str, nn.Module] = {"": model}
    if model.config.is_encoder_decoder:
        encoder = model.get_encoder()
        modules |= {path: module for path, module in model.named_modules() if path and module is encoder}
    return modules


def listen(model: Any, inputs: dict[str, Any]) -> Calls:
    """Run `generate()` for `STEPS` tokens and note what it calls the modules with."""
    from transformers.exporters.exporter_dynamo import register_cache_pytrees_for_model

    register_cache_pytrees_for_model(model)  # else a cache is one leaf for torch, and no copy of inputs copies it
    heard = heard_modules(model)
    calls: Calls = {path: [] for path in heard}
    with ExitStack() as stack:
        stack.enter_context(preserved(model))
        for path, module in heard.items():
            stack.enter_context(_listening(module, calls[path]))
        generate(model, inputs, STEPS)
    if len(calls[""]) != STEPS or not all(calls.values()):
        raise InputError(
            f"generate() of {type(model).__name__} does not call the model once for each token: there are no prefill "
            "and decode steps. Export the modules that it calls with export_model()."
        )
    return calls


@contextmanager
def _listening(module: nn.Module, calls: list[Call]) -> Iterator[None]:
    def note(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        calls.append(as_exported(module, args, kwargs))

    hook = module.register_forward_pre_hook(note, with_kwargs=True)
    try:
        yield
    finally:
        hook.remove()


def as_exported(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    """A copy of a call's arguments as transformers' exporter takes them, with what its graphs leave to the caller
    (where the patches of an image lie) worked out."""
    from transformers.exporters.utils import prepare_for_export

    named = fresh(named_arguments(module, args, kwargs) or {})
    named.pop("logits_to_keep", None)  # generate() saves work with it; the files return every token's logits
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
        others: another call by what differs there: an axis has the first such name. Where axes of one name are not
            equally long, the shortest bears it; the exporter says what the others are made of (`past + 1`).
    """
    from transformers.exporters.exporter_dynamo import get_auto_dynamic_shapes

    tensors, structure = tree_flatten(sample.inputs)
    kinds: list[dict[int, str]] = [{} for _ in tensors]
    for kind, other in others.items():
        for axes, one, two in zip(kinds, tensors, tree_leaves(other.inputs) if other else (), strict=False):
            if isinstance(one, torch.Tensor) and isinstance(two, torch.Tensor):
                pairs = enumerate(zip(one.shape, two.shape, strict=False))
                axes |= {axis: kind for axis, (a, b) in pairs if a != b and a > 1 and axis not in axes}
    shortest: dict[str, int] = {}
    for tensor, axes in zip(tensors, kinds, strict=True):
        for axis, kind in axes.items():
            shortest[kind] = min(tensor.shape[axis], shortest.get(kind, tensor.shape[axis]))
    dynamic = torch.export.Dim.DYNAMIC
    found = [
        {axis: kind if tensor.shape[axis] == shortest[kind] else dynamic for axis, kind in axes.items()} or None
        for tensor, axes in zip(tensors, kinds, strict=True)
    ]
    # caches stand in it as plain lists
    _, structure = tree_flatten(get_auto_dynamic_shapes(sample.inputs), is_leaf=_is_axes)
    return tree_unflatten(found, structure)  # type: ignore[no-any-return]


def _is_axes(shapes: Any) -> bool:
    return isinstance(shapes, dict) and all(isinstance(axis, int) for axis in shapes)


def _attempt(model: Any, inputs: dict[str, Any] | None, axis: str, notes: list[str]) -> Calls | None:
    """The calls on changed inputs; None and a note where `generate()` does not take them."""
    try:
        if inputs is not None:
            return listen(model, inputs)
        reason = f"{model.main_input_name} is no list of tokens"
    except (EagerRunError, InputError) as error:
        reason = str(error)
    notes.append(f"The {axis} has a fixed size in the files: {reason}")
    return None


def _twice(inputs: dict[str, Any]) -> dict[str, Any]:
    """Every sample twice."""
    return tree_map_only(torch.Tensor, lambda tensor: torch.cat([tensor, tensor]) if tensor.dim() else tensor, inputs)


def _longer(model: Any, inputs: dict[str, Any]) -> dict[str, Any] | None:
    """The last token of every prompt twice, with all that belongs to it; None where the main input is no tokens."""
    main = inputs[model.main_input_name]
    if main.dim() != 2 or main.is_floating_point():
        return None

    def stretch(tensor: torch.Tensor) -> torch.Tensor:
        return torch.cat([tensor, tensor[:, -1:]], 1) if tensor.shape[:2] == main.shape else tensor

    return tree_map_only(torch.Tensor, stretch, inputs)
