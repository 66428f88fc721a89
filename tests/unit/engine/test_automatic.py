"""Inputs that are made: the model runs on them, they are what was asked for, and nothing else has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from modelexport_nb.engine.automatic import MadeInputs, make_inputs
from modelexport_nb.engine.automatic.tensors import Tensors
from modelexport_nb.engine.errors import InputError
from modelexport_nb.engine.export import export_model
from tests.zoo import CASES

from .test_bad_input import KeepsState, state_of


def shapes_of(made: MadeInputs) -> dict[str, list[int]]:
    values = (*made.args, *made.kwargs.values())
    return {name: list(value.shape) for name, value in zip(made.names, values, strict=True)}


# ---- what the model tells ----


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("BERT", {"input_ids", "attention_mask"}),
        ("GPT-2", {"input_ids", "attention_mask"}),
        ("T5", {"input_ids", "attention_mask", "decoder_input_ids"}),
        ("T5 encoder", {"input_ids", "attention_mask"}),
        ("ViT", {"pixel_values"}),
        ("Wav2Vec2", {"input_values"}),
        ("Whisper", {"input_features", "decoder_input_ids"}),
        ("CLIP", {"input_ids", "attention_mask", "pixel_values"}),
        ("CLAP", {"input_ids", "attention_mask", "input_features"}),
        ("ViT and BERT", {"pixel_values", "decoder_input_ids"}),
        ("PatchTST", {"past_values"}),
    ],
)
def test_every_kind_of_content_is_there(name: str, wanted: set[str]) -> None:
    model = CASES[name].build()
    made = make_inputs(model)
    assert set(made.names) == wanted
    assert made.source == "the sizes in its config"
    with torch.no_grad():
        model(*made.args, **made.kwargs)


def test_sizes_are_those_of_the_config() -> None:
    assert shapes_of(make_inputs(CASES["ViT"].build())) == {"pixel_values": [1, 3, 32, 32]}
    assert shapes_of(make_inputs(CASES["Whisper"].build()))["input_features"] == [1, 8, 32]
    assert shapes_of(make_inputs(CASES["AST"].build())) == {"input_values": [1, 40, 24]}


@pytest.mark.parametrize("name", ["LLaVA", "BLIP-2", "PaliGemma", "Qwen2-VL"])
def test_a_text_holds_as_many_placeholders_as_the_image_has_features(name: str) -> None:
    model = CASES[name].build()
    for batch in (1, 2):
        made = make_inputs(model, batch=batch)
        assert "pixel_values" in made.names
        counts = (made.kwargs["input_ids"] == 99).sum(1)
        assert counts.min() == counts.max() > 0
        if "mm_token_type_ids" in made.names:
            assert torch.equal(made.kwargs["mm_token_type_ids"] == 1, made.kwargs["input_ids"] == 99)


def test_words_mean_nothing_special_but_at_the_ends() -> None:
    made = make_inputs(CASES["BART"].build(), shapes={"input_ids": [4, 50]})
    words = made.kwargs["input_ids"]
    assert (words[:, 0] == 1).all() and (words[:, -1] == 2).all()
    assert words[:, 1:-1].min() > 2 and words.max() < 100
    assert (made.kwargs["decoder_input_ids"][:, 0] == 2).all()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("MLP", {"input": [1, 10]}),
        ("convolutions and norms", {"image": [1, 3, 224, 224]}),
        ("LSTM", {"words": [1, 8]}),
        ("MultiheadAttention", {"x": [1, 8, 16]}),
        ("Transformer", {"src": [1, 8, 16], "tgt": [1, 8, 16]}),
        ("parameters of its own", {"x": [1, 8, 16]}),
        ("two towers", {"words": [1, 8], "numbers": [1, 5]}),
        ("volume", {"input": [1, 1, 16, 16, 16]}),
    ],
)
def test_plain_modules_by_their_layers(name: str, wanted: dict[str, list[int]]) -> None:
    made = make_inputs(CASES[name].build())
    assert shapes_of(made) == wanted
    assert made.source == "the sizes of its layers"
    assert not made.kwargs, "what has no default goes by position"


class Flattens(nn.Module):
    """Only one size of image fits the layer behind."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.head = nn.Linear(2 * side * side, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.conv(x).flatten(1))


@pytest.mark.parametrize("side", [28, 32, 96])
def test_the_model_judges_the_size_of_an_image(side: int) -> None:
    assert shapes_of(make_inputs(Flattens(side))) == {"x": [1, 1, side, side]}


def test_what_is_not_tried_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Images as wide as the inner layers of a network would fill the memory."""
    made = []
    noise = Tensors.noise
    monkeypatch.setattr(Tensors, "noise", lambda self, shape: made.append(shape) or noise(self, shape))
    make_inputs(nn.Sequential(nn.Conv2d(3, 4096, 1, stride=32), nn.Conv2d(4096, 2, 1)))
    assert made == [(1, 3, 224, 224)]


class OnlyParameters(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(5, 7))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        (nn.GRU(4, 6), {"input": [8, 1, 4]}),
        (nn.BatchNorm3d(4), {"input": [1, 4, 16, 16, 16]}),
        (nn.GroupNorm(2, 4), {"input": [1, 4]}),
        (nn.Bilinear(3, 3, 2), {"input1": [1, 3], "input2": [1, 3]}),
        (OnlyParameters(), {"x": [1, 5]}),
    ],
)
def test_single_layers(model: nn.Module, wanted: dict[str, list[int]]) -> None:
    assert shapes_of(make_inputs(model)) == wanted


@pytest.mark.parametrize("wrap", [torch.compile, nn.DataParallel])
def test_wrappers_are_seen_through(wrap: Any) -> None:
    made = make_inputs(wrap(CASES["BERT"].build()))
    assert set(made.names) == {"input_ids", "attention_mask"}
    assert shapes_of(make_inputs(wrap(nn.Linear(3, 2)))) == {"input": [1, 3]}


class Open(nn.Module):
    def forward(self, **inputs: Tensor) -> Tensor:
        return inputs["left"] + inputs["right"]


def test_a_forward_that_takes_whatever_it_is_given() -> None:
    made = make_inputs(Open(), shapes={"left": [2, 3], "right": [1, 3]})
    assert shapes_of(made) == {"left": [2, 3], "right": [1, 3]}
    with pytest.raises(InputError, match=r"forward of Open takes \(\*\*inputs\)"):
        make_inputs(Open())


# ---- what the user asks for ----


def test_shapes_are_taken_and_the_rest_made_to_fit() -> None:
    made = make_inputs(CASES["BERT"].build(), shapes={"input_ids": [3, 12]})
    assert shapes_of(made) == {"input_ids": [3, 12], "attention_mask": [3, 12]}
    assert made.source == "the shapes given and the sizes in its config"
    made = make_inputs(CASES["CLIP"].build(), shapes={"input_ids": [2, 5]})
    assert shapes_of(made) == {"input_ids": [2, 5], "attention_mask": [2, 5], "pixel_values": [2, 3, 32, 32]}
    made = make_inputs(CASES["two towers"].build(), shapes={"words": [2, 3], "numbers": [2, 5]})
    assert [value.dtype for value in made.args] == [torch.int64, torch.float32]
    made = make_inputs(CASES["BERT"].build(), shapes={"token_type_ids": (1, 8)})
    assert "token_type_ids" in made.names


@pytest.mark.parametrize("name", ["BERT", "T5", "ViT", "CLIP", "Whisper", "MLP", "two towers"])
def test_the_batch_leads_every_input(name: str) -> None:
    made = make_inputs(CASES[name].build(), batch=3)
    assert {shape[0] for shape in shapes_of(made).values()} == {3}


def test_the_same_seed_makes_the_same_and_another_does_not() -> None:
    model = CASES["CLIP"].build()
    before = torch.random.get_rng_state()
    one, two, other = (make_inputs(model, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), before)
    for name, value in one.kwargs.items():
        assert torch.equal(value, two.kwargs[name])
    assert not torch.equal(one.kwargs["pixel_values"], other.kwargs["pixel_values"])
    assert not torch.equal(one.kwargs["input_ids"], other.kwargs["input_ids"])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_numbers_are_as_precise_as_the_model(dtype: torch.dtype) -> None:
    made = make_inputs(CASES["ViT"].build().to(dtype))
    assert made.kwargs["pixel_values"].dtype == dtype
    assert make_inputs(CASES["BERT"].build().to(dtype)).kwargs["input_ids"].dtype == torch.int64


@pytest.mark.parametrize("name", ["ViT", "BERT", "MLP", "two towers"])
def test_a_model_without_numbers(name: str) -> None:
    made = make_inputs(CASES[name].build().to("meta"))
    assert {value.device.type for value in (*made.args, *made.kwargs.values())} == {"meta"}
    # A mask is left out where the model looks into it, which it cannot without numbers.
    assert shapes_of(made).items() <= shapes_of(make_inputs(CASES[name].build())).items()


def test_one_line_shows_them() -> None:
    made = make_inputs(CASES["BERT"].build())
    assert made.described == "input_ids int64 [1, 8], attention_mask int64 [1, 8]"
    assert made.arguments == ((), made.kwargs)


# ---- processors ----


class Images:
    """Called as an image processor is; the real ones need Pillow."""

    def __call__(self, images: list[np.ndarray], return_tensors: str) -> dict[str, Any]:
        assert return_tensors == "pt"
        rows = torch.as_tensor(np.stack(images)).float().movedim(-1, 1) / 255
        return {"pixel_values": nn.functional.interpolate(rows, (32, 32)), "not of the model": 1}


def tokenizer() -> Any:
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "hello", "cat", "rain"])}
    table = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    table.pre_tokenizer = pre_tokenizers.Whitespace()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=table, unk_token="[UNK]", pad_token="[PAD]")


class Both:
    """A processor of two kinds, as transformers puts them together."""

    def __init__(self) -> None:
        self.tokenizer, self.image_processor = tokenizer(), Images()

    def __call__(self, images: Any = None, text: Any = None, videos: Any = None, **options: Any) -> dict[str, Any]:
        return {**self.tokenizer(text, **options), **self.image_processor(images, **options)}


def test_a_tokenizer_makes_numbers_of_the_text() -> None:
    made = make_inputs(CASES["BERT"].build(), processor=tokenizer(), text="hello cat rain", batch=2)
    assert made.kwargs["input_ids"].tolist() == [[2, 3, 4]] * 2
    assert 'the text "hello cat rain"' in made.source
    assert "decoder_input_ids" in make_inputs(CASES["T5"].build(), processor=tokenizer()).names


def test_an_image_processor_and_a_processor_of_both() -> None:
    made = make_inputs(CASES["ViT"].build(), processor=Images())
    assert shapes_of(made) == {"pixel_values": [1, 3, 32, 32]}
    assert made.source == "Images with a random image"
    made = make_inputs(CASES["CLIP"].build(), processor=Both(), text="cat rain")
    assert shapes_of(made) == {"input_ids": [1, 2], "attention_mask": [1, 2], "pixel_values": [1, 3, 32, 32]}


def test_a_feature_extractor() -> None:
    import transformers

    extractor = transformers.WhisperFeatureExtractor(feature_size=8, chunk_length=1, hop_length=500)
    made = make_inputs(CASES["Whisper"].build(), processor=extractor)
    assert shapes_of(made) == {"input_features": [1, 8, 32], "decoder_input_ids": [1, 4]}


# ---- in an export ----


def test_an_export_without_inputs_says_which_it_made(tmp_path: Path) -> None:
    report = export_model(CASES["ViT"].build(), None, tmp_path / "m.onnx")
    assert report.parity is not None and report.parity.ok
    note = "No inputs were given; made from the sizes in its config, seed 0: pixel_values float32 [1, 3, 32, 32]."
    assert report.notes == (note,)
    assert not any("No inputs" in text for text in export_model(nn.ReLU(), torch.ones(2), tmp_path / "m.onnx").notes)


def test_dynamic_axes_are_not_taken_for_constants(tmp_path: Path) -> None:
    dynamic = {"input": {0: torch.export.Dim("batch")}}
    report = export_model(CASES["MLP"].build(), None, tmp_path / "m.onnx", dynamic=dynamic)
    assert not isinstance(report.graph.graph.inputs[0].shape[0], int)


# ---- bad input ----


class Picks(nn.Module):
    """Tells nothing: neither names nor layers say what it takes."""

    def forward(self, table: dict[str, Tensor], which: str) -> Tensor:
        return table[which]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"shapes": {"input_id": [1, 2]}}, 'takes no argument "input_id". Did you mean "input_ids"'),
        ({"shapes": {"input_ids": [0, 8]}}, r"The shape of input_ids is \[0, 8\]. Pass whole numbers above 0"),
        ({"shapes": {"input_ids": [1, 8.0]}}, r"The shape of input_ids is \[1, 8.0\]"),
        ({"shapes": {"input_ids": "1,8"}}, "The shape of input_ids is '1,8'"),
        ({"shapes": [1, 8]}, "The shapes are .1, 8.. Pass sizes by name"),
        ({"shapes": {"input_ids": [1, 8]}, "batch": 2}, "The batch size is 2 and the shape of input_ids begins with 1"),
        ({"shapes": {"input_ids": [1, 8, 9]}}, "fails on these inputs.*The inputs were input_ids int64 .1, 8, 9."),
        ({"shapes": {"input_ids": [1, 1000]}}, "The inputs were input_ids int64 .1, 1000."),
        ({"batch": 0}, "The batch size is 0. Pass a whole number above 0"),
        ({"batch": -1}, "The batch size is -1"),
        ({"batch": True}, "The batch size is True"),
        ({"text": "hello"}, "A text needs a tokenizer"),
        ({"text": "hello", "processor": Images()}, "The text goes nowhere: Images makes no text"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        make_inputs(CASES["BERT"].build(), **options)
    assert "\n" not in str(caught.value)


def test_a_model_that_tells_nothing_is_shown_with_its_signature() -> None:
    with pytest.raises(InputError) as caught:
        make_inputs(Picks())
    assert str(caught.value) == (
        "There are no inputs, and none could be made. forward of Picks takes (table, which). Give them, or their "
        'shapes: shapes={"table": [1, 3, 224, 224]}, --shape table=1,3,224,224.'
    )


def test_the_model_is_left_as_it_was() -> None:
    model = KeepsState().train()
    before = state_of(model)
    make_inputs(model)
    assert state_of(model) == before
