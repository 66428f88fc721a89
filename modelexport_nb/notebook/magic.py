"""`%modelexport` and `%%modelexport`: a thin skin on the engine."""

from __future__ import annotations

import ast
import inspect
from argparse import Namespace as Options
from collections.abc import Callable
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, needs_local_scope, no_var_expand

from modelexport_nb.engine.errors import InputError
from modelexport_nb.verbs import EXPORT

from .actions import ACTIONS
from .alone import alone
from .history import History
from .line import Line, parsed, split_verb, verbs_help
from .namespace import Namespace
from .settings import ModelExport


def with_help(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a magic's `?` tell of every verb."""
    function.__doc__ = f"{inspect.cleandoc(function.__doc__ or '')}\n{verbs_help()}\n"
    return function


@magics_class
class ModelExportMagics(Magics):
    """The magic of one shell."""

    def __init__(self, shell: InteractiveShell, settings: ModelExport) -> None:
        super().__init__(shell)
        self._shell = shell  # Magics.shell may be None, this one is not
        self._settings = settings
        self._history = History()
        self._panel: Any = None

    # IPython would fill {…} into the whole line, dicts included; only a path's are filled in here.
    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    @with_help
    def modelexport(self, line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None) -> Any:
        """Export a PyTorch model to ONNX and show which module made which node.

            %modelexport model inputs
            report = %modelexport model inputs -o model.onnx
            reports = %modelexport model inputs --generation -o folder

        Alone it shows a panel to choose all that in.

        As a cell magic it first runs the cell, in the notebook's own namespace. What the line does not name,
        the cell assigns: `inputs`, or `model` and `inputs`.

            %%modelexport model
            inputs = tokenizer(["a sentence"], return_tensors="pt")

        The result is an ExportReport, with --generation a GenerationReport. `;` at the end shows and returns nothing.
        In a path ~ and {name} are filled in. Defaults: %config ModelExport

        A line can begin with a verb; each is described below.

            %modelexport history
            %modelexport compare
            %modelexport compare 1 3
            %modelexport compare model inputs -s fx,htp
            %modelexport sweep nightly.toml
            %modelexport sweep models -s fx,htp --opsets 18,20
            %modelexport verify report model inputs
            %modelexport tag model inputs optimised.onnx -o tagged.onnx
            %modelexport open model.onnx

        `compare` alone lays beside each other what the cells above exported of the last model. In place of a number
        of the history it takes a report or a file, too. `sweep` exports many models, of a plan in a TOML file or of a
        variable, and returns a Sweep.

        Where a module has the name of a verb, the line means the module: with tag = Net(), `%modelexport tag inputs`
        exports it, and (tag) is never the verb. To have the verb again, give the module another name.
        """
        text = line.rstrip().rstrip("; ")
        silent = line.rstrip().endswith(";") or (cell is not None and cell.rstrip().endswith(";"))
        if cell is None and not text and self._shows_widgets():
            result = self._open_panel()
        else:
            with alone():
                if cell is None:
                    result = self._line(text, Namespace.of(self._shell, local_ns))
                else:
                    result = self._cell(text, cell, local_ns)
        return None if silent else result

    def close(self) -> None:
        """Take the panel away."""
        if self._panel is not None:
            self._panel.close()
            self._panel = None

    def _open_panel(self) -> Any:
        """The panel of this shell: one, however often it is shown."""
        if self._panel is None or self._panel.closed:
            from .panel.panel import Panel  # ipywidgets, for those who want it

            self._panel = Panel(self._shell, self._settings, self.modelexport)
        return self._panel

    def _shows_widgets(self) -> bool:
        formatter: Any = self._shell.display_formatter
        return "text/html" in formatter.active_types  # else a terminal

    def _line(self, text: str, namespace: Namespace) -> Any:
        verb, rest = split_verb(text, namespace)
        line = Line(verb, parsed(verb, rest), namespace, self._settings, self._history)
        return ACTIONS[verb.name](line)

    def _cell(self, text: str, cell: str, local_ns: dict[str, Any] | None) -> Any:
        options = parsed(EXPORT, text)
        self._run(cell, options)
        namespace = Namespace.of(self._shell, local_ns)
        return ACTIONS[EXPORT.name](Line(EXPORT, options, namespace, self._settings, self._history, cell))

    def _run(self, cell: str, options: Options) -> None:
        """Run the cell's body, which assigns what the line does not name."""
        source = self._shell.transform_cell(cell)
        # Cached under a name, so that a traceback shows the lines.
        file = self._shell.compile.cache(source, self._shell.execution_count, raw_code=cell)
        tree = ast.parse(source, file)
        assigned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and _stores(node)}
        for role in ("model", "inputs"):
            if getattr(options, role) is not None:
                continue
            if role not in assigned:
                # A variable of this name from an earlier cell is not what the reader of this one expects.
                raise InputError(f'The cell assigns no "{role}" and the line names none: write "{role} = …" in it.')
            setattr(options, role, role)
        exec(compile(tree, file, "exec"), self._shell.user_ns)


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)
