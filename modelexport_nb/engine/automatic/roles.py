"""What the arguments of a `forward` stand for, by the names that Hugging Face models give them, and tensors for each.

These names are an interface that a thousand models share, as a processor's outputs bear them too. The table says what
an argument of that name holds; no model and no layer is named, and every guess is tried on the model itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch

from .declared import Declared
from .tensors import Tensors

LENGTH = 8  # words, or steps of a sequence
SOUND = 4000  # a quarter of a second at 16 kHz
SIDES = ((224, 224), (64, 64), (32, 32))  # height and width of an image where the model declares none
MELS = ("num_mel_bins", "input_feat_per_channel", "feature_size", "feature_projection_input_dim", "input_dim")

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Role:
    """What an argument holds: shapes to try, in order, and how one is filled. The model's very content is `main`."""

    shapes: Callable[[Maker], Iterator[Shape]]
    fill: Callable[[Maker, Shape], torch.Tensor]
    main: bool = False


class Maker:
    """Makes arguments by their roles; a shape that was given takes the place of the guessed ones."""

    def __init__(
        self, tensors: Tensors, declared: Declared, takes: Sequence[str], batch: int, shapes: Mapping[str, Shape]
    ) -> None:
        self.tensors = tensors
        self.declared = declared
        self.takes = takes
        self.batch = batch
        self.given = shapes

    def candidates(self, name: str) -> list[torch.Tensor]:
        """Tensors for an argument of that name, the likeliest first; none for a name without a role."""
        role = ROLES.get(name)
        if role is None:
            return []
        shapes = [self.given[name]] if name in self.given else dict.fromkeys(role.shapes(self))
        return [role.fill(self, shape) for shape in shapes]

    def length(self) -> int:
        """Words of a text."""
        given = self.given.get("input_ids") or self.given.get("attention_mask") or ()
        return given[1] if len(given) > 1 else LENGTH

    def words(self, shape: Shape, side: str = "encoder", start: Sequence[str] = ("bos_token_id",)) -> torch.Tensor:
        """Numbers of words, from the one that starts a text, where there is one, to the one that ends it."""
        declared = self.declared
        end = declared.vocabulary(side) or 100
        words = self.tensors.numbers(shape, end, declared.special_tokens())
        first, last = declared.token(*start), declared.token("eos_token_id")
        if len(shape) == 2 and first is not None and first < end:
            words[:, 0] = first
        if len(shape) == 2 and last is not None and last < end and shape[1] > 2 and side == "encoder":
            words[:, -1] = last
        return words


def _text(maker: Maker) -> Iterator[Shape]:
    yield maker.batch, maker.length()


def _answer(maker: Maker) -> Iterator[Shape]:
    yield maker.batch, LENGTH // 2


def _images(maker: Maker) -> Iterator[Shape]:
    channels = maker.declared.size("num_channels", "in_channels", "in_chans") or 3
    if "image_grid_thw" in maker.takes:  # images of any size, cut into patches that stand in rows
        side = maker.declared.size("patch_size") or 1
        depth = maker.declared.size("temporal_patch_size") or 1
        yield maker.batch * int(_grids(maker, (1, 3)).prod()), channels * depth * side * side
    sides = maker.declared.sides("image_size", "input_size", "img_size")
    for height, width in (*([sides[-2:]] if sides else []), *SIDES):
        yield maker.batch, channels, height, width
        if frames := maker.declared.size("num_frames"):
            yield maker.batch, frames, channels, height, width


def _videos(maker: Maker) -> Iterator[Shape]:
    frames = maker.declared.size("num_frames", "temporal_patch_size") or 2
    for batch, *rest in _images(maker):
        if len(rest) == 3:
            yield batch, frames, *rest


def _spectrograms(maker: Maker) -> Iterator[Shape]:
    mels = [*dict.fromkeys(mel for name in MELS if (mel := maker.declared.size(name))), 80]
    positions = maker.declared.size("max_source_positions")
    frames = [64, *([2 * positions, positions] if positions else [])]
    frames += [most] if (most := maker.declared.size("max_length")) else []
    for mel, length in itertools.product(mels, frames):
        yield maker.batch, length, mel
        yield maker.batch, mel, length
        yield maker.batch, 1, length, mel


def _sounds(maker: Maker) -> Iterator[Shape]:
    for samples in (SOUND, 4 * SOUND):
        yield maker.batch, samples
        yield maker.batch, 1, samples
    yield from _spectrograms(maker)


def _series(maker: Maker) -> Iterator[Shape]:
    length = maker.declared.size("context_length") or LENGTH
    yield maker.batch, length, maker.declared.size("num_input_channels", "input_size") or 1


def _hidden(maker: Maker) -> Iterator[Shape]:
    for width in dict.fromkeys(maker.declared.values("hidden_size", "d_model", "dim", "n_embd")):
        if isinstance(width, int):
            yield maker.batch, maker.length(), width


def _noise(maker: Maker, shape: Shape) -> torch.Tensor:
    return maker.tensors.noise(shape)


def _ones(maker: Maker, shape: Shape) -> torch.Tensor:
    return maker.tensors.ones(shape)


def _zeros(maker: Maker, shape: Shape) -> torch.Tensor:
    return maker.tensors.ones(shape) * 0


def _grids(maker: Maker, shape: Shape) -> torch.Tensor:
    """Of each image the patches in time, height and width: as few as can be merged, twice."""
    side = 2 * (maker.declared.size("spatial_merge_size", "merge_size") or 1)
    return maker.tensors.placed(torch.tensor([1, side, side]).expand(list(shape)).clone())


def _grid_rows(maker: Maker) -> Iterator[Shape]:
    yield maker.batch, 3


def _positions(maker: Maker, shape: Shape) -> torch.Tensor:
    return maker.tensors.placed(torch.arange(shape[-1]).expand(list(shape)).clone())


def _words(maker: Maker, shape: Shape) -> torch.Tensor:
    return maker.words(shape)


def _answers(maker: Maker, shape: Shape) -> torch.Tensor:
    return maker.words(shape, "decoder", ("decoder_start_token_id", "bos_token_id", "pad_token_id"))


ROLES: dict[str, Role] = {
    "input_ids": Role(_text, _words, main=True),
    "decoder_input_ids": Role(_answer, _answers, main=True),
    "pixel_values": Role(_images, _noise, main=True),
    "image_grid_thw": Role(_grid_rows, _grids, main=True),
    "input_features": Role(_spectrograms, _noise, main=True),
    "input_values": Role(_sounds, _noise, main=True),
    "past_values": Role(_series, _noise, main=True),
    "pixel_values_videos": Role(_videos, _noise),
    "attention_mask": Role(_text, _ones),
    "decoder_attention_mask": Role(_answer, _ones),
    "token_type_ids": Role(_text, _zeros),
    "position_ids": Role(_text, _positions),
    "inputs_embeds": Role(_hidden, _noise),
    "hidden_states": Role(_hidden, _noise),
    "encoder_hidden_states": Role(_hidden, _noise),
}
