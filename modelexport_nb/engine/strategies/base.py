"""What a strategy may look at, and the protocol that each strategy keeps."""

from __future__ import annotations

import functools
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import onnx_ir as ir
import torch

from ..attribution import Attribution
from ..capture import Captured, Request
from ..eager import EagerRun
from ..files import write_model
from ..intermediates import DEFAULT_LIMIT
from ..modules import ModuleTree
from ..owners import Parameter
from ..temporary import process_folder


@dataclass(frozen=True)
class Subject:
    """A graph of a model, with every witness there is. A strategy uses those that it is made for.

    Attributes:
        request: the live model and its inputs.
        graph: the ONNX graph whose nodes are to be attributed, in the order of `graph.all_nodes`.
        modules: the model's module tree.
        eager: an eager run of the model on these inputs; without its outputs where nothing asks for numbers.
        parameters: for each initializer (`id` of its value) the parameters of the model that it holds.
        feed: the tensor for each graph input, by name.
        captured: how the graph came about; None for a file of unknown origin.
        path: the file that holds the graph, where there is one.
        values_limit: bytes of the graph's values that may be held at once.
    """

    request: Request
    graph: ir.Model
    modules: ModuleTree
    eager: EagerRun
    parameters: dict[int, list[Parameter]]
    feed: dict[str, torch.Tensor]
    captured: Captured | None = None
    path: Path | None = None
    values_limit: int = DEFAULT_LIMIT

    @functools.cached_property
    def file(self) -> Path:
        """The graph as a file for ONNX Runtime: the given one, or a scratch copy that goes with the subject."""
        if self.path is not None:
            return self.path
        scratch = tempfile.TemporaryDirectory(dir=process_folder())
        weakref.finalize(self, scratch.cleanup)
        path = Path(scratch.name) / "graph.onnx"
        write_model(self.graph, path)
        return path


class Strategy(Protocol):
    """Attributes every node of a graph. Each strategy lives in a file of its own."""

    name: str
    needs_values: bool  # whether the eager run must record what every operator computed

    def obstacle(self, subject: Subject) -> str | None:
        """Why this strategy cannot work on such a subject, in one line; None when it can."""
        ...

    def attribute(self, subject: Subject) -> Attribution:
        """A scope for each node, in the order of `graph.all_nodes(subject.graph)`."""
        ...
