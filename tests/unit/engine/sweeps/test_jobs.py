"""Jobs have names of their own, and a grid is every model with every combination."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from modelexport_nb.engine.errors import InputError
from modelexport_nb.engine.sweeps import Job
from modelexport_nb.engine.sweeps.jobs import check_jobs


def test_a_grid_is_every_model_with_every_combination() -> None:
    x = torch.ones(1, 2)
    jobs = Job.grid(
        {"a": (nn.Linear(2, 2), x), "b": "owner/b"}, strategies=["fx", "htp"], opsets=[18, None], verify="off"
    )
    assert [job.name for job in jobs] == [
        *("a / fx, opset 18", "a / fx, opset none", "a / htp, opset 18", "a / htp, opset none"),
        *("b / fx, opset 18", "b / fx, opset none", "b / htp, opset 18", "b / htp, opset none"),
    ]
    assert jobs[0].options == {"verify": "off", "strategy": "fx", "opset": 18}
    assert "opset" not in jobs[1].options
    assert jobs[0].inputs is x and jobs[4].inputs is None


def test_one_combination_is_one_column() -> None:
    jobs = Job.grid(["owner/a", nn.ReLU()], strategies=["fx"])
    assert [(job.model_name, job.variant) for job in jobs] == [("owner/a", "fx"), ("ReLU", "fx")]
    assert [job.variant for job in Job.grid(["a"])] == ["auto"]
    assert [job.variant for job in Job.grid(["a"], opsets=[18], dynamic=["batch"])] == ["opset 18, dynamic batch"]


def test_what_a_job_says_itself_stays() -> None:
    special = Job("owner/a", options={"opset": 19}, task="fill-mask", model_name="A")
    jobs = Job.grid([special, "owner/b"], strategies=["fx", "htp"], opset=21)
    assert [job.name for job in jobs] == ["A / fx", "A / htp", "owner/b / fx", "owner/b / htp"]
    assert [job.options["opset"] for job in jobs] == [19, 19, 21, 21]
    assert jobs[0].task == "fill-mask"


def test_no_jobs() -> None:
    with pytest.raises(InputError, match="There are no jobs"):
        check_jobs([])


def test_two_jobs_of_one_name() -> None:
    with pytest.raises(InputError, match='2 jobs are called "ReLU / defaults"'):
        check_jobs([Job(nn.ReLU()), Job(nn.ReLU()), Job(nn.GELU())])


def test_what_is_no_job() -> None:
    with pytest.raises(InputError, match=r"A job is a ReLU\. Pass Job"):
        check_jobs([nn.ReLU()])  # type: ignore[list-item]
