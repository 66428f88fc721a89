"""`%modelexport open`: any ONNX file shows itself, ours or not, whole or not."""

import onnx
import pytest
from IPython.core.error import UsageError
from onnx import TensorProto, helper
from torch import nn

from modelexport_nb.engine.errors import CheckError, PathError
from modelexport_nb.engine.hierarchy import Hierarchy, read_hierarchy
from modelexport_nb.notebook import actions

from .test_completion import offered
from .test_display import WIDGET
from .test_magic import fails, run


@pytest.fixture
def tagged(shell, real_report):
    shell.user_ns["folder"] = str(real_report.path.parent)
    return real_report


@pytest.fixture
def bare(tmp_path, real_report):
    proto = onnx.load(real_report.path)
    for node in proto.graph.node:
        node.ClearField("name")
        node.ClearField("metadata_props")
    proto.ClearField("metadata_props")
    onnx.save(proto, tmp_path / "bare.onnx")
    return tmp_path / "bare.onnx"


def test_our_own_file(shell, tagged):
    found = run(shell, "%modelexport open {folder}/tiny.onnx")
    assert isinstance(found, Hierarchy) and found.source == "modelexport"
    assert [row.key for row in found.tree] == [row.key for row in tagged.tree]


def test_it_shows_three_views(shell, tagged):
    run(shell, "h = %modelexport open {folder}/tiny.onnx")
    found = shell.user_ns["h"]
    data = shell.display_formatter.format(found)[0]
    assert set(data) == {WIDGET, "text/html", "text/plain"}
    assert data[WIDGET]["model_id"] == found.widget.model_id
    assert found.widget.payload["variable"] == "h"
    assert data["text/plain"].startswith("Sequential in tiny.onnx: 7 nodes, 14 modules")
    assert str(tagged.path.parent) not in str(data)
    assert shell.display_formatter.format([found])[0] == {
        "text/plain": f"[<{data['text/plain'].partition('.' + chr(10))[0]}>]"
    }
    found.widget.close()
    assert found._widget is None


def test_a_file_without_modules_says_what_to_do(shell, bare, monkeypatch):
    monkeypatch.chdir(bare.parent)
    found = run(shell, "%modelexport open bare.onnx")
    assert found.source == "flat"
    sentence = (
        "No module tags in this file. 7 nodes, no metadata. "
        "With the model at hand: %modelexport tag model inputs bare.onnx"
    )
    data = shell.display_formatter.format(found)[0]
    assert sentence in data["text/plain"] and sentence in data["text/html"]
    assert found.widget.payload["source"] == {"kind": "flat", "note": sentence}
    assert data["text/plain"].splitlines()[-1].split() == ["main_graph", "7", "70"]


@pytest.mark.parametrize("content", [b"", b"not an onnx file", b"\x08\x0a", bytes(range(256)) * 40])
def test_a_corrupt_file(shell, tmp_path, content):
    (tmp_path / "broken.onnx").write_bytes(content)
    shell.user_ns["folder"] = tmp_path
    error = fails(shell, "%modelexport open {folder}/broken.onnx")
    assert isinstance(error, CheckError) and str(error).startswith('"broken.onnx" is not an ONNX file')
    assert "\n" not in str(error)


@pytest.mark.parametrize(("name", "message"), [("gone.onnx", "There is no file"), ("", "is a folder")])
def test_no_file(shell, tmp_path, name, message):
    shell.user_ns["folder"] = tmp_path
    error = fails(shell, f"%modelexport open {{folder}}/{name}")
    assert isinstance(error, PathError) and message in str(error)


def test_the_line_needs_one_file(shell):
    assert isinstance(fails(shell, "%modelexport open"), UsageError)
    assert isinstance(fails(shell, "%modelexport open a.onnx b.onnx"), UsageError)


def test_a_semicolon_shows_nothing(shell, tagged):
    assert run(shell, "%modelexport open {folder}/tiny.onnx;") is None


def test_a_name_with_spaces(shell, bare, monkeypatch):
    spaced = bare.rename(bare.with_name("my file.onnx"))
    monkeypatch.chdir(spaced.parent)
    found = run(shell, '%modelexport open "my file.onnx"')
    assert found.path.name == "my file.onnx"
    assert found.widget.payload["source"]["note"].endswith('tag model inputs "my file.onnx"')


def test_completion(shell, tmp_path, monkeypatch):
    for name in ("one.onnx", "other file.onnx", "x.txt"):
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)
    assert offered(shell, "%modelexport open o") == [
        "%modelexport open one.onnx",
        '%modelexport open "other file.onnx"',
    ]
    assert offered(shell, "h = %modelexport open on") == ["h = %modelexport open one.onnx"]
    assert "%modelexport open" in offered(shell, "%modelexport op")


def test_help_lists_the_verb(shell, capsys):
    run(shell, "%modelexport?")
    shown = capsys.readouterr().out
    assert "%modelexport open model.onnx" in shown and "Show any ONNX file" in shown


def test_a_module_called_open_is_exported(shell, monkeypatch, real_report):
    seen = []
    monkeypatch.setattr(actions, "export_model", lambda model, *rest, **options: seen.append(model) or real_report)
    shell.user_ns["open"] = net = nn.Linear(4, 4)
    run(shell, "%modelexport open x")
    assert seen == [net]


def test_hostile_names_of_a_file(shell, tmp_path):
    """A stranger's file: its names are text in every view."""
    name = "<img src=x onerror=alert(1)>\u202e"
    value = [helper.make_tensor_value_info(text, TensorProto.FLOAT, [2]) for text in (name, "y")]
    node = helper.make_node("Relu", [name], ["y"], name=f"/{name}/</script>/Relu")
    model = helper.make_model(helper.make_graph([node], name, value[:1], value[1:]), producer_name=name)
    onnx.save(model, tmp_path / "<img>.onnx")
    found = read_hierarchy(tmp_path / "<img>.onnx")
    assert found.source == "names"
    data = shell.display_formatter.format(found)[0]
    assert "<img" not in data["text/html"] and "\u202e" not in data["text/html"] + data["text/plain"]
    html = found.widget.save_html(tmp_path / "net.html").read_text(encoding="utf-8")
    assert "<img" not in html and html.lower().count("</script") == 2


def test_loading_puts_the_formatters_back(bare_shell):
    from modelexport_nb import load_ipython_extension, unload_ipython_extension

    formatter = bare_shell.display_formatter.mimebundle_formatter
    before = dict(formatter.type_printers)
    load_ipython_extension(bare_shell)
    assert Hierarchy in formatter.type_printers
    unload_ipython_extension(bare_shell)
    assert formatter.type_printers == before


def test_in_a_terminal_no_widget_is_made(shell, bare):
    active = shell.display_formatter.active_types
    shell.display_formatter.active_types = ["text/plain"]
    try:
        found = read_hierarchy(bare)
        assert set(shell.display_formatter.format(found)[0]) == {"text/plain"}
        assert found._widget is None
    finally:
        shell.display_formatter.active_types = active
