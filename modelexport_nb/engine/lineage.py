"""Which nodes of the translated graph each node of the optimised graph stands for.

The optimiser is watched from outside: the graph is compared before and after, whatever passes ran between.
Three things can happen to a node that is gone:

* a new node computes its result, alone or with neighbours (Conv and BatchNorm become one Conv): the new node stands
  for the nodes between its inputs and its outputs that are no longer there and served nothing else;
* another node computed the same from the same inputs (a common subexpression): that one stands for both;
* nothing is left to compute (constants, no-ops, unused results).
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import onnx_ir as ir

from .snapshot import FrozenNode, Snapshot


class Gone(StrEnum):
    """Why no node stands for a translated node any more."""

    CONSTANT = "computed once at export: constant"
    NO_OP = "does nothing: removed by the optimiser"
    UNUSED = "its result is not used"


@dataclass(frozen=True)
class Lineage:
    """`made_from[i]`: positions in the snapshot of the nodes that node `i` of the optimised graph stands for, in
    execution order (empty when unknown). `fresh[i]`: the node was made by the optimiser. `computed`: for each
    initializer (`id` of its value) that holds the result of a translated node: that node, and those before it whose
    numbers it only arranged (a parameter that one module expands and another transposes)."""

    made_from: list[list[int]]
    fresh: list[bool]
    gone: dict[int, Gone]
    computed: dict[int, list[int]]


def trace_lineage(before: Snapshot, after: list[ir.Node], initializers: list[ir.Value]) -> Lineage:
    """Compare the snapshot with the nodes (and initializers) of the optimised graph."""
    return _Comparison(before, after, initializers).lineage()


class _Comparison:
    def __init__(self, before: Snapshot, after: list[ir.Node], initializers: list[ir.Value]) -> None:
        self.before = before.nodes
        self.after = after
        self.position = {id(node): at for at, node in enumerate(after)}
        self.producer = {id(value): at for at, old in enumerate(self.before) for value in old.outputs}
        self.survives = [id(old.node) in self.position for old in self.before]
        known = {id(old.node) for old in self.before}
        self.fresh = [id(node) not in known for node in after]
        self.stands_in = self._stand_ins(initializers)
        self.constant = self._constants(before.initializers)
        self.number, self.value_number = _value_numbers(self.before)
        self.readers = self._readers()

    def lineage(self) -> Lineage:
        made_from: list[set[int]] = [set() for _ in self.after]
        for at, old in enumerate(self.before):
            if self.survives[at]:
                made_from[self.position[id(old.node)]].add(at)
        computed_by = {old: {at} for at, nodes in enumerate(made_from) for old in nodes}
        for group in self._fresh_groups():
            results = self._results_of(group)
            replaced = self._replaced_by(results)
            computed_by |= {old: set(group) for old in results}
            for node in group:
                made_from[node] |= replaced
        self._add_twins(made_from, computed_by)
        gone = self._leftovers(made_from)
        computed = {
            id(now): self._arranged_by(self.producer[old])
            for old, now in self.stands_in.items()
            if now.producer() is None
        }
        return Lineage([sorted(nodes) for nodes in made_from], self.fresh, gone, computed)

    def _arranged_by(self, at: int) -> list[int]:
        """A node, and those before it that handed as many numbers on, in execution order."""
        found, stack = {at}, [at]
        while stack:
            node = self.before[stack.pop()]
            amounts = {_amount(value) for value in node.outputs} - {None}
            for value in node.inputs:
                maker = self.producer.get(id(value))
                if value is not None and maker is not None and maker not in found and _amount(value) in amounts:
                    found.add(maker)
                    stack.append(maker)
        return sorted(found)

    def _readers(self) -> list[set[int]]:
        """For each old node the old nodes that read its results."""
        readers: list[set[int]] = [set() for _ in self.before]
        for at, old in enumerate(self.before):
            for value in old.inputs:
                maker = self.producer.get(id(value))
                if maker is not None:
                    readers[maker].add(at)
        return readers

    def _stand_ins(self, initializers: list[ir.Value]) -> dict[int, ir.Value]:
        """For each value of the old graph that lives on: the value of the new graph that holds the same numbers.

        It is the same object, has the same name (a rewrite hands the name on), or was put in its place at an input
        of a node that survived.
        """
        living = [value for node in self.after for value in node.outputs] + initializers
        alive = {id(value) for value in living}
        by_name = {value.name: value for value in living if value.name}
        found: dict[int, ir.Value] = {}
        for old in self.before:
            for value, name in zip(old.outputs, old.names, strict=True):
                if id(value) in alive:
                    found[id(value)] = value
                elif name in by_name and self._is_new(by_name[name]):
                    found[id(value)] = by_name[name]
        self.replaced_at_input: dict[int, ir.Value] = {}
        for at, old in enumerate(self.before):
            if not self.survives[at]:
                continue
            for then, now in zip(old.inputs, old.node.inputs, strict=False):
                if then is not None and now is not None and then is not now and id(then) not in alive:
                    self.replaced_at_input.setdefault(id(then), now)
        for then_id, now in self.replaced_at_input.items():
            if then_id not in found and now.producer() is not None and self._is_new(now):
                found[then_id] = now
        return found

    def _is_new(self, value: ir.Value) -> bool:
        """Whether the optimiser made the value: an initializer, or the result of a node that was not there."""
        maker = value.producer()
        return maker is None or self.fresh[self.position[id(maker)]]

    def _constants(self, initializers: list[ir.Value]) -> list[bool]:
        """Nodes of the old graph that depend on no input, or whose result is an initializer now."""
        fixed = {id(value) for value in initializers}
        constant = []
        for old in self.before:
            reads_fixed = all(value is None or id(value) in fixed for value in old.inputs)
            stands = [self.stands_in.get(id(value)) for value in old.outputs]
            folded = bool(stands) and all(v is not None and v.producer() is None for v in stands)
            constant.append((reads_fixed and not _has_body(old)) or folded)
            if constant[-1]:
                fixed.update(id(value) for value in old.outputs)
        return constant

    def _fresh_groups(self) -> list[list[int]]:
        """New nodes that hand values to each other which the old graph did not have belong to one rewrite."""
        old_values = {id(value) for value in self.stands_in.values()}
        group_of = {at: at for at, is_fresh in enumerate(self.fresh) if is_fresh}

        def find(at: int) -> int:
            while group_of[at] != at:
                at = group_of[at]
            return at

        for at in list(group_of):
            for value in self.after[at].inputs:
                maker = value.producer() if value is not None else None
                if maker is None or id(value) in old_values:
                    continue
                source = self.position.get(id(maker))
                if source in group_of:
                    group_of[find(at)] = find(source)
        groups: dict[int, list[int]] = defaultdict(list)
        for at in group_of:
            groups[find(at)].append(at)
        return list(groups.values())

    def _results_of(self, group: list[int]) -> set[int]:
        """Old nodes whose values the group computes now."""
        values = {id(value) for at in group for value in self.after[at].outputs}
        makers = {self.producer.get(value_id) for value_id, now in self.stands_in.items() if id(now) in values}
        return {at for at in makers if at is not None and not self.survives[at] and not self.constant[at]}

    def _replaced_by(self, results: set[int]) -> set[int]:
        """The results and the old nodes that computed nothing but them."""
        replaced = set(results)
        reach = sorted(self._upstream(results), reverse=True)
        for at in reach:  # readers before what they read: positions follow execution order
            if self.readers[at] <= replaced:
                replaced.add(at)
        return replaced

    def _upstream(self, results: set[int]) -> set[int]:
        """Nodes that are gone between the results and the values that are still there."""
        found: set[int] = set()
        stack = list(results)
        while stack:
            for value in self.before[stack.pop()].inputs:
                at = None if value is None or id(value) in self.stands_in else self.producer.get(id(value))
                if at is not None and at not in found and not self.survives[at] and not self.constant[at]:
                    found.add(at)
                    stack.append(at)
        return found - results

    def _add_twins(self, made_from: list[set[int]], computed_by: dict[int, set[int]]) -> None:
        """A node that is gone, but equal to one whose value is still computed, was merged with it."""
        holders: dict[Any, set[int]] = defaultdict(set)
        for old, nodes in computed_by.items():
            holders[self.number[old]] |= nodes
        assigned = {old for nodes in made_from for old in nodes}
        for at in range(len(self.before)):
            if at in assigned or self.survives[at] or self.constant[at]:
                continue
            for holder in holders.get(self.number[at]) or self._merged_at_input(at):
                made_from[holder].add(at)

    def _merged_at_input(self, at: int) -> set[int]:
        """Where consumers that survived now read the result of an unrelated node, that node computes the same."""
        found = set()
        for value in self.before[at].outputs:
            now = self.replaced_at_input.get(id(value))
            maker = now.producer() if now is not None else None
            if now is not None and maker is not None and not self._leads_to(now, at):
                found.add(self.position[id(maker)])
        return found

    def _leads_to(self, value: ir.Value, at: int) -> bool:
        """Whether old node `at` computes from `value`: being equal to it, it did nothing (a size that is unpacked and
        packed again). Equal work of two modules never reads its own result."""
        earliest = self.producer.get(id(value), 0)
        stack, seen = [at], set()
        while stack:
            for read in self.before[stack.pop()].inputs:
                if read is None:
                    continue
                same = self.value_number.get(id(read), read) == self.value_number.get(id(value), value)
                if same or self.stands_in.get(id(read)) is value:
                    return True
                maker = self.producer.get(id(read), -1)
                if maker >= earliest and maker not in seen:
                    seen.add(maker)
                    stack.append(maker)
        return False

    def _leftovers(self, made_from: list[set[int]]) -> dict[int, Gone]:
        assigned = {old for nodes in made_from for old in nodes}
        gone: dict[int, Gone] = {}
        for at, old in enumerate(self.before):
            if at in assigned:
                continue
            replaced = any(id(value) in self.replaced_at_input for value in old.outputs)
            gone[at] = Gone.CONSTANT if self.constant[at] else Gone.NO_OP if replaced else Gone.UNUSED
        return gone


def _amount(value: ir.Value) -> int | None:
    """How many numbers a value holds; None where that is not fixed."""
    if value.shape is None:
        return None
    sizes = [size for size in value.shape if isinstance(size, int)]
    return math.prod(sizes) if len(sizes) == len(value.shape) else None


def _has_body(old: FrozenNode) -> bool:
    return any(str(value).startswith("graph at") for _, value in old.attributes)


def _value_numbers(nodes: list[FrozenNode]) -> tuple[list[Any], dict[int, Any]]:
    """Equal numbers for nodes that compute the same operator with equal attributes on equal inputs; the same for
    their outputs, by the `id` of the value."""
    of_value: dict[int, Any] = {}
    table: dict[Any, int] = {}
    numbers: list[Any] = []
    for node in nodes:
        inputs = tuple(
            _leaf(value) if value is None else of_value.get(id(value)) or _leaf(value) for value in node.inputs
        )
        number = table.setdefault((node.op, node.attributes, inputs), len(table))
        numbers.append(number)
        for position, value in enumerate(node.outputs):
            of_value[id(value)] = (number, position)
    return numbers, of_value


def _leaf(value: ir.Value | None) -> Any:
    """A small constant by its content (exporters write one per use), anything else by identity."""
    if value is None:
        return None
    tensor = value.const_value
    if tensor is not None and tensor.size <= 1024:
        return ("constant", str(tensor.dtype), tuple(tensor.shape), tensor.numpy().tobytes())
    return id(value)
