"""Loading and unloading: afterwards the shell is as it was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import modelexport_nb
from modelexport_nb import ExportReport, load_ipython_extension, unload_ipython_extension
from modelexport_nb.engine import shown as engine_shown
from modelexport_nb.notebook import extension


def state(shell):
    manager, formatter = shell.magics_manager, shell.display_formatter
    return {
        "line": dict(manager.magics["line"]),
        "cell": dict(manager.magics["cell"]),
        "registry": dict(manager.registry),
        "configurables": list(shell.configurables),
        "matchers": list(shell.Completer.custom_matchers),
        "hooks": set(shell.strdispatchers["complete_command"].strs),
        "bundle": dict(formatter.mimebundle_formatter.type_printers),
        "plain": dict(formatter.formatters["text/plain"].type_printers),
        "widget": engine_shown.widget_factory,
    }


def test_unload_puts_everything_back(bare_shell):
    before = state(bare_shell)
    load_ipython_extension(bare_shell)
    loaded = state(bare_shell)
    assert [name for name in before if before[name] != loaded[name]] == [name for name in before if name != "hooks"]
    unload_ipython_extension(bare_shell)
    assert state(bare_shell) == before


def test_load_ext_and_unload_ext(bare_shell):
    before = state(bare_shell)
    bare_shell.run_line_magic("load_ext", "modelexport_nb")
    assert "modelexport" in bare_shell.magics_manager.magics["cell"]
    bare_shell.run_line_magic("reload_ext", "modelexport_nb")
    bare_shell.run_line_magic("unload_ext", "modelexport_nb")
    assert state(bare_shell) == before


def test_loading_twice_is_loading_once(bare_shell):
    before = state(bare_shell)
    load_ipython_extension(bare_shell)
    once = len(bare_shell.configurables)
    load_ipython_extension(bare_shell)
    assert len(bare_shell.configurables) == once
    unload_ipython_extension(bare_shell)
    unload_ipython_extension(bare_shell)
    assert state(bare_shell) == before


def test_what_was_there_before_comes_back(bare_shell):
    def mine(line):
        return line

    def printer(report, pretty, cycle):
        pretty.text("mine")

    plain = bare_shell.display_formatter.formatters["text/plain"]
    bare_shell.register_magic_function(mine, "line", "modelexport")
    plain.for_type(ExportReport, printer)
    try:
        load_ipython_extension(bare_shell)
        unload_ipython_extension(bare_shell)
        assert bare_shell.run_line_magic("modelexport", "3") == "3"
        assert plain.lookup_by_type(ExportReport) is printer
    finally:
        del bare_shell.magics_manager.magics["line"]["modelexport"]
        plain.pop(ExportReport)


def test_a_load_that_fails_leaves_nothing(bare_shell, monkeypatch):
    def broken(shell):
        raise RuntimeError("no formatter")

    before = state(bare_shell)
    monkeypatch.setattr(extension, "displaying", broken)
    with pytest.raises(RuntimeError):
        load_ipython_extension(bare_shell)
    assert state(bare_shell) == before


def test_defaults_come_from_the_profile(bare_shell):
    bare_shell.config.ModelExport.opset = 19
    load_ipython_extension(bare_shell)
    assert bare_shell.run_line_magic("config", "ModelExport.opset") == 19
    unload_ipython_extension(bare_shell)
    assert bare_shell.config.ModelExport.opset == 19  # the profile's own value stays
    del bare_shell.config["ModelExport"]


def test_what_config_changed_is_gone_after_unloading(bare_shell):
    load_ipython_extension(bare_shell)
    bare_shell.run_line_magic("config", "ModelExport.metadata = 'nonsense'")
    bare_shell.run_line_magic("config", "ModelExport.opset = 19")
    unload_ipython_extension(bare_shell)
    load_ipython_extension(bare_shell)
    assert bare_shell.run_line_magic("config", "ModelExport.opset") is None
    unload_ipython_extension(bare_shell)


def test_public_names_are_all_there():
    assert {name for name in modelexport_nb.__all__ if not hasattr(modelexport_nb, name)} == set()
    assert set(modelexport_nb.__all__) <= set(dir(modelexport_nb))
    with pytest.raises(AttributeError, match="no attribute 'export_modle'"):
        _ = modelexport_nb.export_modle


def test_without_load_ext_a_report_still_shows_itself(tmp_path):
    code = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "from modelexport_nb import ExportReport\n"
        "print(ExportReport in shell.display_formatter.mimebundle_formatter.type_printers)\n"
        "print('modelexport' in shell.magics_manager.magics['line'])"
    )
    env = {**os.environ, "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.split() == ["True", "False"]


def test_a_temporary_file_lives_as_long_as_its_kernel():
    code = (
        "from modelexport_nb.notebook.temporary import temporary_path\n"
        "first, second = temporary_path('Net'), temporary_path('<a/b>')\n"
        "first.touch(); second.touch()\n"
        "print(first); print(second); print(first.exists() and second.exists())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second, existed = done.stdout.splitlines()
    assert existed == "True"
    assert first.endswith("/1/Net.onnx") and second.endswith("/2/_a_b_.onnx")
    assert not Path(first).parents[1].exists()
