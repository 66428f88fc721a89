"""Execute notebooks and save them with their outputs and the state of their widgets.

The saved state is what lets a trusted notebook show its widgets before anything was run.
Times, versions and random ids are left out, so that a second run changes nothing.
"""

import argparse
import json
from pathlib import Path

import nbformat
from nbclient import NotebookClient

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def run(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    notebook.metadata["kernelspec"] = KERNEL
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(number_widgets(without_times(notebook)), path)


def without_times(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Leave out how long the exports of a saved comparison or sweep took."""
    saved = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
    for model in saved.get("state", {}).values():
        state = model.get("state", {})
        payload = state.get("payload", {})
        for column in payload.get("columns", []):
            column.update(seconds=[], peak=-1)
        for told in (payload.get("now"), state.get("news")):  # a sweep as it stood, and what changed since
            if told:
                told.update(elapsed=None, seconds=[None] * len(told["jobs"]))
    return notebook


def number_widgets(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Give the widgets numbers for ids: a notebook's ids need to differ from each other only."""
    saved = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
    text = json.dumps(notebook)
    for number, model_id in enumerate(saved.get("state", {})):
        text = text.replace(model_id, f"{number:032x}")
    return nbformat.reads(text, as_version=4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", type=Path, nargs="+")
    for path in parser.parse_args().notebooks:
        print(f"running {path}", flush=True)
        run(path)


if __name__ == "__main__":
    main()
