"""`make_inputs()`: guess what a model takes, and let the model judge."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from ..eager import run_eagerly
from ..errors import EagerRunError, InputError, did_you_mean
from ..quiet import quiet
from ..state import preserved
from ..turns import in_turn
from .declared import Declared
from .forward import Forward
from .guesses import Arguments, Guess, from_declarations, from_dummies, from_layers
from .made import MadeInputs, described
from .processors import from_processor
from .roles import Maker, Shape
from .tensors import Tensors

LIMIT = 100  # guesses that are tried on the model


@in_turn()
def make_inputs(
    model: nn.Module,
    *,
    processor: Any = None,
    text: str | None = None,
    shapes: Mapping[str, Sequence[int]] | None = None,
    batch: int | None = None,
    seed: int = 0,
) -> MadeInputs:
    """Inputs that a model runs on, for a user who has none at hand.

    They come, in this order, from the shapes that were given, from a processor, from what the model declares (the
    arguments of its `forward`, the sizes in its config, its `dummy_inputs`), from the sizes of its layers. Whatever is
    guessed is tried: what is returned is the first that the model ran on, in eval mode and without gradients.

    Args:
        model: any `nn.Module`. It is left exactly as it was.
        processor: a tokenizer, image processor, feature extractor or processor of Hugging Face.
        text: what the processor is to make a text of.
        shapes: sizes of arguments by name, `{"input_ids": [1, 128]}`; the others are made to fit.
        batch: size of the leading dimension; None makes one example, since a fixed size in the file is mostly 1. A
            size that is to vary in the file must not be 1: torch.export takes 0 and 1 for constants.
        seed: of the random numbers. torch's own generator is not touched.

    Returns:
        The inputs, on the model's device and as precise as its parameters.

    Raises:
        InputError: no guess ran, or an option does not fit; in one line that shows the signature.
    """
    forward = Forward.of(model)
    given = check_shapes(model, forward, shapes or {})
    tensors, declared = Tensors(model, seed), Declared(forward.module)
    maker = Maker(tensors, declared, forward.names, check_batch(batch, given), given)
    if text is not None and (processor is None or given):
        raise InputError("A text needs a tokenizer or processor that makes numbers of it, and no shapes beside it.")
    if processor is not None and not given:
        guesses = _from_processor(processor, forward, maker, text, seed)
    else:
        guesses = _from_model(model, forward, maker)
    with preserved(model), quiet():
        return _first_that_runs(model, forward, itertools.islice(guesses, LIMIT), bool(given or processor))


def check_shapes(model: nn.Module, forward: Forward, shapes: Mapping[str, Sequence[int]]) -> dict[str, Shape]:
    """The shapes as tuples; an `InputError` for a name that `forward` does not have, or for what is no shape."""
    if not isinstance(shapes, Mapping):
        raise InputError(f'The shapes are {shapes!r}. Pass sizes by name, such as {{"x": [1, 3, 224, 224]}}.')
    for name, sizes in shapes.items():
        if forward.names and name not in forward.names:
            raise InputError(
                f'forward of {type(model).__name__} takes no argument "{name}"' + did_you_mean(str(name), forward.names)
            )
        if not isinstance(sizes, (list, tuple)) or not all(_is_size(size) for size in sizes):
            raise InputError(f"The shape of {name} is {sizes!r}. Pass whole numbers above 0, such as [1, 128].")
    return {name: tuple(sizes) for name, sizes in shapes.items()}


def check_batch(batch: int | None, shapes: Mapping[str, Shape]) -> int:
    """The size of the leading dimension; an `InputError` for one that cannot be, or that the shapes contradict."""
    if batch is not None and not _is_size(batch):
        raise InputError(f"The batch size is {batch!r}. Pass a whole number above 0.")
    leading = [(name, shape[0]) for name, shape in shapes.items() if shape]
    if batch is None:
        return leading[0][1] if leading else 1
    for name, size in leading:
        if size != batch:
            raise InputError(f"The batch size is {batch} and the shape of {name} begins with {size}. Pass one of them.")
    return batch


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _from_processor(processor: Any, forward: Forward, maker: Maker, text: str | None, seed: int) -> Iterator[Guess]:
    for source, made in from_processor(processor, forward.names, text, maker.batch, seed):
        arguments = {name: maker.tensors.placed(torch.as_tensor(value)) for name, value in made.items()}
        if "decoder_input_ids" in forward.names and maker.declared.value("is_encoder_decoder"):
            arguments["decoder_input_ids"] = maker.candidates("decoder_input_ids")[0]
        yield source, arguments


def _from_model(model: nn.Module, forward: Forward, maker: Maker) -> Iterator[Guess]:
    shapes = "the shapes given and " if maker.given else ""
    dummies = () if maker.given or not maker.declared else from_dummies(forward, maker)
    declared = from_declarations(forward, maker) if maker.declared else ()
    for source, arguments in itertools.chain(declared, dummies, from_layers(forward, maker, model)):
        yield f"{shapes}{source}", arguments


def _first_that_runs(model: nn.Module, forward: Forward, guesses: Iterator[Guess], asked: bool) -> MadeInputs:
    failed: list[tuple[Arguments, str]] = []
    for source, arguments in guesses:
        made = _made(model, forward, source, arguments)
        try:
            run_eagerly(model, *made.arguments)
            return made
        except EagerRunError as error:
            failed.append((arguments, str(error)))
    if asked and failed:
        raise InputError(f"{failed[0][1].rstrip('.')}. The inputs were {described(failed[0][0])}.")
    name = next(iter(forward.required or forward.names), "x")
    tried = f" {len(failed)} guesses failed, the first, {described(failed[0][0])}: {failed[0][1]}" if failed else ""
    raise InputError(
        f"There are no inputs, and none could be made. forward of {type(model).__name__} takes {forward.text}. Give "
        f'them, or their shapes: shapes={{"{name}": [1, 3, 224, 224]}}, --shape {name}=1,3,224,224.{tried}'
    )


def _made(model: nn.Module, forward: Forward, source: str, arguments: Arguments) -> MadeInputs:
    """Arguments that have to be passed, and no others, go by position, as people write it; else all by name."""
    names = tuple(arguments)
    if names == forward.required == forward.names[: len(names)] and forward.module is model:
        return MadeInputs(tuple(arguments.values()), {}, source, names)
    return MadeInputs((), dict(arguments), source, names)
