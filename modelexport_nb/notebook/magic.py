"""`%modelexport` and `%%modelexport`: a thin skin on `export_model()`."""

from __future__ import annotations

import ast
from argparse import Namespace as Options
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, needs_local_scope, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments

from modelexport_nb.engine.errors import InputError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.report import ExportReport

from .namespace import Namespace, is_inputs, is_module
from .options import ARGUMENTS
from .progress import progress_bar
from .settings import ModelExport
from .temporary import temporary_path
from .verbs import Line, find_verb, parsed, run_verb, verbs_help


def with_arguments(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a magic the grammar of `options.py`, its usage errors and its `?`."""
    for spec in reversed(ARGUMENTS):
        function = argument(*spec.flags, help=spec.help.replace("%", "%%"), **spec.keywords)(function)
    function = magic_arguments()(function)
    function.__doc__ = f"{function.__doc__}\n{verbs_help()}\n"
    return function


@magics_class
class ModelExportMagics(Magics):
    """The magic of one shell."""

    def __init__(self, shell: InteractiveShell, settings: ModelExport) -> None:
        super().__init__(shell)
        self._shell = shell  # Magics.shell may be None, this one is not
        self._settings = settings

    # IPython would fill {…} into the whole line, dicts included; only a path's are filled in here.
    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    @with_arguments
    def modelexport(self, line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None) -> Any:
        """Export a PyTorch model to ONNX and show which module made which node.

            %modelexport model inputs
            report = %modelexport model inputs -o model.onnx

        As a cell magic it first runs the cell, in the notebook's own namespace. What the line does not name,
        the cell assigns: `inputs`, or `model` and `inputs`.

            %%modelexport model
            inputs = tokenizer(["a sentence"], return_tensors="pt")

        The result is an ExportReport. `;` at the end shows and returns nothing.
        Defaults: %config ModelExport

        A line can begin with a verb, described below the options:

            %modelexport tag model inputs optimised.onnx -o tagged.onnx

        A variable of a verb's name that holds a module is the model to export; (tag) is never the verb.
        """
        text = line.rstrip().rstrip("; ")
        silent = line.rstrip().endswith(";") or (cell is not None and cell.rstrip().endswith(";"))
        if cell is None:
            result = self._line(text, Namespace.of(self._shell, local_ns))
        else:
            options = self._parse(text)
            self._run(cell, options)
            result = self._export(options, Namespace.of(self._shell, local_ns))
        return None if silent else result

    def _line(self, text: str, namespace: Namespace) -> Any:
        verb = find_verb(text, namespace)
        if verb is not None:
            return run_verb(verb, text, namespace, self._settings)
        options = self._parse(text)
        if options.inputs is None:
            needs = "inputs" if options.model else "a model and inputs"
            raise UsageError(f"%modelexport needs {needs}: %modelexport model inputs. More: %modelexport?")
        return self._export(options, namespace)

    def _parse(self, text: str) -> Options:
        return parsed(ModelExportMagics.modelexport.parser, text)

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

    def _export(self, options: Options, namespace: Namespace) -> ExportReport:
        model = namespace.evaluate(options.model, is_module)
        inputs = namespace.evaluate(options.inputs, is_inputs)
        shapes = options.dynamic_shapes
        line = Line(options, namespace, self._settings)
        path = options.output and namespace.path(options.output)
        with progress_bar(line.choice("progress")) as progress:
            return export_model(
                model,
                inputs,
                path or temporary_path(type(model).__name__),
                strategy=line.choice("strategy"),
                capture=line.choice("capture"),
                opset=line.choice("opset"),
                metadata=line.choice("metadata"),
                verify=line.choice("verify"),
                dynamic_shapes=None if shapes is None else namespace.evaluate(shapes),
                progress=progress,
            )


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)
