"""A real pretrained model to ONNX, with proof: `make demo`, or `python -m examples.demo [folder]`.

Exports all-MiniLM-L6-v2, compares the file with PyTorch on real sentences, prints the module tree and leaves
the ONNX file and a static page of the tree in a folder.
"""

import argparse
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from examples.minilm import load_minilm
from modelexport_nb import ExportReport, export_model, text
from modelexport_nb.notebook import static_html
from modelexport_nb.progress import progress_bar

NAME = "all-MiniLM-L6-v2"
SENTENCES = [
    "The cat sleeps on the sofa.",
    "A kitten is napping on the couch.",
    "The stock market fell sharply today.",
    "Shares dropped on Wall Street this morning.",
]
# Two sentences are as similar in ONNX Runtime as in PyTorch when their cosines differ by less than this.
TOLERANCE = 1e-5


def main() -> int:
    """Run the demo; the exit status is 1 when the numbers do not agree."""
    parser = argparse.ArgumentParser(description="Export a real model to ONNX and prove the numbers.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("demo-output"))
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)

    print(f"Loading {NAME} …", flush=True)
    model, tokenizer = load_minilm()
    inputs = dict(tokenizer(SENTENCES, padding=True, return_tensors="pt"))
    with progress_bar(sys.stderr.isatty()) as progress:
        report = export_model(model, inputs, folder / f"{NAME}.onnx", progress=progress)
    print(f"Exported in {sum(report.timings.values()):.1f} s.\n\n{text.render(report)}\n")

    agree = compare_sentences(report, model, inputs)
    page = folder / f"{NAME}.html"
    page.write_text(static_html.page(report), encoding="utf-8")
    print(f"\nIn {folder}/:\n  {report.path.name}  the model, for any ONNX runtime")
    for weights in report.files[1:]:
        print(f"  {weights.name}  its weights, to be kept beside it")
    print(f"  {page.name}  this tree, for any browser")
    print("\nNext: `make lab`, then open 01_quickstart.ipynb: the same with the live tree.")
    return 0 if agree and report.parity is not None and report.parity.ok else 1


def compare_sentences(report: ExportReport, model: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> bool:
    """Print how similar the sentences are, by the file and by PyTorch; whether the two agree."""
    with torch.inference_mode():
        expected = similarities(model(**inputs).last_hidden_state.numpy(), inputs)
    onnxruntime.set_default_logger_severity(3)  # errors only
    session = onnxruntime.InferenceSession(report.path)
    feed = {name: tensor.numpy() for name, tensor in inputs.items()}
    found = similarities(session.run(["last_hidden_state"], feed)[0], inputs)

    for number, sentence in enumerate(SENTENCES, 1):
        print(f"  {number}  {sentence}")
    print("\ncosine similarity             PyTorch      ONNX")
    for first, second in combinations(range(len(SENTENCES)), 2):
        pair = f"sentences {first + 1} and {second + 1}"
        print(f"  {pair:<24}  {expected[first, second]:9.6f} {found[first, second]:9.6f}")
    difference = float(np.abs(found - expected).max())
    agree = difference < TOLERANCE
    print(f"{'✓' if agree else '✕'} largest difference {difference:.1e}")
    return agree


def similarities(hidden: np.ndarray, inputs: dict[str, torch.Tensor]) -> np.ndarray:
    """Cosine of every two sentences; a sentence's vector is the mean of its tokens, padding left out."""
    mask = inputs["attention_mask"].numpy()[..., None]
    vectors = (hidden * mask).sum(axis=1) / mask.sum(axis=1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors @ vectors.T


if __name__ == "__main__":
    sys.exit(main())
