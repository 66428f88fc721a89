import shutil
import sys

import pytest

from modelexport_nb import cli

MODELS = """
import torch
from torch import nn

print("a module may print what it likes")
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2)).eval()
batch = torch.linspace(-1, 1, 8).view(2, 4)
number = 3


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)

    def forward(self, x, scale: float = 1.0):
        return self.inner(x) * scale


class Sized(nn.Module):
    def __init__(self, width):
        super().__init__()


class Nameless(nn.Module):
    def forward(self, things):
        raise ValueError("nothing fits")


class Noisy(nn.Module):
    def forward(self, x):
        return x + torch.rand_like(x)


class holder:
    net = net


def pair():
    return net, batch


def keywords():
    return {"input": batch}


def trained():
    other = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2))
    return other.eval()


def broken():
    raise ValueError("no weights here")


def bert():
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    sizes = {"num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64}
    return BertModel(BertConfig(vocab_size=100, **sizes)).eval()


def image_model():
    from transformers import ResNetConfig, ResNetModel

    return ResNetModel(ResNetConfig(embedding_size=8, hidden_sizes=[8], depths=[1]))
"""


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A folder with a Python module and the files of two strategies."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "cli_models_of_a_test.py").write_text(MODELS, encoding="utf-8")
    patch = pytest.MonkeyPatch()
    patch.chdir(folder)
    for strategy in ("fx", "htp"):
        line = f"export cli_models_of_a_test:pair -s {strategy} -o {strategy}.onnx --no-progress"
        assert cli.main(line.split()) == cli.FINE
    patch.undo()
    return folder


@pytest.fixture
def here(made, tmp_path, monkeypatch):
    """A copy of that folder, which is the present one; the module is called `models` there."""
    for file in made.glob("*.onnx"):
        shutil.copy(file, tmp_path)
    (tmp_path / "models.py").write_text(MODELS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("models", None)  # the next test has another of that name


@pytest.fixture
def call(here, capsys):
    """Run a command line; its status, and what it wrote to stdout and to stderr."""

    def run(*argv):
        capsys.readouterr()
        status = cli.main(argv)
        found = capsys.readouterr()
        return status, found.out, found.err

    return run
