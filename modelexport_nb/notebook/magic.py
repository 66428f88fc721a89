"""`%modelexport` and `%%modelexport`: a thin skin on `export_model()`."""

from __future__ import annotations

import ast
from argparse import Namespace as Options
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, needs_local_scope, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from modelexport_nb.engine.errors import InputError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.report import ExportReport

from .namespace import Namespace, is_inputs, is_module
from .options import ARGUMENTS, tidy
from .progress import progress_bar
from .settings import ModelExport
from .temporary import temporary_path


def with_arguments(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a magic the grammar of `options.py`, its usage errors and its `?`."""
    for spec in reversed(ARGUMENTS):
        function = argument(*spec.flags, help=spec.help.replace("%", "%%"), **spec.keywords)(function)
    return magic_arguments()(function)


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
    def modelexport(
        self, line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None
    ) -> ExportReport | None:
        """Export a PyTorch model to ONNX and show which module made which node.

            %modelexport model inputs
            report = %modelexport model inputs -o model.onnx

        As a cell magic it first runs the cell, in the notebook's own namespace. What the line does not name,
        the cell assigns: `inputs`, or `model` and `inputs`.

            %%modelexport model
            inputs = tokenizer(["a sentence"], return_tensors="pt")

        The result is an ExportReport. `;` at the end shows and returns nothing.
        Defaults: %config ModelExport
        """
        options, silent = self._parse(line)
        if cell is not None:
            self._run(cell, options)
            silent = silent or cell.rstrip().endswith(";")
        elif options.inputs is None:
            needs = "inputs" if options.model else "a model and inputs"
            raise UsageError(f"%modelexport needs {needs}: %modelexport model inputs. More: %modelexport?")
        report = self._export(options, Namespace.of(self._shell, local_ns))
        return None if silent else report

    def _parse(self, line: str) -> tuple[Options, bool]:
        text = line.rstrip()
        silent = text.endswith(";")
        try:
            return tidy(parse_argstring(ModelExportMagics.modelexport, text.rstrip("; "))), silent
        except ValueError as error:  # an open quote
            raise UsageError(f"{error}: {line}") from None
        except UsageError as error:
            hint = ". An expression with spaces needs quotes." if "unrecognized" in str(error) else ""
            raise UsageError(f"{error}{hint}") from None

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
        path = options.output and namespace.path(options.output)
        with progress_bar(self._choice(options, "progress")) as progress:
            return export_model(
                model,
                inputs,
                path or temporary_path(type(model).__name__),
                strategy=self._choice(options, "strategy"),
                opset=self._choice(options, "opset"),
                metadata=self._choice(options, "metadata"),
                verify=self._choice(options, "verify"),
                dynamic_shapes=None if shapes is None else namespace.evaluate(shapes),
                progress=progress,
            )

    def _choice(self, options: Options, name: str) -> Any:
        """The line's value, else the default of `%config`."""
        value = getattr(options, name)
        return getattr(self._settings, name) if value is None else value


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)
