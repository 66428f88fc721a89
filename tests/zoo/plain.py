"""Plain PyTorch: the patterns that people write themselves."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .case import Case


class ConvNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2))
        self.body = nn.Sequential(nn.Conv2d(8, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU6())
        self.head = nn.Linear(16, 5)

    def forward(self, image: Tensor) -> Tensor:
        return self.head(self.body(self.stem(image)).mean((2, 3)))


class DoubleConv(nn.Sequential):
    def __init__(self, inside: int, outside: int) -> None:
        super().__init__(nn.Conv2d(inside, outside, 3, padding=1), nn.GroupNorm(2, outside), nn.SiLU())


class UNet(nn.Module):
    """Skips from the way down to the way up."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList([DoubleConv(1, 4), DoubleConv(4, 8)])
        self.bottom = DoubleConv(8, 16)
        self.up = nn.ModuleList([nn.ConvTranspose2d(16, 8, 2, stride=2), nn.ConvTranspose2d(8, 4, 2, stride=2)])
        self.merge = nn.ModuleList([DoubleConv(16, 8), DoubleConv(8, 4)])
        self.out = nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for block in self.down:
            x = block(x)
            skips.append(x)
            x = functional.max_pool2d(x, 2)
        x = self.bottom(x)
        for up, merge in zip(self.up, self.merge, strict=True):
            x = merge(torch.cat([up(x), skips.pop()], dim=1))
        return self.out(x)


class Tagger(nn.Module):
    """Words to classes through a recurrent layer of two directions."""

    def __init__(self, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.recurrent = kind(8, 6, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(12, 4)

    def forward(self, words: Tensor) -> Tensor:
        return self.head(self.recurrent(self.words(words))[0])


class Attends(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(16, 4, batch_first=True)
        self.norm = nn.LayerNorm(16)

    def forward(self, x: Tensor, hidden: Tensor | None = None) -> Tensor:
        return self.norm(x + self.attention(x, x, x, key_padding_mask=hidden)[0])


class Pools(nn.Module):
    """A learned question, the same for each of the batch, asks a sequence for its summary."""

    def __init__(self) -> None:
        super().__init__()
        self.question = nn.Parameter(torch.randn(1, 1, 16))
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(self.question.repeat(len(x), 1, 1), x, x)[0][:, 0]


class OwnAttention(nn.Module):
    """Attention whose projections are parameters of its own, with a learned bias for each head."""

    def __init__(self, width: int = 16, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Parameter(torch.randn(3, width, width) / width**0.5)
        self.out = nn.Parameter(torch.randn(width, width) / width**0.5)
        self.bias = nn.Parameter(torch.zeros(heads, 1, 1))
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        q, k, v = (
            (self.norm(x) @ weight).view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for weight in self.qkv
        )
        scores = torch.softmax(q @ k.transpose(-1, -2) / (width // self.heads) ** 0.5 + self.bias, dim=-1)
        return x + (scores @ v).transpose(1, 2).reshape(batch, length, width) @ self.out


class TiedLanguageModel(nn.Module):
    """The embedding's weight is the head's too; positions are a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(40, 16)
        self.layers = nn.Sequential(OwnAttention(), nn.Sequential(nn.LayerNorm(16), nn.Linear(16, 16), nn.GELU()))
        self.head = nn.Linear(16, 40, bias=False)
        self.head.weight = self.words.weight
        self.register_buffer("positions", torch.randn(1, 32, 16))

    def forward(self, words: Tensor) -> Tensor:
        return self.head(self.layers(self.words(words) + self.positions[:, : words.shape[1]]))


class SharedLayer(nn.Module):
    """One layer run over and over, with another between its runs."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(8, 8), nn.Tanh())
        self.between = nn.LayerNorm(8)

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(3):
            x = self.between(self.layer(x))
        return x


class Chooses(nn.Module):
    """Control flow on data, said in a way that can be captured."""

    def __init__(self) -> None:
        super().__init__()
        self.before = nn.Linear(6, 6)
        self.warm = nn.Linear(6, 6)
        self.cold = nn.Sequential(nn.Linear(6, 6), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        x = self.before(x)
        return torch.cond(x.mean() > 0, lambda t: self.warm(t), lambda t: self.cold(t), (x,))


class LayerDrop(nn.Module):
    """Layers are skipped at random in training only."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5), nn.ReLU()) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            if self.training and torch.rand(()) < 0.5:
                continue
            x = x + layer(x)
        return x


class Experts(nn.Module):
    """Two of four experts for each row, mixed by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Linear(8, 4)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8)) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        weights, chosen = torch.topk(torch.softmax(self.gate(x), dim=-1), 2)
        mixed = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            share = (weights * (chosen == number)).sum(-1, keepdim=True)
            mixed = mixed + share * expert(x)
        return mixed


class Separable(nn.Module):
    """Depthwise, grouped, dilated and strided convolutions, and squeeze and excitation."""

    def __init__(self) -> None:
        super().__init__()
        self.expand = nn.Conv2d(4, 16, 1)
        self.depthwise = nn.Conv2d(16, 16, 3, padding=1, groups=16)
        self.norm = nn.BatchNorm2d(16)
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 4, 1), nn.ReLU(), nn.Conv2d(4, 16, 1))
        self.grouped = nn.Conv2d(16, 8, 3, stride=2, dilation=2, padding=2, groups=4)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.hardswish(self.norm(self.depthwise(self.expand(x))))
        return self.grouped(x * torch.sigmoid(self.squeeze(x)))


class BagOfWords(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.bag = nn.EmbeddingBag(60, 8, mode="mean")
        self.head = nn.Linear(8, 3)

    def forward(self, words: Tensor) -> Tensor:
        return self.head(self.bag(words))


class Counts(nn.Module):
    """Buffers: one that is read, one that every run changes."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 6)
        self.register_buffer("mean", torch.randn(6))
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        self.seen += 1
        return self.linear(x - self.mean)


class TwoTowers(nn.Module):
    """Two inputs of different kinds, a dict as the result."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(30, 8)
        self.numbers = nn.Linear(5, 8)
        self.mix = nn.Bilinear(8, 8, 4)

    def forward(self, words: Tensor, numbers: Tensor) -> dict[str, Tensor]:
        one, two = self.words(words).mean(1), self.numbers(numbers)
        return {"mixed": self.mix(one, two), "similar": functional.cosine_similarity(one, two)}


class Spectral(nn.Module):
    """One-dimensional convolutions over a signal, weights normalised on the fly."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.utils.parametrizations.weight_norm(nn.Conv1d(2, 8, 5, padding=2))
        self.norm = nn.InstanceNorm1d(8, affine=True)
        self.up = nn.ConvTranspose1d(8, 2, 4, stride=2, padding=1)
        self.slope = nn.PReLU()

    def forward(self, signal: Tensor) -> Tensor:
        return self.up(self.slope(self.norm(self.conv(signal))))


def _mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(10, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(), nn.Linear(16, 3))


def _encoder() -> nn.Module:
    layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


def _transformer() -> nn.Module:
    return nn.Transformer(16, 4, 2, 2, 32, batch_first=True)


def _autoencoder() -> nn.Module:
    down = nn.Sequential(nn.Conv3d(1, 4, 3, stride=2, padding=1), nn.ReLU())
    return nn.Sequential(down, nn.ConvTranspose3d(4, 1, 4, stride=2, padding=1), nn.Sigmoid())


CASES = [
    Case("MLP", "plain", _mlp),
    Case("convolutions and norms", "plain", ConvNet),
    Case("U-Net", "plain", UNet),
    Case("LSTM", "plain", lambda: Tagger(nn.LSTM)),
    Case("GRU", "plain", lambda: Tagger(nn.GRU)),
    Case("MultiheadAttention", "plain", Attends),
    Case("attention pooling", "plain", Pools),
    Case("TransformerEncoder", "plain", _encoder),
    Case("Transformer", "plain", _transformer),
    Case("parameters of its own", "plain", OwnAttention),
    Case("tied weights", "plain", TiedLanguageModel),
    Case("shared layer", "plain", SharedLayer),
    Case("torch.cond", "plain", Chooses),
    Case("layer drop", "plain", LayerDrop),
    Case("experts by hand", "plain", Experts),
    Case("separable convolutions", "plain", Separable),
    Case("bag of words", "plain", BagOfWords),
    Case("buffers", "plain", Counts),
    Case("two towers", "plain", TwoTowers),
    Case("signal", "plain", Spectral),
    Case("volume", "plain", _autoencoder),
]
