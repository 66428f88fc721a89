"""Models of full size: a 70-billion-parameter Llama without its weights, ResNet-50 and SAM ViT-B verified call by call.

    python -m tests.benchmarks.huge

Each has a fresh process of its own. Seconds are of the processor; memory is the most that the process held: of all
that it held where there are no weights, above what it held with the model loaded where there are.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from typing import Any

from modelexport_nb.engine.memory import forget_peak, peak_memory, present_memory

from .models import sam
from .report import answer, child, head, machine

GB = 1e9
COLUMNS = (
    "model",
    "parameters",
    "nodes",
    "coverage",
    "ownership",
    "root share",
    "convex",
    "CPU",
    "peak GB",
    "in all, GB",
    "max abs difference",
    "module calls",
)


def llama_70b() -> Any:
    """Llama-3-70B's configuration on the meta device."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        hidden_size=8192,
        intermediate_size=28672,
        num_hidden_layers=80,
        num_attention_heads=64,
        num_key_value_heads=8,
        vocab_size=128256,
        max_position_embeddings=8192,
        rope_theta=500000.0,
        dtype="bfloat16",
    )
    with torch.device("meta"):
        model = LlamaForCausalLM(config).eval()
    return model, {"input_ids": torch.zeros(1, 16, dtype=torch.long)}


def resnet_50() -> Any:
    """The configuration of microsoft/resnet-50, which is the default one."""
    import torch
    from transformers import ResNetConfig, ResNetForImageClassification

    from tests.unit.engine.zoo import perturb

    model = ResNetForImageClassification(ResNetConfig(num_labels=1000))
    return perturb(model), {"pixel_values": torch.randn(1, 3, 224, 224)}


def llama_3b() -> Any:
    """A Llama-style model of 3 billion parameters in bfloat16, 6 GB, with random weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 28, "vocab_size": 32000}
    config = LlamaConfig(num_attention_heads=24, num_key_value_heads=8, use_cache=False, **sizes)
    with torch.device("meta"):
        model = LlamaForCausalLM(config).to(torch.bfloat16).eval()
    model.to_empty(device="cpu")
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(1.0) if parameter.ndim == 1 else parameter.uniform_(-0.03, 0.03)
        model.model.rotary_emb = type(model.model.rotary_emb)(config)  # its frequencies are computed, not stored
    return model, {"input_ids": torch.randint(0, 32000, (1, 16))}


CASES: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "Llama-3 70B, no weights": (llama_70b, {"weights": "none"}),
    "ResNet-50": (resnet_50, {"verify": "modules"}),
    "SAM ViT-B": (sam, {"verify": "modules"}),
    "Llama 6 GB, bfloat16": (llama_3b, {}),
}


class Stages:
    """A listener that notes the processor seconds and the highest memory of each stage."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[float, int]] = {}
        self._begun = 0.0

    def __call__(self, stage: str, index: int, total: int) -> None:
        forget_peak()
        self._begun = time.process_time()

    def ended(self, stage: str) -> None:
        self.found[stage] = time.process_time() - self._begun, peak_memory() or 0


def measure(case: str) -> dict[str, Any]:
    """Export one model in this process."""
    from modelexport_nb import export_model

    build, options = CASES[case]
    model, inputs = build()
    held = 0 if options.get("weights") == "none" else present_memory() or 0
    stages = Stages()
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        report = export_model(model, inputs, f"{folder}/model.onnx", progress=stages, **options)
        seconds = time.process_time() - start
    highest = max(peak for _, peak in stages.found.values())
    measures = {name: value for name, value, _ in report.measures.rows()}
    calls = report.parity.modules.counts() if report.parity is not None and report.parity.modules is not None else {}
    return {
        "parameters": f"{report.modules.root.parameters:,}",
        "nodes": report.measures.nodes,
        **measures,
        "CPU": f"{seconds:.1f} s",
        "peak GB": f"{(highest - held) / GB:.2f}",
        "in all, GB": f"{highest / GB:.2f}",
        "max abs difference": report.parity.text if report.parity is not None else "not verified",
        "module calls": ", ".join(f"{count} {verdict}" for verdict, count in calls.items() if count) or "–",
        "stages": {name: [round(cpu, 1), round((peak - held) / GB, 2)] for name, (cpu, peak) in stages.found.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=CASES, action="append", help="measure only this (may be repeated)")
    parser.add_argument("--measure", choices=CASES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        answer(lambda: measure(options.measure))
        return
    print(machine() + "\n")
    print(head(COLUMNS))
    found = {case: child("huge", "--measure", case) for case in options.case or CASES}
    for case, figures in found.items():
        print("| " + " | ".join([case, *(str(figures[column]) for column in COLUMNS[1:])]) + " |")
    print("\nStage by stage, processor seconds and peak GB:\n")
    names = list(dict.fromkeys(stage for figures in found.values() for stage in figures["stages"]))
    print(head(("model", *names)))
    for case, figures in found.items():
        stages = [figures["stages"].get(name) for name in names]
        print("| " + " | ".join([case, *(f"{at[0]} s, {at[1]} GB" if at else "–" for at in stages)]) + " |")


if __name__ == "__main__":
    main()
