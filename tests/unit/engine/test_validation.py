"""`validate()`: one clear result about a tagged file, from the file alone or with its model."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from torch import nn

from modelexport_nb.engine.errors import CheckError, EagerRunError, InputError, OptionError, PathError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.findings import Finding, Validation
from modelexport_nb.engine.hierarchy import read_hierarchy
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.tagging import tag_onnx
from modelexport_nb.engine.validation import validate
from modelexport_nb.validation_views import render, to_html

from .zoo import build

FINE, DOUBTFUL, WRONG, UNCHECKED = Finding.FINE, Finding.DOUBTFUL, Finding.WRONG, Finding.UNCHECKED
MODEL_NEEDED = ("ownership", "numbers")
X = torch.linspace(-1, 1, 8).view(2, 4)


def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2)).eval()


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> ExportReport:
    return export_model(net(), X, tmp_path_factory.mktemp("tagged") / "net.onnx")


@pytest.fixture
def changed(tagged: ExportReport, tmp_path: Path) -> Callable[[Callable[[Any], Any]], Path]:
    """The tagged file after a change to its protobuf."""

    def change(edit: Callable[[Any], Any]) -> Path:
        proto = onnx.load(tagged.path)
        edit(proto)
        onnx.save(proto, tmp_path / "net.onnx")
        return tmp_path / "net.onnx"

    return change


def set_tag(node: int, key: str, value: str) -> Callable[[Any], None]:
    def edit(proto: Any) -> None:
        props = {prop.key: prop for prop in proto.graph.node[node].metadata_props}
        if key in props:
            props[key].value = value
        else:
            proto.graph.node[node].metadata_props.add(key=key, value=value)

    return edit


def findings(found: Validation) -> dict[str, Finding]:
    return {check.name: check.finding for check in found.checks}


# ---- a file in order ----


def test_a_file_alone(tagged: ExportReport) -> None:
    found = validate(tagged.path)
    assert found.ok
    assert findings(found) == dict.fromkeys(
        ("file", "tags", "agreement of the tags", "node names", "source lines", "coverage", "root share", "convex"),
        FINE,
    ) | dict.fromkeys(MODEL_NEEDED, UNCHECKED)
    assert repr(found) == "<Validation of net.onnx: nothing is wrong>"


@pytest.mark.parametrize("name", ["BERT with mask", "called twice", "ResNet", "ALBERT"])
@pytest.mark.parametrize("strategy", ["fx", "htp"])
def test_with_its_model_everything_is_checked(tmp_path: Path, name: str, strategy: str) -> None:
    model, inputs = build(name)
    path = export_model(model, inputs, tmp_path / "m.onnx", strategy=strategy, verify="off").path
    found = validate(path, model, inputs, verify="modules")
    assert found.ok, render(found)
    wrong = {name: finding for name, finding in findings(found).items() if finding is not FINE}
    assert wrong in ({}, {"convex": DOUBTFUL})
    assert {"modules", "ownership", "numbers", "module calls"} <= findings(found).keys()


def test_a_report_is_held_against_its_file(tagged: ExportReport) -> None:
    assert findings(validate(tagged))["agreement with the report"] is FINE
    assert "agreement with the report" not in findings(validate(read_hierarchy(tagged.path)))


def test_without_numbers(tagged: ExportReport) -> None:
    found = validate(tagged, net(), X, verify="off")
    assert found.ok and findings(found)["ownership"] is FINE
    assert found.check("numbers").text == "not asked for"


def test_stages_are_told(tagged: ExportReport) -> None:
    seen: list[tuple[str, int, int]] = []
    validate(tagged, net(), X, progress=lambda *stage: seen.append(stage))
    assert seen == [("check", 0, 3), ("run", 1, 3), ("verify", 2, 3)]
    seen.clear()
    validate(tagged, progress=lambda *stage: seen.append(stage))
    assert seen == [("check", 0, 1)]


# ---- a file that is not ----


@pytest.mark.parametrize(
    ("edit", "name", "text"),
    [
        (set_tag(0, "modelexport.tag", "/Other"), "agreement of the tags", "modelexport.tag of node 0 is /Other"),
        (set_tag(1, "namespace", "x"), "agreement of the tags", "namespace of node 1 is x"),
        (set_tag(1, "modelexport.mine", "x"), "agreement of the tags", "modelexport.mine of node 1 is x"),
        (set_tag(2, "modelexport.source", "/home/me/net.py:3"), "source lines", "node 2 names /home/me/net.py:3"),
        (set_tag(2, "modelexport.source", "C:\\net.py:3"), "source lines", "node 2 names C:"),
        (lambda proto: proto.graph.node[1].ClearField("metadata_props"), "coverage", "2/3"),
        (lambda proto: proto.graph.node[1].ClearField("metadata_props"), "tags", "2 of 3 nodes"),
        (lambda proto: proto.graph.node[1].ClearField("name"), "node names", "a node has no name"),
        (
            lambda proto: setattr(proto.graph.node[1], "name", proto.graph.node[0].name),
            "node names",
            "2 nodes are called",
        ),
        (set_tag(0, "modelexport.scope", "nowhere"), "tags", "those of node 0 make no sense"),
        (lambda proto: proto.ClearField("metadata_props"), "tags", "holds no hierarchy"),
    ],
)
def test_a_broken_contract(changed: Any, edit: Any, name: str, text: str) -> None:
    found = validate(changed(edit))
    assert not found.ok
    assert found.check(name).finding is WRONG and text in found.check(name).text
    assert name in repr(found)


def test_a_version_that_nobody_tells(changed: Any) -> None:
    def edit(proto: Any) -> None:
        kept = [p for p in proto.metadata_props if p.key == "modelexport.hierarchy"]
        del proto.metadata_props[:]
        proto.metadata_props.extend(kept)

    found = validate(changed(edit))
    assert found.check("tags").text == "the file does not tell the version and the strategy that made them"


def test_a_wrong_tag_is_found_by_the_model(changed: Any) -> None:
    """Both layers are Linear: the tags agree with each other, and only the weights tell."""

    def swap(proto: Any) -> None:
        first, last = proto.graph.node[0], proto.graph.node[2]
        tags = [[(p.key, p.value) for p in node.metadata_props] for node in (first, last)]
        for node, props in zip((first, last), reversed(tags), strict=True):
            node.ClearField("metadata_props")
            for key, value in props:
                node.metadata_props.add(key=key, value=value)

    path = changed(swap)
    assert validate(path).ok
    found = validate(path, net(), X)
    assert [check.name for check in found.wrong] == ["ownership"]
    assert found.check("ownership").text == "0/2: node 0 reads a parameter of another"


def test_other_numbers(changed: Any) -> None:
    def edit(proto: Any) -> None:
        weight = onnx.numpy_helper.to_array(proto.graph.initializer[0]) + 1
        proto.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(weight, proto.graph.initializer[0].name))

    found = validate(changed(edit), net(), X, verify="modules")
    assert found.check("numbers").text.startswith("different, max |Δ| ")
    assert "first at" in found.check("module calls").text
    assert {check.name for check in found.wrong} >= {"numbers", "module calls"}


def test_a_file_in_half_precision_is_held_to_it(tmp_path: Path) -> None:
    """The float32 model's own numbers are out of float16's reach; a damaged weight is not."""
    model = net()
    model[0].weight.data *= 8
    path = tmp_path / "half.onnx"
    export_model(_Halved(model), X, path, verify="off")
    report = tag_onnx(path, model, X, tmp_path / "tagged.onnx", verify="modules")
    assert report.parity is not None and report.parity.modules is not None
    assert report.parity.ok and report.parity.max_abs > 1e-4
    assert report.parity.text.endswith("; held to the precision of float16")
    assert {str(call.verdict) for call in report.parity.modules.calls} == {"equal"}
    found = validate(report.path, model, X, verify="modules")
    assert found.check("numbers").finding is FINE and "held to the precision of float16" in found.check("numbers").text
    model[2].weight.data *= 1.1
    assert validate(report.path, model, X).check("numbers").finding is WRONG


class _Halved(nn.Module):
    """Computes in float16 what it takes and returns in float32."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).half()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.model(x.half()).float()


def test_inputs_of_another_size(tagged: ExportReport) -> None:
    found = validate(tagged.path, net(), X[:1])
    assert found.check("numbers").finding is WRONG
    assert found.check("numbers").text == (
        'Input "input" is given as [1, 4], and the file takes [2, 4] alone. Give that size, or export with --dynamic, '
        "which lets sizes vary"
    )


def test_a_check_that_there_is_not(tagged: ExportReport) -> None:
    with pytest.raises(OptionError, match=r'There is no check "number"\. Did you mean "numbers"\?'):
        validate(tagged.path).check("number")


def test_another_model(tagged: ExportReport) -> None:
    other = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    found = validate(tagged.path, other, X)
    assert found.check("modules").text == "1 is Tanh in the file, ReLU in the model"
    assert findings(found)["ownership"] is UNCHECKED and findings(found)["numbers"] is WRONG
    found = validate(tagged.path, nn.Identity(), torch.ones(2, dtype=torch.int64))
    assert "numbers" in [check.name for check in found.wrong]


def test_the_same_model_trained_further(tagged: ExportReport) -> None:
    model = net()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(torch.rand_like(parameter))
    found = validate(tagged.path, model, X)
    assert found.check("ownership").text == "the file holds none of the model's parameters"
    assert findings(found)["numbers"] is WRONG


def test_a_model_that_is_not_deterministic(tmp_path: Path) -> None:
    class Noisy(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + torch.rand_like(x)

    path = export_model(Noisy(), X, tmp_path / "m.onnx", verify="off").path
    found = validate(path, Noisy(), X)
    assert "the model is not deterministic" in found.check("numbers").text


def test_a_file_written_without_tags(tmp_path: Path) -> None:
    report = export_model(net(), X, tmp_path / "m.onnx", metadata="none")
    assert validate(report).check("tags").text == "it was exported without any"
    found = validate(report.path, net(), X, verify="modules")
    assert [(check.name, check.text) for check in found.wrong] == [("tags", "there are none")]
    assert findings(found).items() >= {"numbers": FINE, "measures": UNCHECKED, "module calls": UNCHECKED}.items()


def test_a_file_written_anew(tagged: ExportReport, tmp_path: Path) -> None:
    report = export_model(net(), X, tmp_path / "m.onnx")
    export_model(net(), X, tmp_path / "m.onnx", strategy="usage_based")
    assert (
        validate(report).check("agreement with the report").text
        == "other tags on 3 of 3 nodes; the file was written anew"
    )
    export_model(net()[0], X, tmp_path / "m.onnx")
    assert (
        validate(report).check("agreement with the report").text
        == "nodes: 1 in the file, 3 in the report; the file was written anew"
    )


def test_what_no_runtime_loads(changed: Any) -> None:
    found = validate(changed(lambda proto: setattr(proto.graph.node[1], "op_type", "Nothing")))
    assert findings(found)["file"] is WRONG and "not valid ONNX" in found.check("file").text
    found = validate(changed(lambda proto: setattr(proto.graph.node[1], "domain", "nobody")))
    assert findings(found)["file"] is WRONG


def test_weights_outside_the_folder_are_not_read(changed: Any, tmp_path: Path) -> None:
    (tmp_path.parent / "secret").write_bytes(bytes(64))

    def edit(proto: Any) -> None:
        weight = proto.graph.initializer[0]
        weight.ClearField("raw_data")
        weight.data_location = onnx.TensorProto.EXTERNAL
        weight.external_data.add(key="location", value="../secret")

    found = validate(changed(edit))
    assert findings(found)["file"] is WRONG


# ---- what is of no use ----


def test_no_file(tmp_path: Path, tagged: ExportReport) -> None:
    with pytest.raises(PathError, match="There is no file"):
        validate(tmp_path / "gone.onnx")
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    with pytest.raises(CheckError, match="not an ONNX file"):
        validate(tmp_path / "broken.onnx")
    shutil.copy(tagged.path, tmp_path / "m.onnx")
    report = export_model(net(), X, tmp_path / "m.onnx")
    report.path.unlink()
    with pytest.raises(PathError, match=r'The file of the report is gone: "m\.onnx"\. Export again'):
        validate(report)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        ((None, X), {}, InputError, "inputs but no model"),
        (("net", X), {}, InputError, "The model is a str"),
        ((net(), None), {}, InputError, "The inputs are a NoneType"),
        ((net(), torch.ones(3)), {}, EagerRunError, "fails on these inputs"),
        ((), {"verify": "all"}, OptionError, 'Unknown verify "all"'),
        ((), {"values_limit": 0}, OptionError, "The values limit is 0"),
    ],
)
def test_bad_input(tagged: ExportReport, arguments: Any, options: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        validate(tagged, *arguments, **options)


@pytest.mark.parametrize("stage", ["check", "run", "verify"])
def test_interrupted_in_every_stage(tagged: ExportReport, stage: str) -> None:
    def progress(name: str, *_: int) -> None:
        if name == stage:
            raise KeyboardInterrupt

    model = net().train()
    before = sorted(path.name for path in tagged.path.parent.iterdir())
    with pytest.raises(KeyboardInterrupt):
        validate(tagged, model, X, progress=progress)
    assert model.training and not torch.nn.modules.module._global_forward_hooks
    assert sorted(path.name for path in tagged.path.parent.iterdir()) == before


# ---- how it is shown ----


def test_views(tagged: ExportReport) -> None:
    lines = render(validate(tagged)).splitlines()
    assert lines[0] == "Nothing is wrong with net.onnx; not checked: ownership, numbers."
    assert lines[1].split(maxsplit=2) == ["✓", "file", "valid ONNX, and ONNX Runtime loads it"]
    found = validate(tagged.path, nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2)), X)
    assert render(found).startswith("2 of 11 checks found something wrong with net.onnx.\n")
    assert found.to_dict()["ok"] is False
    assert {"name": "coverage", "finding": "fine", "text": "3/3"} in found.to_dict()["checks"]


def test_hostile_texts_are_text(changed: Any) -> None:
    found = validate(changed(set_tag(0, "modelexport.tag", "<img src=x>\u202e\x1b[2J")))
    assert "<img" not in to_html(found) and "\u202e" not in to_html(found) + render(found)
    assert "\x1b" not in render(found)
