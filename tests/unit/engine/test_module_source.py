"""The text of a forward: the right lines of the right file, or a plain word that they are not here."""

from __future__ import annotations

import functools
import gc
import linecache
import textwrap
import weakref
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from modelexport_nb import export_model
from modelexport_nb.engine.errors import ModelExportError
from modelexport_nb.engine.hierarchy import read_hierarchy
from modelexport_nb.engine.module_source import CHANGED, NOT_FOUND, ForwardSource, forward_source
from modelexport_nb.engine.modules import ModuleTree
from modelexport_nb.engine.sources import CodePlace


def source_of(model: nn.Module, path: str = "") -> ForwardSource:
    return forward_source(SimpleNamespace(modules=ModuleTree.of(model)), path)


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.held = nn.ModuleList([nn.ReLU()])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        text = """
  less indented
"""
        # a comment
        if text:
            x = self.linear(x)

        return x  # the end

    def after(self) -> None: ...


class Inherits(Plain):
    pass


def wrapped(function):  # type: ignore[no-untyped-def]
    @functools.wraps(function)
    def run(*args, **kwargs):  # type: ignore[no-untyped-def]
        return function(*args, **kwargs)

    return run


class Decorated(nn.Module):
    @wrapped
    @torch.no_grad()
    def forward(
        self,
        x: torch.Tensor,
    ) -> torch.Tensor:
        return x + 1


class Borrowed(nn.Module):
    forward = lambda self, x: x + 2  # noqa: E731


def here() -> list[str]:
    return Path(__file__).read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("model", [Plain(), Inherits()], ids=["own", "inherited"])
def test_the_lines_are_those_of_the_file(model: nn.Module) -> None:
    found = source_of(model)
    assert found.class_name == type(model).__name__
    assert (found.lines[0], found.lines[-1]) == (
        "def forward(self, x: torch.Tensor) -> torch.Tensor:",
        "    return x  # the end",
    )
    on_disk = here()[found.first - 1 : found.first - 1 + len(found.lines)]
    assert [line.strip() for line in on_disk] == [line.strip() for line in found.lines]
    assert list(found.lines[1:4]) == ['    text = """', "  less indented", '"""']
    assert "" in found.lines


def test_decorators_and_lambdas() -> None:
    found = source_of(Decorated())
    assert found.lines[:3] == ("@wrapped", "@torch.no_grad()", "def forward(")
    assert found.lines[-1] == "    return x + 1"
    assert "lambda self, x: x + 2" in source_of(Borrowed()).lines[0]


def test_the_file_has_the_name_that_nodes_have(tmp_path: Path) -> None:
    report = export_model(Plain(), torch.ones(2, 4), tmp_path / "net.onnx", verify="off")
    found = forward_source(report, "")
    places = {scope.source for scope in report.attribution.scopes}
    line = next(number for number, text in enumerate(found.lines, found.first) if "self.linear(x)" in text)
    assert places == {f"{found.file}:{line}"}
    linear = forward_source(report, "linear")
    assert (linear.file, linear.class_name) == ("torch/nn/modules/linear.py", "Linear")


def test_a_forward_that_was_put_on_one_module() -> None:
    model = nn.Sequential(Plain(), Plain())

    def replaced(x: torch.Tensor) -> torch.Tensor:
        return x * 3

    model[0].forward = replaced
    assert source_of(model, "0").lines[-1] == "    return x * 3"
    assert source_of(model, "1").lines[-1] == "    return x  # the end"


CELL = """
import torch
class InCell(torch.nn.Module):
    def forward(self, x):
        y = x * 2
        return y

    def other(self): ...
"""


def run_as(name: str, text: str = CELL) -> nn.Module:
    variables: dict[str, object] = {}
    exec(compile(text, name, "exec"), variables)
    return variables["InCell"]()  # type: ignore[operator]


def test_a_cell_of_a_notebook(tmp_path: Path) -> None:
    name = f"{tmp_path}/ipykernel_123/456.py"  # how ipykernel names it; no such file is there
    linecache.cache[name] = (len(CELL), None, CELL.splitlines(True), name)
    found = source_of(run_as(name))
    assert found == ForwardSource("notebook", 4, ("def forward(self, x):", "    y = x * 2", "    return y"), "InCell")
    del linecache.cache[name]
    with pytest.raises(ModelExportError, match=NOT_FOUND):
        source_of(run_as(name))


@pytest.mark.parametrize("name", ["<string>", "<stdin>", "", "nowhere.py", "/nowhere/at/all.py"])
def test_text_that_is_nowhere(name: str) -> None:
    with pytest.raises(ModelExportError) as failure:
        source_of(run_as(name))
    assert str(failure.value) == "No source for this module. Its forward was not found on this machine."


def test_a_file_that_was_edited_is_not_shown_as_what_ran(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(CELL)
    model = run_as(str(file))
    assert source_of(model).lines[-1] == "    return y"
    for text in ("x = 1\n" * 30, CELL.replace("def forward", "def backward"), "", "\n\n", "((((\n" * 9):
        file.write_text(text)
        with pytest.raises(ModelExportError) as failure:
            source_of(model)
        assert str(failure.value) in (CHANGED, NOT_FOUND)
    file.write_text(CELL.replace("x * 2", "x * 2.0"))  # the same place: what stands there is shown
    assert source_of(model).lines[1] == "    y = x * 2.0"
    file.unlink()
    with pytest.raises(ModelExportError, match=NOT_FOUND):
        source_of(model)


def test_no_other_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("password\n" * 20)
    with pytest.raises(ModelExportError, match=CHANGED):
        source_of(run_as(str(secret)))  # a file that is no code shows nothing of itself
    read: list[str] = []
    monkeypatch.setattr(linecache, "getlines", lambda file, *_: read.append(file) or [])
    report = SimpleNamespace(modules=ModuleTree.of(Plain()))
    for path in ("", "linear", "held", "held.0"):
        with pytest.raises(ModelExportError):
            forward_source(report, path)
    assert {Path(file).name for file in read} == {Path(__file__).name, "linear.py", "activation.py"}


def test_a_relative_name_is_that_of_the_folder_it_was_read_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.py").write_text(CELL)
    monkeypatch.chdir(tmp_path)
    modules = SimpleNamespace(modules=ModuleTree.of(run_as("net.py")))
    monkeypatch.chdir("/")
    assert forward_source(modules, "").lines[-1] == "    return y"


def test_a_container_has_none_and_an_unknown_path_is_told() -> None:
    with pytest.raises(ModelExportError, match=NOT_FOUND):
        source_of(Plain(), "held")
    with pytest.raises(ModelExportError, match=r'no module "linaer"\. Did you mean "linear"\?'):
        source_of(Plain(), "linaer")


def test_an_opened_file_has_none(tmp_path: Path) -> None:
    path = export_model(Plain(), torch.ones(2, 4), tmp_path / "net.onnx", verify="off").path
    with pytest.raises(ModelExportError, match=NOT_FOUND):
        forward_source(read_hierarchy(path), "linear")


def test_nothing_of_the_machine_is_shown_and_no_model_is_kept(tmp_path: Path) -> None:
    model = Plain()
    kept = weakref.ref(model)
    report = export_model(model, torch.ones(2, 4), tmp_path / "net.onnx", verify="off")
    place = report.modules.root.forward
    assert place == CodePlace(__file__, place.line, "forward") if place else False
    assert __file__ not in repr(report.modules) and str(Path(__file__).parent) not in forward_source(report, "").file
    assert str(Path(__file__).parent).encode() not in report.path.read_bytes()
    assert replace(report.modules.root, forward=None) == report.modules.root
    del model
    gc.collect()
    assert kept() is None and forward_source(report, "").lines


def test_windows_line_ends_and_no_end(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_bytes(textwrap.dedent(CELL[: CELL.index("\n\n")]).replace("\n", "\r\n").encode())
    assert source_of(run_as(str(file))).lines == ("def forward(self, x):", "    y = x * 2", "    return y")
