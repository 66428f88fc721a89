"""What torch generates for a capture goes with it."""

import gc
import linecache
import weakref

import pytest
import torch
from torch import nn
from torch.fx import graph_module

from modelexport_nb import export_model
from modelexport_nb.engine.capture.generated import forgetting_generated_code
from modelexport_nb.engine.errors import CaptureError


def texts():
    return set(graph_module._loader.eval_cache), {name for name in linecache.cache if "eval_with_key" in name}


def test_an_export_leaves_no_generated_code(tmp_path):
    kept = torch.fx.symbolic_trace(nn.ReLU())  # somebody else's, made before
    before = texts()
    export_model(nn.Linear(4, 4), torch.ones(2, 4), tmp_path / "m.onnx")
    assert texts() == before and before[0]
    assert kept(torch.ones(1)) == 1


def test_nor_does_one_that_fails(tmp_path):
    class Decides(nn.Module):
        def forward(self, x):
            return x + 1 if x.mean() > 0 else x

    before = texts()
    with pytest.raises(CaptureError):
        export_model(Decides(), torch.ones(2), tmp_path / "m.onnx")
    assert texts() == before


def test_code_made_in_between_still_runs():
    with forgetting_generated_code():
        made = torch.fx.symbolic_trace(nn.ReLU())
    assert made(-torch.ones(1)) == 0


def test_another_torch_may_keep_its_texts_elsewhere(monkeypatch):
    made = torch.fx.symbolic_trace(nn.ReLU())
    before = texts()
    monkeypatch.delattr(graph_module, "_loader")
    with forgetting_generated_code():
        assert made(torch.ones(1)) == 1
    monkeypatch.undo()
    assert texts() == before, "without torch's store in its place nothing is dropped, and nothing fails"


def test_the_model_dies_with_its_last_name(tmp_path):
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    report = export_model(model, torch.ones(2, 4), tmp_path / "m.onnx", strategy="htp", verify="modules")
    ref = weakref.ref(model)
    del model
    gc.collect()
    assert ref() is None and report.parity.ok
