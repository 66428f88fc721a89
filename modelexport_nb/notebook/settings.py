"""Defaults of the magic, changed with `%config ModelExport.<name> = <value>` or in an IPython profile."""

from __future__ import annotations

from traitlets import Bool, Enum, Int, TraitError, Unicode, validate
from traitlets.config import Configurable

from modelexport_nb.engine.errors import did_you_mean
from modelexport_nb.engine.strategies import known_strategies

from .options import METADATA, VERIFY


class ModelExport(Configurable):
    """Defaults of `%modelexport`. An option on the line wins over them."""

    strategy = Unicode("auto", help="How nodes are attributed to modules.").tag(config=True)
    capture = Unicode("auto", help="How the graph is made.").tag(config=True)
    opset = Int(None, allow_none=True, help="ONNX opset; None leaves it to the exporter.").tag(config=True)
    metadata = Enum(METADATA, "lean", help="How much of the attribution the file carries.").tag(config=True)
    verify = Enum(VERIFY, "model", help="What is compared with PyTorch.").tag(config=True)
    progress = Bool(True, help="Show a bar that names the stage.").tag(config=True)

    @validate("strategy")
    def _known(self, proposal: dict[str, str]) -> str:
        strategy, known = proposal["value"], known_strategies()
        if strategy not in known:
            raise TraitError(f'There is no strategy "{strategy}"' + did_you_mean(strategy, known))
        return strategy
