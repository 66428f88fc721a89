"""The installed command, as a shell runs it."""

import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelexport_nb import __version__
from modelexport_nb.cli import FINE, INTERRUPTED, MISTYPED, PIPE_CLOSED, WRONG

SLOW = """
import time
from pathlib import Path

from torch import nn


class Slow(nn.Module):
    def forward(self, x):
        Path("running").touch()
        time.sleep(60)
        return x
"""


@pytest.fixture(scope="session")
def command():
    """The path of the command beside this Python."""
    try:
        importlib.metadata.distribution("modelexport_nb")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the package is not installed")
    path = Path(sys.executable).with_name("modelexport")
    assert path.is_file()
    return path


def run(command, *argv, **options):
    return subprocess.run(
        [command, *argv], capture_output=True, text=True, encoding="utf-8", timeout=120, check=False, **options
    )


def test_it_is_there_and_quick(command, tmp_path):
    found = run(command, "--version", cwd=tmp_path)
    assert (found.returncode, found.stdout, found.stderr) == (FINE, f"modelexport {__version__}\n", "")
    found = run(command, "exprot", cwd=tmp_path)
    assert (found.returncode, found.stdout) == (MISTYPED, "") and 'Did you mean "export"?' in found.stderr


def test_help_loads_no_torch():
    code = "import sys; from modelexport_nb.cli import main; main(['export', '--help']); print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "False"


def test_from_a_model_to_a_page(command, here):
    """Only what was asked for reaches stdout, whatever a module prints."""
    found = run(command, "export", "models:pair", "-o", "net.onnx", "--json", cwd=here)
    assert found.returncode == FINE, found.stderr
    assert json.loads(found.stdout)["parity"]["ok"] is True
    assert found.stderr == "a module may print what it likes\n"
    found = run(command, "validate", "net.onnx", cwd=here)
    assert found.returncode == FINE and "Nothing is wrong" in found.stdout and found.stderr == ""
    found = run(command, "open", "net.onnx", "--no-browser", "-o", "net.html", cwd=here)
    assert (found.returncode, found.stdout) == (FINE, "net.html\n"), found.stderr
    assert "Sequential" in (here / "net.html").read_text(encoding="utf-8")


def test_a_narrow_encoding_and_a_failure(command, here):
    found = run(command, "analyze", "fx.onnx", cwd=here, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert found.returncode == FINE and "\\u2514" in found.stdout
    found = run(command, "analyze", "models.py", cwd=here)
    assert (found.returncode, found.stdout) == (WRONG, "") and found.stderr.count("\n") == 1


def test_a_reader_who_leaves_early(command, here):
    argv = [command, "analyze", "fx.onnx", "--json"]
    with subprocess.Popen(argv, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        err = process.stderr.read()
    assert (process.returncode, err) == (PIPE_CLOSED, "")


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, 128 + signal.SIGTERM)])
def test_interrupted_from_outside(command, here, sent, status):
    (here / "slow.py").write_text(SLOW)
    before = {path.name for path in here.iterdir()} | {"running", "__pycache__"}
    argv = [command, "export", "slow:Slow", "--inputs", "models:batch", "-o", "m.onnx"]
    with subprocess.Popen(argv, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not (here / "running").exists():
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.1)
        process.send_signal(sent)
        _, err = process.communicate(timeout=30)
    assert process.returncode == status
    assert "Traceback" not in err
    assert {path.name for path in here.iterdir()} <= before
