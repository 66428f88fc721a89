"""Copy notebooks for a class: without outputs, and with dots in place of the example answers."""

import argparse
import re
import shutil
import sys
from pathlib import Path

import nbformat

EXAMPLES = Path(__file__).parents[1] / "examples"
HELPERS = ("architectures.py", "learning.py", "minilm.py")
ANSWER = re.compile(r"^answer = .*$", flags=re.MULTILINE)


def without_answers(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook as a learner should meet it."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.source = ANSWER.sub("answer = ...", cell.source)
    return notebook


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the copies go; what is there of that name is replaced")
    parser.add_argument("numbers", nargs="*", help="such as 02 08; all, where none is named")
    asked = parser.parse_args()
    notebooks = [
        path for path in sorted(EXAMPLES.glob("*.ipynb")) if not asked.numbers or path.name[:2] in asked.numbers
    ]
    unknown = set(asked.numbers) - {path.name[:2] for path in notebooks}
    if unknown:
        print(f"There is no notebook {', '.join(sorted(unknown))} in {EXAMPLES.name}.", file=sys.stderr)
        return 1
    asked.folder.mkdir(parents=True, exist_ok=True)
    for path in notebooks:
        nbformat.write(without_answers(nbformat.read(path, as_version=4)), asked.folder / path.name)
    for name in HELPERS:
        shutil.copy(EXAMPLES / name, asked.folder / name)
    print(f"{len(notebooks)} notebooks in {asked.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
