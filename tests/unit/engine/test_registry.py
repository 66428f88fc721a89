"""Strategies of other packages: found, loaded when asked for, never a danger to the others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from modelexport_nb.engine.errors import OptionError
from modelexport_nb.engine.strategies import get_strategy, known_strategies

WORKING = """
from modelexport_nb.engine.attribution import Attribution, Evidence, NodeScope
from modelexport_nb.engine.graph import all_nodes

class RootStrategy:
    name = "all_root"
    needs_values = False

    def obstacle(self, subject):
        return None

    def attribute(self, subject):
        scopes = [NodeScope(0, Evidence.ROOT) for _ in all_nodes(subject.graph)]
        return Attribution(self.name, subject.captured.calls, scopes, {})
"""


def install(folder: Path, package: str, entries: dict[str, str], code: str = "") -> None:
    """What pip leaves of a package with one module and some entry points."""
    module = package.replace("-", "_")
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [f"{name} = {value}" for name, value in entries.items()]
    (info / "entry_points.txt").write_text("\n".join(["[modelexport_nb.strategies]", *lines]) + "\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on sys.path, as site-packages is."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def refusal(name: str) -> str:
    with pytest.raises(OptionError) as caught:
        get_strategy(name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_built_in_ones_come_first(site: Path) -> None:
    built_in = known_strategies()
    install(site, "early", {"aaa": "early:X"})
    assert built_in == ["auto", "fx", "htp", "usage_based"]
    assert known_strategies() == [*built_in, "aaa"]
    assert get_strategy("fx") is get_strategy("fx")
    for name in built_in:
        assert get_strategy(name).name == name


def test_it_is_imported_only_when_asked_for(site: Path) -> None:
    install(site, "lazy-plugin", {"all_root": "lazy_plugin:RootStrategy"}, WORKING)
    assert "all_root" in known_strategies()
    assert "lazy_plugin" not in sys.modules
    strategy = get_strategy("all_root")
    assert strategy.name == "all_root" and "lazy_plugin" in sys.modules
    assert get_strategy("all_root") is strategy
    assert 'Did you mean "all_root"?' in refusal("all_roots")


def test_an_entry_point_may_name_an_instance(site: Path) -> None:
    install(site, "instance-plugin", {"all_root": "instance_plugin:made"}, WORKING + "\nmade = RootStrategy()\n")
    assert get_strategy("all_root") is sys.modules["instance_plugin"].made


@pytest.mark.parametrize(
    ("code", "target", "words"),
    [
        ("import no_such_module_x", "X", "cannot be loaded: ModuleNotFoundError: No module named 'no_such_module_x'."),
        ("raise SystemExit(3)", "X", "cannot be loaded: SystemExit: 3."),
        ("syntax error", "X", "cannot be loaded: SyntaxError: "),
        ("", "X", "cannot be loaded: AttributeError: "),
        ("class X:\n  def __init__(self, a): pass", "X", "cannot be loaded: TypeError: "),
        ("X = 3", "X", "is no strategy: it has no method obstacle() (its type is int)."),
        (
            "class X:\n  def obstacle(self, s): pass",
            "X",
            "is no strategy: it has no method attribute() (its type is X).",
        ),
        (
            WORKING.replace("needs_values = False", ""),
            "RootStrategy",
            "is no strategy: it does not say with needs_values",
        ),
        (WORKING, "RootStrategy", "is no strategy: its name is 'all_root', its entry point says 'bad'."),
    ],
)
def test_a_broken_plugin_is_named_and_harms_nobody(site: Path, code: str, target: str, words: str) -> None:
    module = f"bad_{abs(hash((code, target)))}"
    install(site, module, {"bad": f"{module}:{target}"}, code)
    assert known_strategies()[-1] == "bad"
    assert get_strategy("fx").name == "fx"
    message = refusal("bad")
    assert message.startswith(f'The strategy "bad" of the plug-in "{module}" ({module}:{target}) ')
    assert words in message


def test_a_built_in_cannot_be_shadowed(site: Path) -> None:
    before = known_strategies()
    install(site, "shadow", {"fx": "shadow:X"}, "raise RuntimeError")
    assert known_strategies() == before
    assert type(get_strategy("fx")).__name__ == "FxStrategy"


def test_two_plugins_of_one_name(site: Path) -> None:
    install(site, "one", {"twin": "one:X"})
    install(site, "two", {"twin": "two:X"})
    assert known_strategies().count("twin") == 1
    assert 'the plug-in "one" (one:X) and the plug-in "two" (two:X)' in refusal("twin")


def test_a_package_with_damaged_metadata_is_passed_over(site: Path) -> None:
    install(site, "damaged", {})
    (site / "damaged-1.0.dist-info" / "entry_points.txt").write_text("[modelexport_nb.strategies]\nno equals sign\n")
    install(site, "sound", {"all_root": "sound:RootStrategy"}, WORKING)
    assert "all_root" in known_strategies()


def test_a_real_process_exports_with_a_plugin(tmp_path: Path) -> None:
    install(tmp_path, "outside", {"all_root": "outside:RootStrategy"}, WORKING)
    program = f"""
import json, sys
sys.path.insert(0, {str(tmp_path)!r})
import torch
from modelexport_nb import export_model
model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU())
report = export_model(model, torch.ones(1, 4), {str(tmp_path / "m.onnx")!r}, strategy="all_root", verify="off")
print(json.dumps([report.strategy, report.measures.root, report.measures.nodes]))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=Path.cwd(), timeout=120)
    assert run.returncode == 0, run.stderr
    strategy, root, nodes = json.loads(run.stdout.splitlines()[-1])
    assert strategy == "all_root" and root == nodes > 0
