"""A small random model in BERT's shape, with one module whose name is HTML."""

import torch
from torch import nn

# Shown as text by every view, or the page runs a stranger's script.
HTML_NAME = "<img src=x onerror=hacked=1>"


class Attention(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores = self.query(x) @ self.key(x).transpose(-1, -2)
        return scores.softmax(-1) @ self.value(x)


class Layer(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.attention = Attention(width)
        self.norm = nn.LayerNorm(width)
        self.dense = nn.Linear(width, width)
        self.dropout = nn.Dropout()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dropout(self.dense(self.norm(x + self.attention(x))).relu())


class TinyBert(nn.Module):
    def __init__(self, layers: int = 6, width: int = 16):
        super().__init__()
        self.embeddings = nn.Embedding(100, width)
        self.layer = nn.ModuleList(Layer(width) for _ in range(layers))
        self.pooler = nn.Linear(width, width)
        self.add_module(HTML_NAME, nn.Linear(width, 2))
        # Equal initial values would be merged by the exporter.
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.02)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.embeddings(ids)
        for layer in self.layer:
            x = layer(x)
        return self.get_submodule(HTML_NAME)(self.pooler(x[:, 0]).tanh())
