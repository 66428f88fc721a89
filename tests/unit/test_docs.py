"""What the documents name is there: paths, make targets, links, npm scripts."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = ["README.md", "CONTRIBUTING.md"]
MADE = {"modelexport_nb/notebook/static", ".venv"}  # not in git
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
    return any(ROOT.glob(path)) or path in MADE


@pytest.mark.parametrize("name", DOCUMENTS)
def test_paths_exist(name: str) -> None:
    text = text_of(name)
    assert not [path for path in sorted(named_paths(text) | links(text)) if not exists(path)]


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
