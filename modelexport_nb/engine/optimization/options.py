"""Which short cuts an export may take."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class OptimizationOptions:
    """Short cuts, each of which can be turned on and off; none changes the graph, the numbers or the attribution.

    Attributes:
        keep_tables: torch builds its tables of operators (ONNX translations, type promotion) anew for every export,
            and reads an operator's signature anew for every node; they are kept for the process. Python up to 3.11
            lists the members of a protocol anew for every look at a type; they are listed once.
        linear_rewrites: onnxscript tries every rewrite rule on every node, and one with several outputs against all
            nodes of the graph; only nodes that can begin a rule, and only their neighbours, are tried.
        inference_once: onnxscript writes every node out to ask ONNX for the types and shapes of its outputs; ONNX is
            asked once for each kind of node.
        decompose_what_needs_it: torch traces the whole graph again to take a few operators apart; each kind of call
            that needs it is taken apart once, by itself.
        values_as_noted: torch runs every node with fake tensors once more to find implicit casts; what a node returns
            is taken from its own note.
        frames_once: torch reads the lines of a stack trace anew for every node; each is read once for an export.
        code_on_demand: torch writes every graph out as Python code when it is made or changed; only graphs that are
            run are.
        unwatched_bookkeeping: torch watches what the model calls while it is traced, and its own looks at tensors too,
            some hundred for every node; those are left unwatched.
        collect_rarely: Python's search for garbage goes through all objects again and again while a graph grows; it is
            made less often, and goes through those that are new.
        blocks_once: torch traces every layer by itself. Modules whose calls did exactly the same in the eager run,
            operator by operator, are traced once; the others get copies of the nodes, with their own parameters. Only
            where the file is verified, all sizes are fixed, and the model keeps no state and draws no random numbers.
            What no run shows (a layer that does something else only while it is traced, or puts what it made into a
            list beside the model) is found by verification, and all is traced then.
        run_on_shapes: the model runs once before it is captured, to see which call reads which parameter; where no
            number of that run is compared (`verify="off"`, no work directory, a strategy that asks for no values), its
            large operators in floating point run on shapes alone. A model that looks at numbers that are not there,
            draws random ones, keeps state or runs operators that are not torch's own runs with numbers. An index that
            is computed of large tensors and out of range is not found on shapes.
    """

    keep_tables: bool = True
    linear_rewrites: bool = True
    inference_once: bool = True
    decompose_what_needs_it: bool = True
    values_as_noted: bool = True
    frames_once: bool = True
    code_on_demand: bool = True
    unwatched_bookkeeping: bool = True
    collect_rarely: bool = True
    blocks_once: bool = True
    run_on_shapes: bool = True

    @classmethod
    def none(cls) -> OptimizationOptions:
        """Every exporter goes its own way."""
        return cls(**{field.name: False for field in fields(cls)})


DEFAULT_SHORT_CUTS = OptimizationOptions()
