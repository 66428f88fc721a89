"""`compare()`: one run and one capture for all strategies, each column as its own export would be, failures apart."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from torch import nn

from modelexport_nb.engine import compare as running
from modelexport_nb.engine import export, files, verification
from modelexport_nb.engine.capture import ladder
from modelexport_nb.engine.compare import compare
from modelexport_nb.engine.errors import (
    CaptureError,
    CheckError,
    EagerRunError,
    ModelExportError,
    OptionError,
    PathError,
)
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.strategies import Subject, get_strategy

from .zoo import X, build

CASE = "called twice"
THREE = ("fx", "htp", "usage_based")


def counting(monkeypatch: pytest.MonkeyPatch, name: str, among: Any = export) -> list[Any]:
    """What a function of `among` was called with, from now on."""
    calls: list[Any] = []
    original = getattr(among, name)

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        return original(*args, **kwargs)

    monkeypatch.setattr(among, name, counted)
    return calls


class Broken:
    """A strategy of a plug-in."""

    name = "broken"
    needs_values = False

    def __init__(self, act: Callable[[Subject], Any]) -> None:
        self.attribute = act

    def obstacle(self, subject: Subject) -> None:
        return None


def with_strategy(monkeypatch: pytest.MonkeyPatch, act: Callable[[Subject], Any]) -> None:
    broken = Broken(act)
    monkeypatch.setattr(running, "get_strategy", lambda name: broken if name == "broken" else get_strategy(name))


def snapshot(model: nn.Module) -> Any:
    return (
        [
            (path, module.training, list(module._forward_hooks), list(vars(module)))
            for path, module in model.named_modules()
        ],
        {name: tensor.clone() for name, tensor in model.state_dict().items()},
    )


def unchanged(model: nn.Module, before: Any) -> bool:
    modules, tensors = snapshot(model)
    return modules == before[0] and all(torch.equal(tensor, before[1][name]) for name, tensor in tensors.items())


def tags(path: Path) -> list[Any]:
    """Everything of the nodes of a file that a reader sees."""
    graph = onnx.load(str(path)).graph
    return [
        (n.name, n.op_type, [*n.input], [*n.output], sorted((p.key, p.value) for p in n.metadata_props))
        for n in graph.node
    ]


def test_each_column_is_what_its_own_export_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, inputs = build(CASE)
    model.train()
    before = snapshot(model)
    runs, captures = counting(monkeypatch, "run_eagerly"), counting(monkeypatch, "run_capture", ladder)
    verified = counting(monkeypatch, "compare_outputs", verification)
    found = compare(model, inputs, folder=tmp_path)
    assert (len(runs), len(captures), len(verified)) == (1, 1, 1)
    assert unchanged(model, before)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["fx.onnx", "htp.onnx", "usage_based.onnx"]
    assert found.groups == (0, 0, 0) and [column.name for column in found.columns] == list(THREE)
    (tmp_path / "alone").mkdir()
    for column in found.columns:
        report = column.report
        assert isinstance(report, ExportReport) and report.path == tmp_path / f"{column.name}.onnx"
        alone = export_model(
            model, inputs, tmp_path / "alone" / report.path.name, strategy=column.name, verify="modules"
        )
        assert report.attribution.scopes == alone.attribution.scopes and report.measures == alone.measures
        assert [row.key for row in report.tree] == [row.key for row in alone.tree]
        assert report.parity == alone.parity and report.notes == alone.notes
        assert tags(report.path) == tags(alone.path)
        assert [node.name for node in report.graph.graph] == [name for name, *_ in tags(report.path)]
        assert all(value.const_value is None for value in report.graph.graph.initializers.values())
        assert list(report.timings) == list(alone.timings) and column.bytes == report.path.stat().st_size
    shared = [(column.seconds["run"], column.seconds["capture"], column.seconds["verify"]) for column in found.columns]
    assert len(set(shared)) == 1
    assert found.notes == ("The model was in training mode; it was exported in eval mode and restored.",)


def test_captures_and_strategies_given_twice(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    found = compare(
        *build(CASE),
        ["fx", "htp", "htp"],
        ["torchscript", "auto"],
        folder=tmp_path,
        progress=lambda *at: seen.append(at),
    )
    assert [column.name for column in found.columns] == [
        "fx/torchscript",
        "htp/torchscript",
        "htp/torchscript (2)",
        "fx/torch.onnx",
        "htp/torch.onnx",
        "htp/torch.onnx (2)",
    ]
    assert found.baseline == 1 and found.groups == (-1, 0, 0, 1, 1, 1)
    failure = found.columns[0].failure
    assert (
        failure is not None and failure.stage == "attribute" and failure.reason.startswith("fx needs a capture through")
    )
    assert found.difference(1, 2).none and found.difference(4, 5).none
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "fx_torch_onnx.onnx",
        "htp_torch_onnx.onnx",
        "htp_torch_onnx_2.onnx",
        "htp_torchscript.onnx",
        "htp_torchscript_2.onnx",
    ]
    total = {total for _, _, total in seen}
    assert len(total) == 1 and [index for _, index, _ in seen] == list(range(len(seen))) and len(seen) <= total.pop()
    assert {stage for stage, _, _ in seen} == {"run", "capture", "attribute", "write", "check", "verify"}


def test_large_weights_stand_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "EXTERNAL_DATA_THRESHOLD", 0)
    monkeypatch.setattr(files, "_INLINE", 0)
    model, inputs = build(CASE)
    found = compare(model, inputs, THREE, folder=tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "fx.onnx",
        "htp.onnx",
        "usage_based.onnx",
        "weights_torch_onnx.data",
    ]
    data = tmp_path / "weights_torch_onnx.data"
    monkeypatch.undo()
    for column in found.columns:
        report = column.report
        assert isinstance(report, ExportReport) and report.files == (report.path, data)
        assert column.bytes == report.path.stat().st_size + data.stat().st_size
        assert report.parity is not None and report.parity.ok and report.parity.modules is not None
        onnx.checker.check_model(str(report.path))
    assert found.difference("fx", "htp").none


def test_temporary_files_go_with_their_reports() -> None:
    found = compare(*build(CASE), ["fx", "usage_based"], verify="off")
    paths = [column.report.path for column in found.columns if column.report is not None]
    assert all(path.exists() for path in paths)
    kept = found.columns[1].report
    del found
    gc.collect()
    assert [path.exists() for path in paths] == [False, True]
    del kept
    gc.collect()
    assert not paths[0].parent.exists()


def test_a_strategy_that_fails_costs_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(subject: Subject) -> Any:
        raise ZeroDivisionError("of the plug-in\nand more")

    with_strategy(monkeypatch, fail)
    found = compare(*build(CASE), ["broken", "usage_based"], folder=tmp_path, verify="off")
    failure = found.columns[0].failure
    assert failure is not None and (failure.stage, failure.reason) == ("attribute", "ZeroDivisionError: of the plug-in")
    assert found.columns[1].failure is None and [file.name for file in tmp_path.iterdir()] == ["usage_based.onnx"]


def test_a_capture_that_fails_is_a_column_for_each_strategy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "run_capture", lambda *_: (_ for _ in ()).throw(CaptureError("No way.")))
    found = compare(*build(CASE), THREE, folder=tmp_path)
    assert len(found.columns) == 3
    assert all(column.failure and column.failure.reason.startswith("No way. Tried: ") for column in found.columns)
    assert {column.failure and column.failure.stage for column in found.columns} == {"capture"}
    assert not list(tmp_path.iterdir()) and repr(found).startswith("<Comparison of nothing:")
    assert not list(tmp_path.iterdir())


def test_a_file_that_does_not_run_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "EXTERNAL_DATA_THRESHOLD", 0)
    monkeypatch.setattr(
        verification, "compare_outputs", lambda *_: (_ for _ in ()).throw(CheckError("It does not run."))
    )
    found = compare(*build(CASE), ["fx", "usage_based"], folder=tmp_path)
    assert [column.failure and column.failure.stage for column in found.columns] == ["verify"] * 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("at", range(10))
def test_an_interruption_leaves_nothing_behind(tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C as each stage begins; what stood in the folder before stays."""
    monkeypatch.setattr(files, "EXTERNAL_DATA_THRESHOLD", 0)
    model, inputs = build(CASE)
    model.train()
    before = snapshot(model)
    (tmp_path / "htp.onnx").write_bytes(b"before")

    def cancel(stage: str, index: int, total: int) -> None:
        assert total == 10
        if index == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(model, inputs, ["htp", "usage_based"], ["torchscript"], folder=tmp_path, progress=cancel)
    assert [file.name for file in tmp_path.iterdir()] == ["htp.onnx"]
    assert (tmp_path / "htp.onnx").read_bytes() == b"before"
    assert unchanged(model, before)


def test_bad_input(tmp_path: Path) -> None:
    model = nn.Linear(4, 4)
    cases: list[tuple[type[ModelExportError], Any, str]] = [
        (OptionError, {"strategies": ["fy"]}, 'Unknown strategy "fy". Did you mean "fx"?'),
        (OptionError, {"strategies": "fx"}, "strategies is 'fx'. Pass a list of names, such as [\"fx\"]."),
        (OptionError, {"strategies": []}, 'strategies is []. Pass a list of names, such as ["auto"].'),
        (OptionError, {"captures": ()}, 'captures is (). Pass a list of names, such as ["auto"].'),
        (OptionError, {"captures": ["script"]}, 'Unknown capture "script"'),
        (OptionError, {"verify": "module"}, 'Unknown verify "module"'),
        (PathError, {"folder": tmp_path / "no"}, f'The folder "{tmp_path / "no"}" does not exist.'),
        (EagerRunError, {"inputs": torch.ones(3)}, "The model itself fails on these inputs"),
    ]
    for kind, options, message in cases:
        with pytest.raises(kind) as caught:
            compare(**{"model": model, "inputs": X, "folder": tmp_path, **options})
        assert str(caught.value).startswith(message) and "\n" not in str(caught.value)
        assert not list(tmp_path.iterdir())
    found = compare(model, X, ["fx"], ["OnnxExporter", "auto"], folder=tmp_path, verify="off")
    failure = found.columns[0].failure  # not made for such a model: that column's own matter
    assert failure is not None and failure.stage == "capture" and found.columns[1].failure is None
