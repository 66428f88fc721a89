"""`Job.grid`: what its columns are called, and what of a job stays."""

import pytest

from modelexport_nb.engine.errors import InputError
from modelexport_nb.engine.sweeps import Job


@pytest.mark.parametrize(
    ("axes", "name"),
    [
        ({"strategies": ["fx"]}, "fx"),
        ({"verify": "modules", "strategies": ["fx"]}, "fx"),
        ({"strategies": ["auto"], "opsets": [20], "verify": "off"}, "opset 20"),
        ({"dynamic": ["auto"]}, "dynamic auto"),
        ({"captures": ["strict"], "dynamic": [None]}, "strict"),
    ],
)
def test_a_column_is_called_by_what_was_said(axes, name):
    assert [job.variant for job in Job.grid(["m", Job("n")], **axes)] == [name, name]


def test_several_name_the_columns_alone():
    jobs = Job.grid([Job("m", variant="mine")], strategies=["fx"], dynamic=[None, "auto"])
    assert [job.variant for job in jobs] == ["dynamic none", "dynamic auto"]


def test_an_option_is_not_undone_by_the_default_of_its_axis():
    (job,) = Job.grid(["m"], strategy="htp")
    assert job.options["strategy"] == "htp" and job.variant == "htp"


def test_a_job_keeps_what_is_its_own():
    own = Job("m", "inputs", {"strategy": "htp", "verify": "off"}, "row")
    (job,) = Job.grid([own], strategies=["fx"], opsets=[20], verify="modules")
    assert (job.name, job.inputs) == ("row / htp, opset 20", "inputs")
    assert job.options == {"strategy": "htp", "opset": 20, "verify": "off"}
    (named,) = Job.grid([Job("m", variant="mine")], strategies=["fx"])
    assert named.name == "m / mine"


def test_where_nothing_is_said_jobs_keep_their_columns():
    jobs = [Job("m"), Job("m", options={"opset": 18}), *Job.grid(["m"], strategies=["fx", "htp"])]
    assert [job.variant for job in Job.grid(jobs, verify="off")] == ["defaults", "opset 18", "fx", "htp"]
    assert Job.grid(jobs) == jobs


def test_a_column_does_not_lie_about_a_job():
    with pytest.raises(InputError, match='"m" has a strategy of its own, and the grid has several'):
        Job.grid([Job("m", options={"strategy": "fx"})], strategies=["fx", "htp"])
