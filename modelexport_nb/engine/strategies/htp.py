"""Strategy `htp`, hierarchical trace-and-project: what one eager run computed is found again in the graph, by value.

Needs nothing of the exporter: it tags any ONNX file of the model, whoever exported or optimised it.
"""

from __future__ import annotations

from ..attribution import Attribution
from ..eager import EagerRun
from ..graph import all_nodes
from ..intermediates import run_with_intermediates
from ..modules import CallTree, storage_address
from ..owners import Parameter
from ..projection import Projection, Projector
from ..samples import Sample, sample_array, sample_tensor
from .base import Subject
from .bodies import place_in_bodies
from .dataflow import fill_from_neighbours


class HtpStrategy:
    """Values first, the regions between equal values next, neighbours last."""

    name = "htp"
    needs_values = True

    def obstacle(self, subject: Subject) -> str | None:
        """It needs values of both sides."""
        if subject.eager.values is None:
            return "htp compares numbers, and this run recorded none; without weights take fx or usage_based"
        return None

    def attribute(self, subject: Subject) -> Attribution:
        """Scopes from equal values."""
        return self.with_projection(subject)[0]

    def with_projection(self, subject: Subject) -> tuple[Attribution, Projection]:
        """The attribution, and what the values said: how much of the graph was found in the model."""
        projection = project_graph(subject)
        nodes = all_nodes(subject.graph)
        calls = CallTree(subject.eager.calls.calls)  # a copy: branches that never ran are added
        place_in_bodies(nodes, projection.scopes, subject.parameters, calls, subject.modules)
        filled = fill_from_neighbours(nodes, projection.scopes, calls)
        return Attribution(self.name, calls, filled, {}), projection


def project_graph(subject: Subject) -> Projection:
    """Run the graph with its values visible and lay the trace over it."""
    trace = subject.eager.values
    assert trace is not None  # told by `obstacle`
    nodes = all_nodes(subject.graph)
    names = [value.name for node in subject.graph.graph for value in node.outputs if value.name]
    arrays = run_with_intermediates(subject.file, subject.feed, names, subject.values_limit)
    samples = {name: sample_array(array) for name, array in arrays if array.dtype.kind in "fiub"}
    readers = {
        at: calls
        for at, node in enumerate(nodes)
        if (calls := _readers([subject.parameters.get(id(v), []) for v in node.inputs if v is not None], subject.eager))
    }
    return Projector(nodes, samples, _given(subject), trace, subject.eager.calls, readers).run()


def _given(subject: Subject) -> list[tuple[Sample, bool]]:
    """What no node makes: the inputs, which vary, and what the exporter computed once, initializers that are no
    parameter of the model."""
    held = [value for value in subject.graph.graph.initializers.values() if id(value) not in subject.parameters]
    arrays = [value.const_value.numpy() for value in held if value.const_value is not None]
    inputs = [sample for tensor in subject.feed.values() if (sample := sample_tensor(tensor)) is not None]
    constants = [sample_array(array) for array in arrays if array.dtype.kind in "fiub"]
    return [*((sample, True) for sample in inputs), *((sample, False) for sample in constants)]


def _readers(read: list[list[Parameter]], eager: EagerRun) -> set[int]:
    keys = {
        key for group in read for parameter in group for key in eager.readers.get(storage_address(parameter.tensor), ())
    }
    return {eager.calls.by_key[key] for key in keys}
