"""What the documents name is there: paths, make targets, links, options; and what makes the site of them."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path

import onnx
import pytest
import torch

import modelexport_nb
from modelexport_nb import export_model
from modelexport_nb.engine.attribution import CONFIDENCE
from modelexport_nb.engine.sweeps import Status
from modelexport_nb.engine.sweeps.plan import read_plan
from scripts.reference import PAGES, with_reference
from scripts.site_pages import GUIDE, faults_of, on_page_content, without_widgets

ROOT = Path(__file__).parents[2]
DOCUMENTS = ["README.md", "CONTRIBUTING.md"]
PROSE = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))
MADE = {"modelexport_nb/notebook/static", ".venv", "build", "demo-output"}  # not in git, there or not
ROOMS = sorted(path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("."))

TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def named_paths(text: str) -> set[str]:
    """Paths that begin with a folder of this repository, in code or not."""
    rooms = "|".join(re.escape(room) for room in ROOMS)
    found = re.findall(rf"(?<![\w./-])((?:{rooms})/[\w./*-]*)", text)
    return {path.rstrip("./") for path in found if not path.endswith("/__init__")}


def links(text: str) -> set[str]:
    """Relative targets of Markdown links and pictures, without their anchors."""
    found = {target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target}
    return found - {""}


def commands(text: str) -> set[str]:
    """Targets of `make`, where a line of code begins with it or code in a sentence does."""
    return set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", text, re.MULTILINE))


def npm_scripts(text: str) -> set[str]:
    return set(re.findall(r"npm --prefix js run ([a-z]+)", text))


def python_modules(text: str) -> set[str]:
    return set(re.findall(r"python -m ((?:tests|examples|modelexport_nb)[\w.]*)", text))


def exists(path: str) -> bool:
    return any(ROOT.glob(path)) or any(path == made or path.startswith(f"{made}/") for made in MADE)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_paths_exist(name: str) -> None:
    text = text_of(name)
    assert not [path for path in sorted(named_paths(text) | links(text)) if not exists(path)]


@pytest.mark.parametrize("name", PROSE)
def test_what_the_guide_names_exists(name: str) -> None:
    text = text_of(name)
    assert not [target for target in links(text) if not (ROOT / "docs" / target).exists()]
    assert not [path for path in named_paths(text) if not exists(path)]
    assert not commands(text) - TARGETS
    assert not [module for module in python_modules(text) if find_spec(module) is None]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_exist(name: str) -> None:
    assert commands(text_of(name)) and not commands(text_of(name)) - TARGETS
    scripts = json.loads(text_of("js/package.json"))["scripts"]
    assert not npm_scripts(text_of(name)) - set(scripts)
    assert not [module for module in python_modules(text_of(name)) if find_spec(module) is None]


def test_files_named_by_their_name_alone_exist() -> None:
    """`judge.py` in a table stands for a file of the package; so do `LIKE_THIS` and `CamelCase` for names in it."""
    text = text_of("CONTRIBUTING.md")
    names = {path.name for path in ROOT.glob("[mt]*/**/*.py")}
    assert not [name for name in re.findall(r"`([\w]+\.py)`", text) if name not in names]
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "modelexport_nb").rglob("*.py"))
    for symbol in re.findall(r"`(_?[A-Z][A-Z_]+|[A-Z]\w+)`", text):
        assert re.search(rf"^(?:class {symbol}\b|{symbol}\b.*=)", sources, re.MULTILINE), symbol


def test_every_room_of_the_house_is_told() -> None:
    text = text_of("CONTRIBUTING.md")
    rooms = [path for path in (ROOT / "modelexport_nb/engine").iterdir() if (path / "__init__.py").is_file()]
    assert not [room.name for room in rooms if f"modelexport_nb/engine/{room.name}/" not in text]


def test_what_is_not_there_is_seen() -> None:
    text = "`make nonsense`, [x](docs/NO.md#top) and `tests/unit/test_no.py`"
    assert commands(text) - TARGETS == {"nonsense"}
    assert not [path for path in named_paths(text) | links(text) if exists(path)]
    assert named_paths(text) | links(text) == {"docs/NO.md", "tests/unit/test_no.py"}


def test_the_contract_names_every_key_of_a_file(tmp_path: Path) -> None:
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    torch.nn.init.normal_(model[1].weight)
    file = onnx.load(export_model(model, torch.randn(1, 3, 8, 8), tmp_path / "m.onnx", verify="off").path)
    keys = {prop.key for holder in (file, *file.graph.node) for prop in holder.metadata_props}
    told = set(re.findall(r"^\| `([\w.]+)` \|", text_of("docs/contract.md"), re.MULTILINE))
    assert "modelexport.also" in keys and keys == told


def test_the_evidence_is_told_with_its_confidence() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", text_of("docs/attribution.md"), re.MULTILINE)
    assert {kind: float(confidence) for kind, confidence in rows} == CONFIDENCE


def test_the_plan_of_a_sweep_is_one(tmp_path: Path) -> None:
    (text,) = re.findall(r"^```toml\n(.*?)^```$", text_of("docs/sweeps.md"), re.MULTILINE | re.DOTALL)
    for plan in (text, re.sub(r"^# (?=scheduler|captures)", "", text, flags=re.MULTILINE)):
        (tmp_path / "nightly.toml").write_text(plan, encoding="utf-8")
        jobs = read_plan(tmp_path / "nightly.toml").jobs()
        assert {job.model_name for job in jobs} == {"MiniLM", "my_models:Net"}
    assert len(jobs) == 2 * 3 * 2 * 2 * 2


def test_every_status_of_a_job_is_told() -> None:
    told = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text_of("docs/sweeps.md"), re.MULTILINE)
    assert re.findall(r"`(\w+)`", " ".join(told)) == [str(status) for status in Status]


# ---- the site ----


@pytest.mark.parametrize("name", PAGES)
def test_options_are_those_of_the_verbs(name: str) -> None:
    page = text_of(name)
    assert page == with_reference(page, PAGES[name]()), "stale: run python scripts/reference.py"


def test_every_public_name_has_its_place_in_the_reference() -> None:
    referred = set(re.findall(r"^::: .*[.](\w+)$", text_of("docs/api.md"), re.MULTILINE))
    names = {name for name in modelexport_nb.__all__ if not name.startswith("__")}
    assert referred - {"errors"} == names - {"ModelExportError"}


def test_the_guide_is_all_of_the_pages() -> None:
    assert {f"docs/{name}.md" for name in GUIDE} | {"docs/TRUTH.md", "docs/ZOO.md"} == set(PROSE)


def test_a_notebook_keeps_its_static_views_alone() -> None:
    data = {"application/vnd.jupyter.widget-view+json": {}, "text/html": "<p>", "text/plain": "p"}
    notebook = {"metadata": {"widgets": {}, "kernelspec": {}}, "cells": [{"outputs": [{"data": data}]}, {"source": ""}]}
    assert without_widgets(notebook)["metadata"] == {"kernelspec": {}}
    assert set(data) == {"text/html", "text/plain"}


def test_a_page_of_a_notebook_loads_nothing_and_leads_to_pages() -> None:
    class Page:
        class file:
            src_uri = "examples/a.ipynb"

    html = (
        '<script>let kept = 1</script><script src="https://host.example/x.js"></script>'
        '<script type="module">import("https://host.example/y.mjs")</script>'
        '<a href="b.ipynb#part"></a><a href="README.md"></a><a href="https://host.example/README.md"></a>'
    )
    assert on_page_content(html, Page()) == (
        '<script>let kept = 1</script><a href="b.html#part"></a><a href="index.html"></a>'
        '<a href="https://host.example/README.md"></a>'
    )


def test_faults_of_a_page_are_seen(tmp_path: Path) -> None:
    (tmp_path / "there.html").touch()
    fine = '<a href="there.html#x">, <a href="#x">, <a href="https://host.example">, <img src="data:image/png;base64,">'
    assert faults_of(fine, tmp_path) == []
    assert len(faults_of('<script src="//host.example/x.js">', tmp_path)) == 1
    assert len(faults_of('<script>import("https://host.example/x.mjs")</script>', tmp_path)) == 1
    assert len(faults_of('<link href="https://host.example/x.css">', tmp_path)) == 1
    assert len(faults_of('<a href="gone.html">', tmp_path)) == 1
