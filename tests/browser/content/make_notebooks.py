"""Write the notebooks of the browser test into a folder."""

import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

EXPORT = """\
import torch
from tiny_bert import TinyBert

%load_ext modelexport_nb
torch.manual_seed(0)
model, inputs = TinyBert().eval(), torch.arange(20).reshape(2, 10)"""

GPT2 = """\
import torch
from transformers import GPT2Config, GPT2LMHeadModel

%load_ext modelexport_nb
torch.manual_seed(0)
sizes = {"vocab_size": 64, "n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 32}
model = GPT2LMHeadModel(GPT2Config(bos_token_id=0, eos_token_id=1, **sizes)).eval()"""

NOTEBOOKS = {
    "quickstart": [EXPORT, "r = %modelexport model inputs", "r", "r  # a second view of the same model"],
    "scale": [
        "from modelexport_nb.notebook.widgets.hierarchy import HierarchyWidget\nimport json, synthetic, time",
        "sizes = {1_000: 10, 10_000: 100, 100_000: 1_000}  # nodes: layers\n"
        "big = {nodes: synthetic.payload(layers, nodes) for nodes, layers in sizes.items()}",
        "# the tree goes here",
    ],
    "many": [
        "from modelexport_nb.notebook.widgets.hierarchy import HierarchyWidget\nimport synthetic",
        "for _ in range(20):\n    display(HierarchyWidget(payload=synthetic.payload(layers=6, nodes=600)))",
    ],
    "compare": [
        EXPORT,
        'from modelexport_nb import compare\n\nc = compare(model, inputs, strategies=["fx", "htp", "usage_based"])\nc',
    ],
    "panel": [
        EXPORT + "\nmodel.train()\nlabels = {'a': 1}",
        "%modelexport",
        "batch = {'ids': inputs + 1}",
    ],
    "generation": [
        GPT2,
        "g = %modelexport model --generation",
        "g",
    ],
    "sweep": ["%load_ext modelexport_nb\nimport sweeps", "s = sweeps.small()\ns", "# another sweep goes here"],
    # Shown while it runs, saved after its end.
    "ended": [
        "%load_ext modelexport_nb\nimport sweeps, time",
        "s = sweeps.small()\ns",
        "sweeps.finish(s)\ntime.sleep(2)",
    ],
    "saved": [EXPORT, "r = %modelexport model inputs", "r"],
}


def main(folder: Path) -> None:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for name, sources in NOTEBOOKS.items():
        notebook = new_notebook(cells=[new_code_cell(s) for s in sources], metadata={"kernelspec": kernel})
        nbformat.write(notebook, folder / f"{name}.ipynb")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
