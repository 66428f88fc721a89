import sys

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from torch import nn

from modelexport_nb import export_model, load_ipython_extension, unload_ipython_extension


@pytest.fixture(scope="session")
def bare_shell(tmp_path_factory):
    """A real IPython, with nothing of ours loaded."""
    main = sys.modules["__main__"]
    patch = pytest.MonkeyPatch()
    patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
    shell = InteractiveShell.instance(colors="nocolor")
    shell.history_manager.enabled = False
    if hasattr(shell.magics_manager, "load_all_lazy_magics"):
        shell.magics_manager.load_all_lazy_magics()  # else the first use of one looks like a change of ours
    yield shell
    InteractiveShell.clear_instance()
    sys.modules["__main__"] = main  # IPython puts its own there
    patch.undo()


@pytest.fixture
def shell(bare_shell):
    """IPython with the extension loaded, a module `model` and its input `x`."""
    before = dict(bare_shell.user_ns)
    load_ipython_extension(bare_shell)
    bare_shell.user_ns.update(model=tiny(), x=torch.ones(2, 4))
    yield bare_shell
    unload_ipython_extension(bare_shell)
    bare_shell.user_ns.clear()
    bare_shell.user_ns.update(before)


@pytest.fixture(scope="session")
def real_report(tmp_path_factory):
    """An export of a small module, made once."""
    return export_model(tiny(), torch.ones(2, 4), tmp_path_factory.mktemp("export") / "tiny.onnx")


def tiny() -> nn.Module:
    torch.manual_seed(0)
    blocks = [nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Dropout()) for _ in range(3)]
    return nn.Sequential(*blocks, nn.Linear(4, 2)).eval()
