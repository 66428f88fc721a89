"""A sweep in a TOML file: what it means, and what a slip in it is told."""

import subprocess
import sys
from pathlib import Path

import pytest

from modelexport_nb.engine.errors import InputError, OptionError, PathError
from modelexport_nb.engine.sweeps import Job, Limits
from modelexport_nb.engine.sweeps.plan import Plan, read_plan

WHOLE = """
store = "results/nightly.db"
artifacts = "files"
scheduler = "tcp://10.0.0.1:8786"

[limits]
timeout = 600
memory_limit = "4GB"
workers = 2

[grid]
strategies = ["fx", "htp"]
dynamic = [false, "batch,sequence"]

[options]
verify = "modules"
values_limit = "500MB"

[[models]]
model = "owner/name"
task = "fill-mask"
trust_remote_code = true

[[models]]
model = "./minilm"
name = "MiniLM"
options = { verify = "off", opset = 20 }

[[models]]
model = "package.module:Net"
inputs = "package.module:batch"
arguments = { width = 4 }
"""


def plan_of(folder: Path, text: str, name: str = "nightly.toml") -> Plan:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_plan(path)


def test_a_whole_plan(tmp_path):
    (tmp_path / "minilm").mkdir()
    plan = plan_of(tmp_path, WHOLE)
    assert (plan.store, plan.artifacts) == (tmp_path / "results/nightly.db", tmp_path / "files")
    assert (plan.scheduler, plan.folder) == ("tcp://10.0.0.1:8786", tmp_path)
    assert plan.limits == Limits(600, 4_000_000_000, 2)
    jobs = plan.jobs()
    variants = ["fx, dynamic none", "fx, dynamic batch,sequence", "htp, dynamic none", "htp, dynamic batch,sequence"]
    rows = ["owner/name", "MiniLM", "package.module:Net"]
    assert [job.name for job in jobs] == [f"{row} / {variant}" for row in rows for variant in variants]
    common = {"verify": "modules", "values_limit": 500_000_000}
    assert jobs[1] == Job(
        "owner/name",
        options={**common, "strategy": "fx", "dynamic": "batch,sequence"},
        variant=variants[1],
        task="fill-mask",
        trust_remote_code=True,
    )
    assert (jobs[4].model, jobs[4].options) == (
        tmp_path / "minilm",
        {**common, "strategy": "fx", "verify": "off", "opset": 20},
    )
    assert (jobs[8].inputs, jobs[8].arguments) == ("package.module:batch", {"width": 4})


def test_a_plan_of_one_model(tmp_path):
    plan = plan_of(tmp_path, '[[models]]\nmodel = "a:b"', "small.toml")
    assert plan.jobs() == [Job("a:b")]
    assert (plan.store, plan.artifacts, plan.scheduler, plan.limits) == (tmp_path / "small.db", None, None, Limits())


def test_places_are_those_of_the_file_and_a_url_stays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    plan = plan_of(Path("sub"), 'store = "/abs.db"\nartifacts = "s3://bucket/x"\n[[models]]\nmodel = "a:b"')
    assert (plan.store, plan.artifacts, plan.folder) == (Path("/abs.db"), "s3://bucket/x", tmp_path / "sub")


def test_reading_runs_nothing(tmp_path):
    """Neither what is named nor torch's own loading of a model."""
    (tmp_path / "loud.py").write_text("raise SystemExit('it ran')")
    (tmp_path / "p.toml").write_text('[[models]]\nmodel = "loud:net"\ninputs = "loud:x"', encoding="utf-8")
    code = (
        "import sys; sys.path.insert(0, '.'); from pathlib import Path\n"
        "from modelexport_nb.engine.sweeps.plan import read_plan\n"
        "print(len(read_plan(Path('p.toml')).jobs()), 'loud' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert found.stdout == "1 False\n", found.stderr


MODEL = '[[models]]\nmodel = "a:b"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "p.toml names no models. Add some: a line [[models]], and below it"),
        ("store = ", "p.toml is no TOML: Invalid value (at end of document)."),
        ("[grid]\nx = 1\ny =\n", "p.toml is no TOML: Invalid value (at line 3, column 4)."),
        ("stor = 1", 'p.toml has no key "stor". Did you mean "store"?'),
        ("store = 1", "p.toml: store is 1. Write text in quotes."),
        ('store = ""', "p.toml: store is empty. Write text in quotes."),
        ("models = 3", "p.toml: models is 3. Write tables, each begun by a line [[models]]"),
        ("[models]\nmodel = 'a:b'", "p.toml: models is a table. Write tables, each begun by a line [[models]]"),
        ("grid = 3", "p.toml: grid is 3. Write a table."),
        ("[limits]\ntimeout = '600'", 'p.toml: [limits]: timeout is "600". Write seconds above 0, such as 600.'),
        ("[limits]\ntimeout = true", "p.toml: [limits]: timeout is true. Write seconds"),
        ("[limits]\ntimeout = inf", "p.toml: [limits]: timeout is inf. Write seconds"),
        ("[limits]\nmemory_limit = 'much'", 'p.toml: [limits]: memory_limit is "much". Write bytes, or a size'),
        ("[limits]\nworkers = 0", "p.toml: [limits]: workers is 0. Write a whole number above 0."),
        ("[limits]\nworker = 2", 'p.toml: [limits] has no key "worker". Did you mean "workers"?'),
        ("[grid]\nstrategy = ['fx']", 'p.toml: [grid] has no key "strategy". Did you mean "strategies"?'),
        ("[grid]\nstrategies = []", "p.toml: [grid]: strategies is empty. Write a list of names"),
        ("[grid]\nstrategies = 'fx'", 'p.toml: [grid]: strategies is "fx". Write a list of names'),
        ("[grid]\nstrategies = ['htpp']", 'p.toml: [grid]: Unknown strategy "htpp". Did you mean "htp"?'),
        ("[grid]\ncaptures = ['strickt']", 'p.toml: [grid]: Unknown capture "strickt". Did you mean "strict"?'),
        ("[grid]\nopsets = ['18']", "p.toml: [grid]: opsets is a list. Write a list of whole numbers"),
        ("[grid]\nopsets = [11]", "p.toml: [grid]: Opset 11 is too low"),
        ("[grid]\ndynamic = ['1']", 'p.toml: [grid]: "1" is no name for an axis.'),
        ("[grid]\ndynamic = [true]", "p.toml: [grid]: dynamic is a list. Write a list of words"),
        ("[options]\nverfy = 'off'", 'p.toml: [options]: There is no option "verfy". Did you mean "verify"?'),
        ("[options]\nverify = 'of'", 'p.toml: [options]: Unknown verify "of". Did you mean "off"?'),
        ("[options]\nstrategy = 'fx'", "p.toml: [options]: strategy is an axis of the grid. Write strategies = [...]"),
        ("[options]\ntimeout = 3", "p.toml: [options]: timeout is a limit. Write it in [limits]."),
        ("[options]\nisolate = true", "p.toml: [options]: isolate is no option of a job: the sweep gives it."),
        ("[options]\nvalues_limit = 'big'", 'p.toml: [options]: values_limit is "big". Write bytes, or a size'),
        ("[[models]]\nname = 'x'", 'p.toml: [[models]] 1 names no model. Write model = "owner/name"'),
        (MODEL + MODEL, 'p.toml: [[models]] 2: "a:b" is there already. Give this one another: name = "…".'),
        (MODEL + "nmae = 'x'", 'p.toml: [[models]] 1 has no key "nmae". Did you mean "name"?'),
        (MODEL + "inputs = 'x'", 'p.toml: [[models]] 1: inputs is "x". Write "module:name".'),
        (MODEL + "task = 'x'", 'p.toml: [[models]] 1: task says how to load a model by name, and "a:b" is a Python'),
        (MODEL + "options = { opst = 3 }", 'p.toml: [[models]] 1: options: There is no option "opst". Did you mean'),
        (
            "[grid]\nopsets = [18, 20]\n" + MODEL + "options = { opset = 18 }",
            "p.toml: [[models]] 1: options has opset, and [grid] several opsets. Leave one out.",
        ),
        ("[[models]]\nmodel = './gone'", 'p.toml: [[models]] 1: there is no folder "./gone".'),
        ("[[models]]\nmodel = '~nobody-of-this-name/x'", "p.toml: [[models]] 1: there is no folder"),
        ("[[models]]\nmodel = 'p.toml'", 'p.toml: [[models]] 1: "p.toml" is a file. Name a model'),
        ("[[models]]\nmodel = 'a/b'\narguments = { x = 1 }", "p.toml: [[models]] 1: arguments are those of"),
        ("x = " + "[" * 5_000, "p.toml is no TOML: "),
    ],
)
def test_one_line_tells_what_is_wrong_and_where(tmp_path, text, said):
    with pytest.raises(InputError) as found:
        plan_of(tmp_path, text, "p.toml")
    assert str(found.value).startswith(said) and "\n" not in str(found.value)


def test_no_file_a_folder_and_no_text(tmp_path):
    with pytest.raises(PathError, match="There is no file"):
        read_plan(tmp_path / "gone.toml")
    with pytest.raises(PathError, match="cannot be read"):
        read_plan(tmp_path)
    (tmp_path / "p.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"p\.toml is no TOML"):
        read_plan(tmp_path / "p.toml")


def test_what_is_said_later_wins(tmp_path):
    (tmp_path / "minilm").mkdir()
    plan = plan_of(tmp_path, WHOLE).changed({"strategies": ("usage_based",), "dynamic": (None,)}, {"verify": "model"})
    jobs = plan.jobs()
    assert [job.variant for job in jobs] == ["usage_based"] * 3
    assert jobs[1].options["opset"] == 20
    assert {job.options["verify"] for job in jobs} == {"model"}


@pytest.mark.parametrize(
    ("grid", "options"), [({"strategies": ("gx",)}, {}), ({"opsets": (3,)}, {}), ({}, {"verify": "no"})]
)
def test_what_is_said_later_is_checked(grid, options):
    with pytest.raises(OptionError):
        Plan(["a:b"]).changed(grid, options)
