"""Sweeps without exports: jobs that stand as they are told, so that the browser test knows what it must see."""

import threading
import time
from dataclasses import replace
from itertools import product
from pathlib import Path

from modelexport_nb.engine.sweeps import JobResult, Status, Sweep

VARIANTS = ("fx", "htp", "usage_based")
# Shown as text by every view, or the page runs a stranger's script.
HTML_NAME = "<img src=x onerror=hacked=1>"
MODELS = (
    "sentence-transformers/all-MiniLM-L6-v2",
    "microsoft/resnet-18",
    HTML_NAME,
    "openai-community/gpt2",
    "google/vit-base-patch16-224",
    "facebook/bart-large-mnli",
    "albert/albert-base-v2",
    "timm/mobilenetv3_small_100.lamb_in1k",
)
BRANCH = "net.py:14 branches on data: if self.gate(h).mean() > 0. Try --capture torchscript"
STAGES = {"run": 0.12, "capture": 1.84, "optimise": 0.61, "attribute": 0.2, "verify": 0.33}
VERSIONS = {"python": "3.11.9", "torch": "2.13.0", "onnx": "1.19.0", "modelexport_nb": "0.3.0"}


def waiting(models: tuple[str, ...], variants: tuple[str, ...], missing: tuple[int, ...] = ()) -> list[JobResult]:
    """A job for every cell but some."""
    jobs = [JobResult(f"{model} / {variant}", model, variant) for model, variant in product(models, variants)]
    return [job for number, job in enumerate(jobs) if number not in missing]


def ended(job: JobResult, number: int) -> JobResult:
    """How a job came out: every seventh failed, every ninth is to be looked at, every fifth was in the store."""
    nodes, seconds = 180 + 37 * (number // 3) + 2 * (number % 3), 1.0 + number % 11 / 3
    found = replace(
        job,
        status=Status.OK,
        strategy=job.variant,
        capture="torch.export",
        opset=20,
        nodes=nodes,
        measures={"coverage": f"{nodes}/{nodes}", "ownership": "89/89", "root share": "0.0 %", "convex": "120/120"},
        parity="largest difference 5.3e-05",
        max_abs=5.3e-05,
        bytes=91_012_345 - 1_234 * number,
        seconds=seconds,
        stages=STAGES,
        peak_bytes=412_000_000,
        versions=VERSIONS,
        fingerprint=f"{number:08x}",
        attempt=1,
        kept=number % 5 == 4,
    )
    if number % 7 == 3:
        failed = {"status": Status.FAILED, "error": "CaptureError", "cause": BRANCH}
        return replace(found, **failed, nodes=None, bytes=None, measures={}, parity="", max_abs=None, stages={})
    if number % 9 == 1:
        cause = "coverage is 229 of 231: two nodes stand at the root for want of anything better"
        return replace(found, status=Status.WARNED, cause=cause, notes=("The inputs were made.",))
    return found


def small(count: int = 12) -> Sweep:
    """Eight models by three variants, one cell empty; so many jobs have ended, and two run."""
    sweep = Sweep(waiting(MODELS, VARIANTS, missing=(10,)), Path("sweep.db"))
    jobs = list(sweep.values())
    for number, job in enumerate(jobs[:count]):
        sweep.put(ended(job, number))
    for job in jobs[count : count + 2]:
        sweep.put(replace(job, status=Status.RUNNING))
    return sweep


def finish(sweep: Sweep) -> None:
    """All that is left ends, and the sweep with it."""
    for number, job in enumerate(list(sweep.values())):
        if not job.status.ended:
            sweep.put(ended(job, number))
    sweep.end()


def large(models: int = 500, variants: int = 6) -> Sweep:
    """Many jobs, most of them over."""
    names = tuple(f"team-{number % 17}/model-{number}" for number in range(models))
    columns = tuple(f"{strategy}, opset {opset}" for strategy in VARIANTS for opset in (18, 20))[:variants]
    sweep = Sweep(waiting(names, columns), Path("sweep.db"))
    for number, job in enumerate(list(sweep.values())):
        if number % 10 != 9:
            sweep.put(ended(job, number))
    return sweep


def go_on(sweep: Sweep, seconds: float = 20.0) -> None:
    """What waits ends beside the notebook, a few dozen jobs a second, until nothing is left."""

    def run() -> None:
        left = [(number, job) for number, job in enumerate(list(sweep.values())) if not job.status.ended]
        for number, job in left:
            if sweep.cancelled:
                break
            sweep.put(ended(job, number))
            time.sleep(seconds / len(left))
        sweep.end()

    threading.Thread(target=run, daemon=True).start()
