"""A model that generates comes out as the files that decoding takes, and those are proved by generating."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from modelexport_nb.engine import decoding, generation_steps
from modelexport_nb.engine.errors import CheckError, EagerRunError, InputError, ModelExportError, OptionError, PathError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.generation import GenerationReport, export_generation, generate_inputs
from modelexport_nb.engine.inputs import as_arguments, fresh
from modelexport_nb.engine.parity import OutputParity
from modelexport_nb.engine.runtime import open_session, run_session

from .zoo import perturb, transformers_model

SIZES = {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4}
LLAMA = {"intermediate_size": 48, "num_key_value_heads": 2, **SIZES}
GPT2 = {"vocab_size": 64, "n_embd": 32, "n_layer": 1, "n_head": 2, "n_positions": 32, "bos_token_id": 0}
T5 = {"vocab_size": 64, "d_model": 32, "d_kv": 16, "d_ff": 48, "num_layers": 1, "num_heads": 2}
PADDED = {
    "input_ids": torch.tensor([[0, 5, 6, 7], [8, 9, 10, 11]]),
    "attention_mask": torch.tensor([[0, 1, 1, 1], [1] * 4]),
}


def llama() -> Any:
    return perturb(transformers_model("LlamaForCausalLM", "LlamaConfig", **LLAMA))


def gpt2() -> Any:
    return perturb(transformers_model("GPT2LMHeadModel", "GPT2Config", eos_token_id=1, **GPT2))


def t5() -> Any:
    return perturb(transformers_model("T5ForConditionalGeneration", "T5Config", decoder_start_token_id=0, **T5))


Exported = tuple[Any, dict[str, Any], GenerationReport]
CASES: dict[str, Any] = {
    "grouped queries, a padded batch": (llama, PADDED),
    "one prompt of one token": (gpt2, {"input_ids": torch.tensor([[5]])}),
    "encoder and decoder": (t5, {"input_ids": torch.tensor([[5, 6, 7, 8, 9]])}),
}


@pytest.fixture(scope="module", params=list(CASES))
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    make, inputs = CASES[request.param]
    model = make()
    return model, inputs, export_generation(model, inputs, tmp_path_factory.mktemp("out") / "new")


def test_the_parts_and_their_files(exported: Exported) -> None:
    model, _, report = exported
    parts = ["encoder"] * model.config.is_encoder_decoder + ["prefill", "decode"]
    assert list(report) == parts
    assert sorted(file.name for file in report.folder.iterdir()) == sorted(f"{name}.onnx" for name in parts)
    for name, part in report.items():
        assert part.files == (report.folder / f"{name}.onnx",) and part.path == part.files[0]


def test_each_part_is_tagged_and_agrees(exported: Exported) -> None:
    model, _, report = exported
    paths = dict(model.named_modules())
    for part in report.values():
        measures = part.measures
        assert measures.owned == measures.owning > 0
        assert measures.covered == measures.nodes and measures.root == 0
        assert measures.convex == measures.regions
        assert part.parity is not None and part.parity.ok and part.parity.outputs
        assert part.model_class == type(model).__name__
        scopes = {
            prop.value
            for node in onnx.load(part.path).graph.node
            for prop in node.metadata_props
            if prop.key == "modelexport.scope"
        }
        assert len(scopes) > 5 and scopes <= set(paths)


def test_generating_with_the_files_finds_the_same_tokens(exported: Exported) -> None:
    model, inputs, report = exported
    assert report.decoding is not None and report.decoding.ok and report.ok
    assert report.decoding.tokens == 8 and report.decoding.rows == len(inputs["input_ids"])
    assert report.decoding.max_abs < 1e-4 and len(report.decoding.steps) > 8
    assert report.decoding.text.startswith("8 tokens equal, max |Δ| ")
    files = ", ".join(f"{name}.onnx" for name in report)
    assert repr(report) == f"<GenerationReport {type(model).__name__} → {files}: {report.decoding.text}>"
    assert "8 tokens equal" in report.text and report.to_markdown().count("| 0.0 % |") == len(report)


def test_axes_that_grow_have_names(exported: Exported) -> None:
    _, _, report = exported
    assert report.notes == ()
    shapes = {
        name: {value.name: [str(size) for size in value.shape] for value in part.graph.graph.inputs}
        for name, part in report.items()
    }
    assert next(iter(shapes.values()))["input_ids"] == ["batch", "sequence"]
    cache = [shape for name, shape in shapes["decode"].items() if "past_key_values" in name]
    assert cache and all(shape[0] == "batch" and shape[2] in ("past", "sequence") for shape in cache)
    assert any(shape[2] == "past" for shape in cache)
    mask = shapes["decode"].get("attention_mask")
    assert mask in (None, ["batch", "past + 1"])
    grown = [value for value in report["decode"].graph.graph.outputs if "keys" in (value.name or "")]
    assert any(str(value.shape[2]) == "past + 1" for value in grown)


def test_a_prompt_of_another_size(exported: Exported) -> None:
    model, _, report = exported
    if model.config.is_encoder_decoder:
        pytest.skip("the prompt goes to the encoder")
    ids = torch.arange(2, 23).view(3, 7)
    positions = torch.arange(7).expand(3, 7)
    feed = {"input_ids": ids, "position_ids": positions, "attention_mask": torch.ones_like(ids)}
    session = open_session(report["prefill"].path)
    logits = run_session(session, ["logits"], {value.name: feed[value.name].numpy() for value in session.get_inputs()})[
        0
    ]
    with torch.no_grad():
        assert np.allclose(logits, model(ids).logits.numpy(), atol=1e-4)


def test_the_model_is_as_it_was(exported: Exported) -> None:
    model, _, _ = exported
    assert "forward" not in vars(model) and not model.training
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_forward_hooks_always_called")
    assert not any(getattr(module, name) for module in model.modules() for name in hooks)
    assert not any("forward" in vars(module) for module in model.modules())


def test_wrong_numbers_are_found(exported: Exported) -> None:
    """The proof is none if it cannot fail: a decode file whose weights have moved."""
    model, inputs, report = exported
    damaged = onnx.load(report["decode"].path)
    for tensor in damaged.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and len(tensor.dims) == 2:
            array = onnx.numpy_helper.to_array(tensor)
            tensor.CopyFrom(onnx.numpy_helper.from_array(array[::-1].copy(), tensor.name))
    other = report.folder.parent / "damaged.onnx"
    onnx.save(damaged, other)
    files = {"": [report["prefill"].path, other]}
    if "encoder" in report:
        files["encoder"] = [report["encoder"].path]
    found = decoding.prove(model, inputs, files)
    assert not found.ok and found.max_abs > 1e-2 and found.text.endswith(("differ", f"{found.max_abs:.1e}"))
    assert found.equal >= 1  # the first token is prefill's
    assert found.steps[0].ok  # and so are the first numbers


def test_what_is_said_of_the_tokens() -> None:
    good, bad = OutputParity("logits", 1e-7, 1e-7, True), OutputParity("logits", 2.0, 2.0, False)
    assert decoding.Decoding(1, 8, 8, (good,)).text == "8 tokens equal, max |Δ| 1.0e-07"
    assert decoding.Decoding(1, 8, 2, (good,)).text == "token 3 of 8 differs, max |Δ| 1.0e-07"
    repeating = decoding.Decoding(1, 8, 8, (good, bad))
    assert repeating.text == "8 tokens equal, max |Δ| 2.0e+00: numbers differ" and not repeating.ok
    assert not decoding.Decoding(problem="none").ok and decoding.Decoding(problem="none").text == "none"
    assert not decoding.Decoding().ok


def test_a_file_that_cannot_go_on_is_an_error(exported: Exported) -> None:
    model, inputs, report = exported
    with pytest.raises(CheckError):
        decoding.prove(model, inputs, {"": [report["decode"].path, report["prefill"].path]})
    assert not any("forward" in vars(module) for module in model.modules())


def test_a_cache_among_the_inputs_stays_as_it_is(tmp_path: Path) -> None:
    """Runs on "fresh" inputs once grew the user's own cache, as long as nobody had told torch what a cache is."""
    model = llama()
    with torch.no_grad():
        cache = model(PADDED["input_ids"], use_cache=True).past_key_values
    inputs = {"input_ids": torch.tensor([[1], [2]]), "past_key_values": cache}
    copied = fresh(as_arguments(model, inputs)[1])["past_key_values"]
    assert copied is not cache and copied.layers[0] is not cache.layers[0]
    report = export_model(model, inputs, tmp_path / "m.onnx", verify="modules")
    assert cache.get_seq_length() == 4
    assert report.parity is not None and report.parity.ok and report.parity.modules is not None
    assert report.parity.modules.ok


@pytest.mark.parametrize(
    ("model", "inputs", "error", "says"),
    [
        (lambda: nn.Linear(2, 2), {}, InputError, "Use export_model()"),
        (lambda: transformers_model("LlamaModel", "LlamaConfig", **LLAMA), PADDED, InputError, "cannot generate"),
        (llama, {"attention_mask": PADDED["attention_mask"]}, InputError, '"input_ids"'),
        (llama, 3, InputError, "are a int"),
        (llama, {"input_ids": torch.zeros(0, 3, dtype=torch.long)}, InputError, '"input_ids"'),
        (llama, {"input_ids": torch.full((1, 3), 999)}, EagerRunError, "IndexError"),
        (llama, {**PADDED, "nonsense": torch.ones(2, 2)}, EagerRunError, "nonsense"),
    ],
)
def test_bad_input(tmp_path: Path, model: Any, inputs: Any, error: type[ModelExportError], says: str) -> None:
    with pytest.raises(error) as raised:
        export_generation(model(), inputs, tmp_path / "new")
    assert says in str(raised.value) and "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_inputs_are_made_where_there_are_none(tmp_path: Path) -> None:
    """Not those that `generate()` begins a decoder with: a prompt of made-up length would be fixed in the file."""
    report = export_generation(t5(), None, tmp_path / "new")
    assert report.ok
    assert report.notes == (
        "No inputs were given; made from the sizes in its config, seed 0: "
        "input_ids int64 [1, 8], attention_mask int64 [1, 8].",
    )
    start = next(value for value in report["prefill"].graph.graph.inputs if value.name == "decoder_input_ids")
    assert start.shape is not None and start.shape[1] == 1


def test_inputs_as_a_forward_takes_them() -> None:
    ids, mask = PADDED.values()
    for inputs in ((ids, mask), ((), PADDED), ((ids,), {"attention_mask": mask})):
        found, notes = generate_inputs(llama(), inputs)
        assert notes == [] and found["input_ids"] is ids and found["attention_mask"] is mask and len(found) == 2


def test_bad_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "no" / "where"):
        with pytest.raises(PathError):
            export_generation(llama(), PADDED, folder)
    with pytest.raises(OptionError):
        export_generation(llama(), PADDED, tmp_path / "new", verify="never")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("stage", "exception"),
    [("generate", KeyboardInterrupt), ("prefill: capture", ModelExportError), ("decode: run", KeyboardInterrupt)],
)
def test_an_interruption_leaves_nothing(tmp_path: Path, stage: str, exception: type[BaseException]) -> None:
    model = gpt2().train()

    def stop(at: str, index: int, total: int) -> None:
        assert 0 <= index < total
        if at == stage:
            raise exception("stop")

    old = tmp_path / "old"
    old.mkdir()
    (old / "decode.onnx").write_text("mine")
    folders = (tmp_path / "new", old) if stage == "generate" else (old,)
    for folder in folders:
        with pytest.raises(exception):
            export_generation(model, {"input_ids": torch.tensor([[5]])}, folder, progress=stop)
    assert [file.name for file in tmp_path.iterdir()] == ["old"]
    assert [file.name for file in old.iterdir()] == ["decode.onnx"] and (old / "decode.onnx").read_text() == "mine"
    assert model.training and "forward" not in vars(model)


def test_the_parts_are_what_generate_calls() -> None:
    """An encoder deep in the model is found by being called, whatever it is called."""
    sizes = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "vocab_size": 64}
    model = perturb(transformers_model("BartForConditionalGeneration", "BartConfig", **sizes, **heads))
    steps, notes = generation_steps.steps_of(model, {"input_ids": torch.tensor([[5, 6, 7]])})
    assert notes == []
    assert [(name, step.path) for name, step in steps.items()] == [
        ("encoder", "model.encoder"),
        ("prefill", ""),
        ("decode", ""),
    ]
