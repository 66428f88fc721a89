"""`Job.grid`: what its columns are called, and what of a job stays."""

import pytest

from modelexport_nb.engine.errors import InputError
from modelexport_nb.engine.sweeps import Job


@pytest.mark.parametrize(
    ("axes", "names"),
    [
        ({}, ["m / defaults"]),
        ({"strategies": ["fx"]}, ["m / fx"]),
        ({"verify": "modules"}, ["m / verify modules"]),
        ({"verify": "modules", "strategies": ["fx"]}, ["m / fx"]),
        ({"strategies": ["auto", "fx"]}, ["m / auto", "m / fx"]),
        ({"strategies": ["fx"], "opsets": [None, 20]}, ["m / no opset", "m / opset 20"]),
        ({"dynamic": [None, "auto"]}, ["m / no dynamic", "m / dynamic auto"]),
    ],
)
def test_a_column_is_called_by_what_was_said(axes, names):
    assert [job.name for job in Job.grid(["m"], **axes)] == names
    assert [job.name for job in Job.grid([Job("m")], **axes)] == names


def test_what_is_said_reaches_the_export():
    (job,) = Job.grid(["m"], dynamic=["auto"], strategies=["fx"], captures=["auto"])
    assert job.options == {"strategy": "fx", "dynamic": "auto"}


def test_a_job_keeps_what_is_its_own():
    own = Job("m", "inputs", {"strategy": "htp", "verify": "off"}, "row")
    (job,) = Job.grid([own], strategies=["fx"], opsets=[20], verify="modules")
    assert job == Job("m", "inputs", {"verify": "off", "opset": 20, "strategy": "htp"}, "row", "htp, opset 20")
    (named,) = Job.grid([Job("m", variant="mine")], strategies=["fx"])
    assert named.name == "m / mine"


def test_a_column_does_not_lie_about_a_job():
    with pytest.raises(InputError, match='"m" has a strategy of its own, and the grid has several'):
        Job.grid([Job("m", options={"strategy": "fx"})], strategies=["fx", "htp"])
