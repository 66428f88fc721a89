"""The matrix of architectures: small random models of transformers and of plain PyTorch, each exported by `auto`.

`python -m tests.zoo` exports all of them and prints the table; `tests/unit/engine/test_zoo.py` exports a selection.
"""

from . import audio, multimodal, plain, text, vision
from .case import Case

CASES: dict[str, Case] = {case.name: case for kind in (text, vision, audio, multimodal, plain) for case in kind.CASES}

# One or two of each kind, quick ones: what the unit tests export.
QUICK = (
    "BERT",
    "GPT-2",
    "Qwen2",
    "Mixtral",
    "T5",
    "ViT",
    "ResNet",
    "Wav2Vec2",
    "CLIP",
    "LLaVA",
    "PatchTST",
    "MLP",
    "U-Net",
    "LSTM",
    "attention pooling",
    "parameters of its own",
    "tied weights",
    "torch.cond",
    "experts by hand",
    "bag of words",
    "two towers",
)
