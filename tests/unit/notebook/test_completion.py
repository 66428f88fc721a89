"""Completion as a reader gets it: through the shell's own completer, with everything that competes there."""

import warnings

import pytest
import torch

from modelexport_nb.notebook import completion

FORMS = ["%modelexport ", "r = %modelexport ", "a.b['c'] = %modelexport ", "%%modelexport "]


def offered(shell, text, cursor=None):
    """The whole text as it would read with each completion taken."""
    cursor = len(text) if cursor is None else cursor
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # IPython calls its completion API provisional
        return [text[: c.start] + c.text + text[c.end :] for c in shell.Completer.completions(text, cursor)]


@pytest.fixture
def rich(shell):
    shell.user_ns.update(model2=shell.user_ns["model"], batch={"x": shell.user_ns["x"]}, pair=(1, 2), count=3)
    return shell


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ["model", "model2"]),
        ("mo", ["model", "model2"]),
        ("model2", ["model2"]),
        ("model ", ["model batch", "model pair", "model x"]),
        ("model b", ["model batch"]),
        ("-s fx --no-verify model p", ["-s fx --no-verify model pair"]),
        ("model x -s f", ["model x -s fx"]),
        ("model x --strategy f", ["model x --strategy fx"]),
        ("model x --strategy=f", ["model x --strategy=fx"]),
        (
            "model x --metadata ",
            ["model x --metadata lean", "model x --metadata full", "model x --metadata none"],
        ),
        ("model x --metadata=n", ["model x --metadata=none"]),
        ("model x --capture t", ["model x --capture torch.onnx", "model x --capture torchscript"]),
        ("model x --verify m", ["model x --verify model", "model x --verify modules"]),
        ("model x --dynamic b", ["model x --dynamic batch"]),
        ("model x --dynamic a", ["model x --dynamic auto"]),
        ("model x --weights ", ["model x --weights all", "model x --weights none"]),
        ("model --shape a=1 --sh", ["model --shape a=1 --shape"]),
        ("model x --no", ["model x --no-verify", "model x --no-progress"]),
        ("--o", ["--output", "--opset"]),
        ("-s fx --s", []),
        ("'model' b", ["'model' batch"]),
    ],
)
def test_completions_are_exact(rich, form, typed, expected):
    found = offered(rich, form + typed)
    if not expected:  # nothing of ours; what others offer is theirs
        assert not [text for text in found if "strategy" in text]
        return
    assert found == [form + text for text in expected]


def test_all_options_after_both_names(rich):
    found = offered(rich, "%modelexport model x ")
    assert [text.split()[-1] for text in found] == [
        *("-o", "--output", "--bundle", "--generation", "-s", "--strategy", "--capture", "--opset", "--metadata"),
        *("--dynamic", "--verify", "--no-verify", "--task", "--class", "--trust-remote-code"),
        *("--shape", "--text", "--batch"),
        *("--weights", "--timeout", "--memory-limit", "--values-limit", "--isolate", "--work-dir"),
        *("--progress", "--no-progress"),
    ]


def test_files(rich, tmp_path):
    for name in ("one.onnx", "two words.onnx", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    start = f"%modelexport model x -o {tmp_path}/"
    assert offered(rich, start) == [
        f"{start}folder/",
        f"{start}one.onnx",
        f'%modelexport model x -o "{tmp_path}/two words.onnx"',
    ]
    assert offered(rich, f"{start}.h") == [f"{start}.hidden"]
    quoted = f'%modelexport model x -o "{tmp_path}/two w'
    assert offered(rich, quoted) == [f'%modelexport model x -o "{tmp_path}/two words.onnx"']
    assert completion._files(f"{tmp_path}/nowhere/") == []


def test_home_stays_as_typed(rich, tmp_path, monkeypatch):
    (tmp_path / "net.onnx").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert offered(rich, "%modelexport model x -o ~/n") == ["%modelexport model x -o ~/net.onnx"]


def test_python_completes_expressions(rich):
    assert "%modelexport model.eval" in offered(rich, "%modelexport model.ev")


@pytest.mark.parametrize(
    "text",
    [
        "%modelexporter ",
        "modelexport(",
        "print('%modelexport ",
        "%%modelexport model\n%%modelexport ",
        "x == %modelexport ",
    ],
)
def test_other_lines_are_left_alone(rich, text):
    context_lines = text.split("\n")
    assert completion.complete(context_lines[-1], len(context_lines) == 1, rich) is None


def test_the_body_of_a_cell_is_pythons(rich):
    assert "%%modelexport model\nmodel2" in offered(rich, "%%modelexport model\nmodel")
    assert len(offered(rich, "%%modelexport model\n")) > 20


def test_a_line_inside_a_cell(rich):
    assert offered(rich, "a = 1\nr = %modelexport model b") == ["a = 1\nr = %modelexport model batch"]


def test_names_that_ipython_made_are_not_offered(rich):
    rich.user_ns["_secret"] = torch.ones(1)
    found = " ".join(offered(rich, "%modelexport model "))
    assert "_secret" not in found and "Out" not in found


def test_an_ipython_without_matchers_gets_the_hook(bare_shell, monkeypatch):
    monkeypatch.setattr(completion, "context_matcher", None)
    before = set(bare_shell.strdispatchers["complete_command"].strs)
    bare_shell.user_ns["batch"] = torch.ones(1)
    with completion.completing(bare_shell):
        assert "%modelexport -s fx" in offered(bare_shell, "%modelexport -s ")
    assert set(bare_shell.strdispatchers["complete_command"].strs) == before
    del bare_shell.user_ns["batch"]
