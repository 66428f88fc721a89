"""Sweeps whose jobs stand as a test says."""

from collections.abc import Sequence
from pathlib import Path

from modelexport_nb.engine.sweeps import JobResult, Status, Sweep

HOSTILE = ("<script>alert(1)</script>", "a | b\nc\r", "x" * 500, '"quoted" & \u202eturned', "混合 モデル")
OK = {
    "status": Status.OK,
    "strategy": "fx",
    "capture": "torch.export",
    "opset": 20,
    "nodes": 231,
    "measures": {"coverage": "231/231"},
    "parity": "largest difference 1.2e-07",
    "max_abs": 1.2e-07,
    "bytes": 91_000_000,
    "seconds": 2.5,
    "stages": {"run": 0.5, "capture": 2.0},
    "peak_bytes": 412_000_000,
    "versions": {"torch": "2.13.0"},
    "fingerprint": "abc",
    "folder": "/a/folder/of/this/machine",
    "attempt": 1,
    "ended_at": 1_800_000_000.0,
}
FAILED = {"status": Status.FAILED, "cause": "net.py:14 branches <on> data | here\nand there", "error": "CaptureError"}
WARNED = {**OK, "status": Status.WARNED, "cause": "two nodes at the root", "notes": ("The inputs were made.",)}


def job(model: str, variant: str, **known) -> JobResult:
    return JobResult(f"{model} / {variant}", model, variant, **known)


def sweep_of(*results: JobResult, ended: bool = True, notes: Sequence[str] = ()) -> Sweep:
    found = Sweep(results, Path("sweep.db"), notes)
    if ended:
        found.end()
    return found


def small(ended: bool = True) -> Sweep:
    """Two models by three variants without the last cell: ok, failed, kept; warned, waiting."""
    return sweep_of(
        job("MiniLM", "fx", **OK),
        job("MiniLM", "htp", **FAILED),
        job("MiniLM", "usage_based", **{**OK, "kept": True, "nodes": 229}),
        job("ResNet", "fx", **WARNED),
        job("ResNet", "htp"),
        ended=ended,
    )


def hostile() -> Sweep:
    """Names that no view may take for anything but text, in rows, columns, causes and notes."""
    return sweep_of(
        *(job(model, variant, **{**FAILED, "cause": model}) for model in HOSTILE for variant in HOSTILE[:3]),
        notes=HOSTILE,
    )
