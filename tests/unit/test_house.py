"""The rules of the house that no linter knows."""

import ast
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import modelexport_nb

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "modelexport_nb"
ENGINE = sorted((PACKAGE / "engine").rglob("*.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")

# What the engine must never load: it also serves the command line and plain scripts.
PRESENTATION = ("IPython", "ipywidgets", "anywidget", "modelexport_nb.notebook")


def is_presentation(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in PRESENTATION)


def run_fresh(code: str) -> str:
    """Run code in a new interpreter: this one has loaded everything already."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(path: Path) -> set[str]:
    """Every module that a file names in an import, relative ones made absolute."""
    names = set()
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return names


# ---- layers ----


@pytest.mark.parametrize("path", ENGINE, ids=module_name)
def test_engine_names_no_presentation(path):
    assert not [name for name in imported_names(path) if is_presentation(name)]


def test_engine_loads_no_presentation():
    modules = [module_name(path) for path in ENGINE]
    loaded = run_fresh(
        "import importlib, json, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    # torch, transformers or tqdm may print before us.
    assert not [name for name in json.loads(loaded.splitlines()[-1]) if is_presentation(name)]


def test_importing_the_package_is_quick():
    heavy = run_fresh(
        "import sys, modelexport_nb\n"
        "print([name for name in ('torch', 'transformers', 'onnxruntime', 'IPython') if name in sys.modules])"
    )
    assert heavy == "[]"


# ---- no architecture decides anything ----

# Names of architectures that are words of ours for other things.
OTHER_WORDS = {
    "align": "what a comparison does with two trees",
    "aria": "the attributes of HTML for screen readers, `aria-label`",
    "codegen": "what writes a graph of torch as Python, `_codegen`",
    "esm": "the script of a widget, `_esm`",
}


def words_of(path: Path) -> set[str]:
    """The words in a file's names and strings, `like_this`, `LikeThis` and each part; no comments, no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    docstrings = {id(node.body[0].value) for node in documented if ast.get_docstring(node) is not None}
    texts = []
    for node in ast.walk(tree):
        named = ("id", "attr", "name", "arg", "module", "asname")
        texts += [value for field in named if isinstance(value := getattr(node, field, None), str)]
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            texts.append(node.value)
    found = set()
    for text in texts:
        for name in re.findall(r"[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*", text):
            parts = [part for part in re.split(r"[_-]", name) if part]
            camel = [part for word in parts for part in re.findall(r"[A-Z]+[a-z0-9]*|[a-z0-9]+", word)]
            for pieces in (parts, camel):
                ends = range(len(pieces) + 1)
                found |= {"_".join(pieces[i:j]).lower() for i in ends for j in ends[i + 1 :]}
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=module_name)
def test_no_architecture_is_named(path):
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    assert len(CONFIG_MAPPING_NAMES) > 300
    assert not words_of(path) & set(CONFIG_MAPPING_NAMES) - set(OTHER_WORDS)


def test_a_named_architecture_is_seen(tmp_path):
    for code in (
        'kind = "bert"',
        "import transformers\ntransformers.T5Model",
        "def of_gpt_neox(): ...",
        'x = f"a-vit-{1}"',
    ):
        (tmp_path / "m.py").write_text(code, encoding="utf-8")
        assert words_of(tmp_path / "m.py") & {"bert", "t5", "gpt_neox", "vit"}, code


# ---- the public surface ----


def test_every_public_name_is_documented():
    for name in modelexport_nb.__all__:
        if name.startswith("__"):
            continue
        value = getattr(modelexport_nb, name)
        assert value.__doc__, f"{name} has no docstring"
        assert re.search(rf"\b{name}\b", README), f"{name} is not in the README"


def test_every_documented_name_is_public():
    named = set(re.findall(r"\bmodelexport_nb\.([a-z]\w+)\b", README))
    for names in re.findall(r"from modelexport_nb import \(?([\w, ]+)", README):
        named |= {name.strip() for name in names.split(",") if name.strip()}
    # two rooms of the package, and the entry point group
    assert named - {"engine", "notebook", "strategies"} <= set(modelexport_nb.__all__)


# ---- the files ----


def repository_files() -> list[Path]:
    """What git has or would take; without git, what the source distribution would hold."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in repository_files():
        try:
            found.append((path, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue  # a picture
    return found


def test_no_file_names_this_machine():
    here = {str(ROOT), str(Path.home()), sys.prefix, sys.base_prefix}
    # "/" and "/usr" are on every machine; a path counts only where it begins, not inside a longer one.
    places = [re.escape(place) for place in here if place.count("/") > 1 or place == str(Path.home()) != "/"]
    machine = re.compile(rf"(?<![\w.~-])(?:{'|'.join(places)})(?=[/\"'\s:])")
    guilty = [str(path.relative_to(ROOT)) for path, text in texts() if machine.search(text)]
    assert not guilty


def test_no_saved_output_names_a_temporary_folder():
    notebooks = [(path, text) for path, text in texts() if path.suffix == ".ipynb"]
    assert not [path.name for path, text in notebooks if f"{tempfile.gettempdir()}/" in text]


def test_lock_files_name_no_registry():
    locks = [path for path in repository_files() if path.name == "package-lock.json"]
    assert locks
    for path in locks:
        packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
        assert not [name for name, entry in packages.items() if "resolved" in entry], path


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=module_name)
def test_files_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 400
