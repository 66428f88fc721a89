"""Tables of operators and of types, built once for the process instead of once for each export or each look."""

from __future__ import annotations

import copy
import functools
import sys
import typing
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import onnx
from onnx_ir.schemas import OpSignature
from torch.onnx._internal.exporter._registration import ONNXRegistry
from torch.onnx._internal.fx.passes import type_promotion

from .patching import replaced


@contextmanager
def kept_tables() -> Iterator[None]:
    """Let torch's exporter take copies of the tables that are there while the block runs."""

    def from_torchlib(cls: type[ONNXRegistry], opset_version: int | None = None) -> ONNXRegistry:
        kept = _registry(*(() if opset_version is None else (opset_version,)))
        registry = copy.copy(kept)  # an exporter adds translations of its own
        registry.functions = {target: list(found) for target, found in kept.functions.items()}
        return registry

    with (
        replaced(ONNXRegistry, "from_torchlib", classmethod(from_torchlib)),
        replaced(type_promotion, "TypePromotionTable", _promotions),
        replaced(OpSignature, "from_op_schema", staticmethod(_signature)),
        _members_once() if sys.version_info < (3, 12) else nullcontext(),  # newer ones do it themselves
    ):
        yield


def _members_once() -> AbstractContextManager[None]:
    """Let Python list the members of each protocol once."""
    name = "_get_protocol_attrs"
    return replaced(typing, name, functools.cache(vars(typing)[name]))


_build_registry = ONNXRegistry.from_torchlib  # as torch has it, bound before anything is replaced
_build_promotions = type_promotion.TypePromotionTable


_read_signature = OpSignature.from_op_schema


@functools.cache
def _registry(*opset: int) -> ONNXRegistry:
    return _build_registry(*opset)


@functools.cache
def _promotions() -> Any:
    return _build_promotions()


_signatures: dict[tuple[str, str, int], OpSignature] = {}


def _signature(schema: onnx.defs.OpSchema) -> OpSignature:
    """What an operator takes and returns; torch reads it out of the schema anew for every node."""
    key = schema.domain, schema.name, schema.since_version
    if key not in _signatures:
        _signatures[key] = _read_signature(schema)
    return _signatures[key]
