"""What becomes of the axes that may vary: which of them the model fixes, at which line, and their names in the graph.

torch knows all this while it traces and says little of it: an axis with a `Dim` that the model fixes is fixed in
silence, and one that was left to torch keeps its symbol in the file although the graph computes for one size alone.
"""

from __future__ import annotations

import linecache
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import onnx_ir as ir
from torch import nn
from torch.fx.experimental.symbolic_shapes import ShapeEnv

from ..axes import Axis
from ..dynamic_spec import allows, is_demanded, specified_axes
from ..errors import CaptureError
from ..graph import all_nodes
from ..model_lines import as_place, model_files
from .base import Capture, Request

_SYMBOL = re.compile(r"[A-Za-z_]\w*")


@dataclass
class _Sizes:
    """Of one tracing: the symbol of each axis by torch's name for it, what symbols were found equal to, and where."""

    symbols: dict[str, str] = field(default_factory=dict)
    equal: dict[str, str] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)
    env: ShapeEnv | None = None  # alive, so that its id is nobody else's

    def settled(self, symbol: str) -> str:
        """The symbol or number that a symbol stands for in the end."""
        seen = set()
        while symbol in self.equal and symbol not in seen:
            seen.add(symbol)
            symbol = self.equal[symbol]
        return symbol

    def line(self, symbol: str) -> str:
        """Where it became a number, ` at file:line: `code``; empty when the model's own code is not known."""
        seen = set()
        while symbol in self.equal and symbol not in seen:
            seen.add(symbol)
            if self.equal[symbol].isdecimal():
                return self.lines.get(symbol, "")
            symbol = self.equal[symbol]
        return ""

    def least(self, axis: Axis) -> int:
        """The smallest size of an axis for which the graph was traced, as far as torch knows one."""
        symbol = self.settled(self.symbols.get(_source(axis), ""))
        ranges = self.env.var_to_range if self.env is not None else {}
        bounds = next((bounds for one, bounds in ranges.items() if str(one) == symbol), None)
        return int(bounds.lower) if bounds is not None and bounds.lower.is_Integer else 0


class AxisWatch:
    """Sees what torch finds out about sizes while it traces a model."""

    def __init__(self, model: nn.Module) -> None:
        self._files = model_files(model)
        self._tracings: dict[int, _Sizes] = {}
        self._latest = _Sizes()

    def created(self, env: ShapeEnv, source: str, symbol: str) -> None:
        """An axis of an input has a symbol."""
        if id(env) not in self._tracings:
            self._tracings[id(env)] = _Sizes(env=env)
        self._latest = self._tracings[id(env)]
        self._latest.symbols[source] = symbol

    def replaced(self, env: ShapeEnv, symbol: str, target: str) -> None:
        """A symbol was found equal to another, or to a number."""
        sizes = self._tracings.get(id(env))
        if sizes is not None and symbol not in sizes.equal:
            sizes.equal[symbol] = target
            sizes.lines[symbol] = self._line()

    def _line(self) -> str:
        frame: Any = sys._getframe(3)
        while frame is not None and frame.f_code.co_filename != __file__:
            file, line = frame.f_code.co_filename, frame.f_lineno
            if file in self._files:
                return as_place(file, line, linecache.getline(file, line).strip())
            frame = frame.f_back
        return ""

    def explain(self, request: Request) -> str | None:
        """Which axis that was to vary the model fixes; None when there is none."""
        for axis, spec in self._specified(request):
            if is_demanded(spec) and (line := self._fixed_at(axis)) is not None:
                return _told(axis, spec, line)
        return None

    def _fixed_at(self, axis: Axis) -> str | None:
        """Where the first tracing that fixes an axis does so; None where none does."""
        for sizes in self._tracings.values():
            symbol = sizes.symbols.get(_source(axis))
            if symbol is not None and sizes.settled(symbol).isdecimal():
                return sizes.line(symbol)
        return None

    def settle(self, model: ir.Model, request: Request, way: Capture) -> None:
        """Let the graph's shapes tell what is true of them, with the names that were asked for.

        Raises:
            CaptureError: an axis that was to vary is fixed.
        """
        if request.dynamic_shapes is None:
            return
        self._replace(model, {symbol: self._latest.settled(symbol) for symbol in self._latest.equal})
        values = {value.name or "": value for value in model.graph.inputs}
        fed = way.input_tensors(request, list(values))
        of_tensor = {id(tensor): values[name] for name, tensor in fed.items()}
        names: dict[str, str] = {}
        for axis, spec in self._specified(request):
            value = of_tensor.get(axis.tensor)
            if value is None or value.shape is None:
                continue
            dim = value.shape[axis.axis]
            if is_demanded(spec) and not isinstance(dim, ir.SymbolicDim):
                raise CaptureError(_told(axis, spec, self._fixed_at(axis) or ""))
            if isinstance(spec, str) and isinstance(dim, ir.SymbolicDim) and dim.value:
                names.setdefault(dim.value, spec)
        self._replace(model, names)

    def notes(self, request: Request) -> list[str]:
        """Which sizes must not become too small, as far as torch knows."""
        least: dict[str, int] = {}
        for axis, spec in self._specified(request):
            if (size := self._latest.least(axis)) > 2 and allows(spec, size - 1):
                least.setdefault(_word(spec) or axis.text, size)
        return [
            f"The graph holds for {name} {size} and more: below, the model takes another way."
            for name, size in least.items()
        ]

    def _specified(self, request: Request) -> list[tuple[Axis, Any]]:
        return specified_axes(request.model, request.args, request.kwargs, request.dynamic_shapes)

    def _replace(self, model: ir.Model, names: Mapping[str, str]) -> None:
        if not names:
            return
        outputs = [output for node in all_nodes(model) for output in node.outputs]
        for value in (*model.graph.inputs, *outputs):
            if value.shape is not None and not value.shape.is_static():
                value.shape = ir.Shape([_renamed(dim, names) for dim in value.shape])


def _source(axis: Axis) -> str:
    """torch's own name for an axis of an input."""
    return f"L{axis.path}.size()[{axis.axis}]"


def _told(axis: Axis, spec: Any, line: str) -> str:
    name = _word(spec)
    word = f' ("{name}")' if name else ""
    return (
        f"The model fixes {axis.text}{word}, which was to vary{line}. Leave it out of the dynamic axes, or mend that "
        "line."
    )


def _word(spec: Any) -> str | None:
    """What an axis was called."""
    return spec if isinstance(spec, str) else getattr(spec, "__name__", None)


def _renamed(dim: int | ir.SymbolicDim, names: Mapping[str, str]) -> int | ir.SymbolicDim:
    """A size in other symbols; it may be computed from several: `s1 + s2`."""
    if isinstance(dim, int) or dim.value is None:
        return dim
    found = _SYMBOL.sub(lambda word: names.get(word[0], word[0]), dim.value)
    return int(found) if found.isdecimal() else ir.SymbolicDim(found)


@contextmanager
def watching_axes(watch: AxisWatch) -> Iterator[None]:
    """Wrap the two places where torch gives an axis a symbol and finds out about it, for the block only."""
    create, replace = ShapeEnv.create_symbol, ShapeEnv._set_replacement

    def creating(env: ShapeEnv, value: Any, source: Any, *args: Any, **kwargs: Any) -> Any:
        symbol = create(env, value, source, *args, **kwargs)
        watch.created(env, str(source.name), str(symbol))
        return symbol

    def replacing(env: ShapeEnv, symbol: Any, target: Any, *args: Any, **kwargs: Any) -> None:
        replace(env, symbol, target, *args, **kwargs)
        # A symbol that must be a number is one, even where torch.onnx has torch put off what it does about that.
        if target.is_number or env.replacements.get(symbol) == target:
            watch.replaced(env, str(symbol), str(target))

    ShapeEnv.create_symbol, ShapeEnv._set_replacement = creating, replacing  # type: ignore
    try:
        yield
    finally:
        ShapeEnv.create_symbol, ShapeEnv._set_replacement = create, replace  # type: ignore[method-assign]
