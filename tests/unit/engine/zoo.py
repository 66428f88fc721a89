"""Small random models, parameters perturbed: fresh biases are all equal, and exporters merge equal tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

Case = tuple[nn.Module, Any]
IDS = torch.arange(10).view(2, 5)
MASK = torch.tensor([[1, 1, 1, 1, 0], [1, 1, 1, 0, 0]])
SMALL = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 64}


def perturb(model: nn.Module) -> nn.Module:
    """Move every parameter and floating-point buffer, so that no two are equal."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.05)
        for buffer in model.buffers():
            if buffer.is_floating_point():
                buffer.add_(torch.rand(buffer.shape, generator=generator) * 0.1)
    return model.eval()


def transformers_model(name: str, config: str, **options: Any) -> nn.Module:
    """A model of transformers with random weights."""
    import transformers

    return getattr(transformers, name)(getattr(transformers, config)(**options))


def bert() -> Case:
    return transformers_model("BertModel", "BertConfig", vocab_size=100, **SMALL), {"input_ids": IDS}


def bert_masked() -> Case:
    return bert()[0], {"input_ids": IDS, "attention_mask": MASK}


def resnet() -> Case:
    sizes = {"embedding_size": 8, "hidden_sizes": [8, 16, 32, 64], "depths": [2, 2, 2, 2]}
    return transformers_model("ResNetModel", "ResNetConfig", **sizes), {"pixel_values": torch.randn(1, 3, 64, 64)}


def gpt2() -> Case:
    sizes = {"n_embd": 32, "n_layer": 3, "n_head": 2, "vocab_size": 100, "bos_token_id": 0, "eos_token_id": 1}
    return transformers_model("GPT2LMHeadModel", "GPT2Config", n_positions=64, **sizes), {"input_ids": IDS}


def vit() -> Case:
    options = {"image_size": 32, "patch_size": 8, **SMALL}
    return transformers_model("ViTModel", "ViTConfig", **options), {"pixel_values": torch.randn(1, 3, 32, 32)}


def llama() -> Case:
    options = {"vocab_size": 100, "num_key_value_heads": 1, **SMALL}
    return transformers_model("LlamaForCausalLM", "LlamaConfig", **options), {"input_ids": IDS}


def t5_encoder() -> Case:
    sizes = {"vocab_size": 100, "d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 3, "num_heads": 2}
    return transformers_model("T5EncoderModel", "T5Config", **sizes), {"input_ids": IDS}


def albert() -> Case:
    options = {**SMALL, "num_hidden_layers": 12, "vocab_size": 100, "embedding_size": 16}
    return transformers_model("AlbertModel", "AlbertConfig", **options), {"input_ids": IDS}


class Inner(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.dropout = nn.Dropout()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dropout(torch.relu(self.linear(x)))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Inner()
        self.norm = nn.LayerNorm(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.inner(x) + x)


class Named(nn.Module):
    """Blocks in a ModuleDict and a ModuleList."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.ModuleDict({"left": Block(), "right": Block()})
        self.chain = nn.ModuleList([Block(), Block()])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.table["left"](x) + self.table["right"](x)
        for block in self.chain:
            x = block(x)
        return x


class Twice(nn.Module):
    """One block called twice, once through a second name, with another block between."""

    def __init__(self) -> None:
        super().__init__()
        self.first = Block()
        self.between = Block()
        self.again = self.first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.again(self.between(self.first(x)))


class UsesChildWeight(nn.Module):
    """Reads the parameter of a child that it calls elsewhere, and of one that it never calls."""

    def __init__(self) -> None:
        super().__init__()
        self.called = nn.Linear(4, 4)
        self.never = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.linear(self.called(x), self.called.weight)
        return nn.functional.linear(x, self.never.weight, self.never.bias)


class Attends(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(self.attention(x, x, x)[0])


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(4, 6, batch_first=True)
        self.head = nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.gru(x)[0])


class Folded(nn.Module):
    """Convolutions that the optimiser folds with the BatchNorm behind them, one of them through a second call."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 4, 3)
        self.norm2 = nn.BatchNorm2d(4)
        self.out = nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.norm2(self.conv2(torch.relu(self.norm(self.conv(x))))))


class DirectForward(nn.Module):
    """Calls a child's forward and another method of it past `__call__`."""

    def __init__(self) -> None:
        super().__init__()
        self.sub = Inner()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.sub.forward(x) + self.sub(x * 2)


class CompiledChild(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.child = torch.compile(Inner())
        self.linear = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(self.child(x)) * 2


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.yes = Inner()
        self.no = Inner()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cond(x.sum() > 0, lambda t: self.yes(t) + 1, lambda t: self.no(t * 3), (x,))


class HoldsBranches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.before = nn.Linear(4, 4)
        self.branches = Branches()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.branches(self.before(x))


class Shared(nn.Module):
    """Two children compute the same from the same input: a common subexpression of two modules."""

    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.linear(x) + (1.0 - mask) * -100.0

    def __init__(self) -> None:
        super().__init__()
        self.a = self.Scaled()
        self.b = self.Scaled()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mask = torch.sigmoid(x)
        return self.b(self.a(x, mask), mask)


def _sequential() -> Case:
    return nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Sequential(Block(), Block())), torch.randn(2, 4)


PRETRAINED: dict[str, Callable[[], Case]] = {
    "BERT": bert,
    "BERT with mask": bert_masked,
    "ResNet": resnet,
    "GPT-2": gpt2,
    "ViT": vit,
    "Llama": llama,
    "T5 encoder": t5_encoder,
    "ALBERT": albert,
}
X = torch.randn(2, 3, 4)
PLAIN: dict[str, Callable[[], Case]] = {
    "Sequential": _sequential,
    "ModuleDict": lambda: (Named(), X),
    "called twice": lambda: (Twice(), X),
    "child's parameter": lambda: (UsesChildWeight(), X),
    "MultiheadAttention": lambda: (Attends(), X),
    "GRU": lambda: (Recurrent(), X),
    "root Linear": lambda: (nn.Linear(4, 4), X),
    "root GRU": lambda: (nn.GRU(4, 4), X),
    "Conv and BatchNorm": lambda: (Folded(), torch.randn(1, 3, 8, 8)),
    "forward called directly": lambda: (DirectForward(), X),
    "torch.compile": lambda: (CompiledChild(), X),
    "torch.cond": lambda: (HoldsBranches(), X),
    "common subexpression": lambda: (Shared(), X),
}
ZOO = PRETRAINED | PLAIN


def build(name: str, among: dict[str, Callable[[], Case]] = ZOO) -> Case:
    """The model of that name, seeded and perturbed, with its inputs."""
    torch.manual_seed(0)
    model, inputs = among[name]()
    return perturb(model), inputs
