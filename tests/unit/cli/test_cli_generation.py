"""`modelexport export --generation`."""

import json

import pytest

from modelexport_nb import cli_actions
from modelexport_nb.cli import FINE, MISTYPED, WRONG
from modelexport_nb.engine.decoding import Decoding

GPT2 = """
import torch
from torch import nn

linear = nn.Linear(2, 2)


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    sizes = {"vocab_size": 64, "n_embd": 32, "n_layer": 1, "n_head": 2, "n_positions": 32}
    return GPT2LMHeadModel(GPT2Config(bos_token_id=0, eos_token_id=1, **sizes)).eval()
"""


@pytest.fixture
def generating(here):
    (here / "models.py").write_text(GPT2, encoding="utf-8")
    return here


def test_a_folder_of_files(call, generating):
    status, out, err = call("export", "models:gpt2", "--generation", "-o", "out")
    assert (status, err) == (FINE, "")
    assert sorted(file.name for file in (generating / "out").iterdir()) == ["decode.onnx", "prefill.onnx"]
    lines = out.splitlines()
    assert lines[0].startswith(
        "GPT2LMHeadModel as prefill.onnx, decode.onnx. generate() with these files: 8 tokens equal"
    )
    assert lines[1].startswith("note: No inputs were given; ")
    assert lines.index("prefill") < lines.index("decode") < len(lines) - 1
    assert lines[-1] == "Written: out/prefill.onnx, out/decode.onnx"


def test_json_and_the_folder_that_nobody_named(call, generating):
    status, out, _ = call("export", "models:gpt2", "--generation", "--json", "--shape", "input_ids=1,4")
    found = json.loads(out)
    assert status == FINE and found["ok"] and found["folder"] == "GPT2LMHeadModel"
    assert found["decoding"]["ok"] and found["decoding"]["text"].startswith("8 tokens equal")
    assert [(name, part["file"]) for name, part in found["parts"].items()] == [
        ("prefill", "GPT2LMHeadModel/prefill.onnx"),
        ("decode", "GPT2LMHeadModel/decode.onnx"),
    ]
    assert found["parts"]["decode"]["parity"]["ok"] and "input_ids int64 [1, 4]" in found["notes"][0]
    status, _, err = call("export", "models:gpt2", "--generation")
    assert status == WRONG and '"GPT2LMHeadModel" is there already.' in err


def test_other_tokens_are_no_success(call, generating, monkeypatch):
    real = cli_actions.export_generation

    def export_generation(*args, **options):
        report = real(*args, **options)
        report.decoding = Decoding(1, 8, 2)
        return report

    monkeypatch.setattr(cli_actions, "export_generation", export_generation)
    status, out, _ = call("export", "models:gpt2", "--generation", "-o", "out")
    assert status == WRONG and "generate() with these files: token 3 of 8 differs" in out


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("models:linear --generation", WRONG, "it has no generate()"),
        ("models:gpt2 --generation --dynamic batch", MISTYPED, "--generation and --dynamic do not go together."),
        ("models:gpt2 --generation --timeout 5", MISTYPED, "--generation and --timeout do not go together."),
        ("models:gpt2 --generation -o net.onnx", MISTYPED, "-o names their folder"),
    ],
)
def test_bad_lines(call, generating, line, status, said):
    before = sorted(file.name for file in generating.iterdir() if file.name != "__pycache__")
    found, out, err = call("export", *line.split())
    assert (found, out) == (status, "") and said in err and err.count("\n") == 1
    assert sorted(file.name for file in generating.iterdir() if file.name != "__pycache__") == before
