"""The notebooks as teaching material: all in the index, links that lead somewhere, solutions that are right."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
PAGES = sorted(EXAMPLES.glob("*.md"))
LIMIT = 2_000_000  # bytes of a notebook, outputs and widgets included
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(#[^)]*)?\)")


def cells(path: Path, kind: str) -> list[str]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def prose(path: Path) -> str:
    return "\n".join(cells(path, "markdown")) if path.suffix == ".ipynb" else path.read_text(encoding="utf-8")


def answers(path: Path) -> list[str]:
    return [line for cell in cells(path, "code") for line in cell.splitlines() if line.startswith("answer = ")]


def blocks(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_index_lists_every_notebook_in_order():
    rows = re.findall(r"^\| (\d+) \| \[[^]]+\]\((\S+?)\) \|", prose(EXAMPLES / "README.md"), flags=re.MULTILINE)
    assert [name for _, name in rows] == [path.name for path in NOTEBOOKS]
    assert [int(number) for number, _ in rows] == [int(path.name[:2]) for path in NOTEBOOKS]


@pytest.mark.parametrize("path", [*NOTEBOOKS, *PAGES, ROOT / "README.md"], ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    missing = [target for target, _ in LINK.findall(prose(path)) if not (path.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_asks_and_checks(path):
    assert "**Predict:**" in prose(path)
    assert "<details><summary>" in prose(path)
    assert answers(path) and "answer = ..." not in answers(path)
    replies = re.findall(r'"text/plain": \[\s*"(✓|✗) ', path.read_text(encoding="utf-8"))
    assert replies == ["✓"] * len(answers(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_small(path):
    assert path.stat().st_size < LIMIT


def test_every_exercise_has_a_solution():
    asked = re.findall(
        r"^(\d+)\. \*\*(.+?)\.?\*\*", prose(EXAMPLES / "TEACHING.md").split("## Exercises")[1], re.MULTILINE
    )
    solved = re.findall(r"^## (\d+)\. (.+)$", prose(EXAMPLES / "solutions.md"), re.MULTILINE)
    assert asked == solved and len(asked) == len(NOTEBOOKS)


def test_the_solutions_are_right(tmp_path):
    code = "\n".join(blocks(EXAMPLES / "solutions.md"))
    assert code.count("assert ") >= len(NOTEBOOKS)
    (tmp_path / "solutions.py").write_text(code, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": f"{EXAMPLES}:{ROOT}", "TMPDIR": str(tmp_path)}
    run = subprocess.run([sys.executable, tmp_path / "solutions.py"], capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr


def test_copies_for_a_class_hold_no_answers(tmp_path):
    run = [sys.executable, ROOT / "scripts" / "class_copy.py", tmp_path]
    subprocess.run(run, check=True, capture_output=True)
    copies = sorted(tmp_path.glob("*.ipynb"))
    assert [copy.name for copy in copies] == [path.name for path in NOTEBOOKS]
    for copy, path in zip(copies, NOTEBOOKS, strict=True):
        assert set(answers(copy)) == {"answer = ..."} and len(answers(copy)) == len(answers(path))
        assert not any(cell.get("outputs") for cell in json.loads(copy.read_text(encoding="utf-8"))["cells"])
    for helper in tmp_path.glob("*.py"):
        ast.parse(helper.read_text(encoding="utf-8"))
    assert {"architectures.py", "learning.py", "minilm.py"} <= {path.name for path in tmp_path.iterdir()}


def test_a_copy_of_an_unknown_notebook_is_refused(tmp_path):
    run = [sys.executable, ROOT / "scripts" / "class_copy.py", tmp_path / "lesson", "02", "77"]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr == "There is no notebook 77 in examples.\n"
    assert not (tmp_path / "lesson").exists()
