"""Classic `torch.fx.symbolic_trace`, for teaching: six kinds of FX node, and what became of each in ONNX.

The trace runs the model's Python code without numbers, so that it sees every module call but no branch on data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx, nn

from .attribution import CONFIDENCE, Evidence
from .errors import CaptureError, InputError, one_line
from .model_lines import failing_line
from .modules import ModuleTree
from .report import ExportReport
from .sources import source_of
from .state import preserved
from .symbolic_match import FxMatch, match_nodes
from .turns import in_turn

KINDS: tuple[str, ...] = ("placeholder", "get_attr", "call_module", "call_function", "call_method", "output")


@dataclass(frozen=True)
class FxNode:
    """One node of the trace.

    `call` is the key (`path` or `path#n`) of the module call that it stands for (`call_module`) or in whose `forward`
    it stands, `""` for the root. `target` is what is called or read; `source` the `file:line` of the model's code.
    """

    index: int
    name: str
    kind: str
    target: str
    path: str
    number: int
    source: str | None

    @property
    def call(self) -> str:
        """Key of the module call."""
        return f"{self.path}#{self.number}" if self.number else self.path


@dataclass(frozen=True)
class Category:
    """One of the seven ways in which a trace shows hierarchy: its elements by name, each with how often it occurs.

    `confidence` (0 to 1) is how sure the way is from one of its elements to the module call and the ONNX nodes:
    that of `evidence`. `why` says it in words.
    """

    name: str
    elements: dict[str, int]
    evidence: Evidence
    why: str

    @property
    def count(self) -> int:
        """Elements, repetitions included."""
        return sum(self.elements.values())

    @property
    def confidence(self) -> float:
        return CONFIDENCE[self.evidence]


@dataclass(frozen=True, repr=False)
class SymbolicTrace:
    """Result of `trace_symbolically()`.

    Attributes:
        model_class: class of the traced module.
        nodes: the FX nodes in execution order.
        entered: paths of the modules whose `forward` was traced; the others are leaves, one `call_module` a call.
        calls: how often each module was called, by path.
        modules: every module of the model.
        graph: the FX graph itself.
    """

    model_class: str
    nodes: tuple[FxNode, ...]
    entered: tuple[str, ...]
    calls: dict[str, int]
    modules: ModuleTree
    graph: fx.Graph = field(compare=False)

    @property
    def kinds(self) -> dict[str, int]:
        """How many FX nodes there are of each of the six kinds."""
        counts = Counter(node.kind for node in self.nodes)
        return {kind: counts[kind] for kind in KINDS}

    @property
    def categories(self) -> tuple[Category, ...]:
        """The seven categories of hierarchy, always all, in a fixed order."""
        custom = [self.modules.modules[path] for path in self.entered]
        trace, function = Evidence.TRACE, Evidence.DATAFLOW
        exact = "the trace records the call, and the report the nodes of that call"
        inferred = "the trace records in which call it stands; which of the call's nodes are its own is inferred"
        whole = "it belongs to the whole model"
        return (
            Category("modules", self._targets("call_module"), trace, exact),
            Category("functions", self._targets("call_function"), function, inferred),
            Category("methods", self._targets("call_method"), function, inferred),
            Category("attributes", self._targets("get_attr"), Evidence.PARAMETER, "its path names the owner"),
            Category("inputs", self._targets("placeholder"), trace, whole),
            Category("outputs", self._targets("output"), trace, whole),
            Category(
                "custom modules", _count(m.class_name for m in custom if not _is_torchs(m.class_path)), trace, exact
            ),
        )

    def _targets(self, kind: str) -> dict[str, int]:
        return _count(node.target for node in self.nodes if node.kind == kind)

    def against(self, report: ExportReport) -> tuple[FxMatch, ...]:
        """For each FX node what it became in an export of the same model; `unknown` where that cannot be told.

        Raises:
            InputError: the report is of another model; names the first module that differs.
        """
        _check_same_model(self.modules, report.modules)
        return match_nodes(self.nodes, self.calls, report)

    def rows(self) -> list[tuple[str, str, str]]:
        """Name, count and meaning: the six kinds, then the seven categories with their confidence."""
        rows = [(kind, str(count), _KIND_MEANING[kind]) for kind, count in self.kinds.items()]
        return rows + [(c.name, str(c.count), f"confidence {c.confidence:g}: {c.why}") for c in self.categories]

    def __repr__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.kinds.items() if count)
        return f"<SymbolicTrace of {self.model_class}: {kinds}>"


_KIND_MEANING = {
    "placeholder": "an argument of the model's forward",
    "get_attr": "a parameter, buffer or constant that a forward reads",
    "call_module": "a leaf module, kept whole: one of torch.nn",
    "call_function": "a free function or an operator, such as torch.relu or +",
    "call_method": "a method of a tensor, such as x.view()",
    "output": "what the model returns",
}


class _Tracer(fx.Tracer):
    """torch's own tracer; notes which modules it enters, and the line of code of each node."""

    def __init__(self) -> None:
        super().__init__()
        self.record_stack_traces = True
        self.entered: dict[str, None] = {"": None}

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        leaf = super().is_leaf_module(m, module_qualified_name)
        if not leaf:
            self.entered[module_qualified_name] = None
        return leaf


@in_turn()
def trace_symbolically(model: nn.Module, concrete_args: dict[str, Any] | None = None) -> SymbolicTrace:
    """Trace a model with `torch.fx`'s classic tracer, which needs no inputs and runs no numbers.

    Args:
        model: any `nn.Module`; traced in eval mode and left exactly as it was.
        concrete_args: values for arguments of `forward` that are not to be traced, as `torch.fx` takes them.

    Returns:
        The FX nodes in order of execution; `.against(report)` tells which ONNX nodes each became.

    Raises:
        InputError: not a module.
        CaptureError: the model's code cannot be traced; names its line and what to try.
    """
    if not isinstance(model, nn.Module):
        raise InputError(f"The model is a {type(model).__name__}. Pass an instance of torch.nn.Module.")
    tracer = _Tracer()
    modules = ModuleTree.of(model)
    try:
        with preserved(model):
            graph = tracer.trace(model, concrete_args)
    except Exception as error:  # the model's own code runs with stand-ins for tensors: anything may happen
        raise CaptureError(_explain(error, model)) from error
    return SymbolicTrace(
        model_class=type(model).__name__,
        nodes=tuple(_fx_node(index, node) for index, node in enumerate(graph.nodes)),
        entered=tuple(tracer.entered),
        calls={"": 1} | dict(tracer.num_calls),
        modules=modules,
        graph=graph,
    )


def _explain(error: Exception, model: nn.Module) -> str:
    where = failing_line(error, model, anywhere=True)
    if isinstance(error, fx.proxy.TraceError):
        cause = "a branch, loop or assertion depends on data, of which a symbolic trace has none"
    else:
        cause = f"{type(error).__name__}: {one_line(error).rstrip('.')}"
    return (
        f"The model cannot be traced symbolically{where}: {cause}. Write it with torch.where, fix an argument with "
        "concrete_args, or export with export_model, which traces with real inputs. The model is unchanged."
    )


def _fx_node(index: int, node: fx.Node) -> FxNode:
    stack = node.meta.get("nn_module_stack") or {}
    path, number = "", 0
    if stack:
        key, (path, _) = list(stack.items())[-1]
        number = int(key[len(path) + 1 :] or 0)  # torch writes `path`, then `path@1`, `path@2` …
    source = source_of(node.stack_trace or "")
    if source is not None and source.startswith("torch/"):  # the tracer's own, where no code of the model is involved
        source = None
    return FxNode(index, node.name, node.op, _target_text(node), path, number, source)


def _target_text(node: fx.Node) -> str:
    """The target's name, never an address."""
    if isinstance(node.target, str):
        return node.target
    module = getattr(node.target, "__module__", None) or ""
    name = getattr(node.target, "__name__", type(node.target).__name__)
    if module in ("_operator", "builtins"):
        module = module.lstrip("_")
    return f"{module}.{name}" if module else f"torch.{name}" if hasattr(torch, name) else name


def _count(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names))  # in the order of their first appearance


def _is_torchs(class_path: str) -> bool:
    return class_path.startswith(("torch.nn.", "torch.ao.nn."))


def _check_same_model(traced: ModuleTree, reported: ModuleTree) -> None:
    ours = [(path, info.class_path) for path, info in traced.modules.items()]
    theirs = [(path, info.class_path) for path, info in reported.modules.items()]
    if ours == theirs:
        return
    first = next((a[0] for a, b in zip(ours, theirs, strict=False) if a != b), None)
    what = f'they differ at the module "{first or "(root)"}"' if first is not None else _lengths(ours, theirs)
    raise InputError(f"The report is of another model: {what}.")


def _lengths(ours: Sequence[object], theirs: Sequence[object]) -> str:
    return f"it has {len(theirs)} modules, the trace {len(ours)}"
