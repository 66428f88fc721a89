"""The module tree of a live `nn.Module` and the calls that one run of it made. Knows torch, no graph and no view."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor

from .sources import CodePlace, code_place


@dataclass(frozen=True)
class ModuleInfo:
    """One module of the tree.

    `parameters` and `bytes` count the module's subtree, buffers included in the bytes, each shared storage once.
    `forward` says where the code of its `forward` begins, with the file as this machine names it: for reading the
    text, never for showing or writing.
    """

    path: str
    class_name: str
    class_path: str
    parameters: int
    bytes: int
    has_children: bool
    owns_tensors: bool
    forward: CodePlace | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class ModuleTree:
    """All modules of a model by canonical path (the first name in `named_modules()`), in that order.

    `aliases` maps the further paths of a shared module to its canonical one; `ties` lists the parameters and buffers
    of different names that are one piece of memory.
    """

    modules: dict[str, ModuleInfo]
    aliases: dict[str, str] = field(default_factory=dict)
    ties: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(cls, model: nn.Module) -> ModuleTree:
        """Read the tree from a live model; nothing of it is changed or kept alive."""
        canonical = {id(module): path for path, module in model.named_modules()}
        modules = {path: _info(path, module) for path, module in model.named_modules()}
        aliases = {
            path: canonical[id(module)]
            for path, module in model.named_modules(remove_duplicate=False)
            if canonical[id(module)] != path
        }
        return cls(modules, aliases, _ties(model))

    @property
    def root(self) -> ModuleInfo:
        return self.modules[""]

    def parent(self, path: str) -> str | None:
        """Path of the module that holds `path` (None for the root)."""
        if path == "":
            return None
        head = path.rpartition(".")[0]
        return self.aliases.get(head, head)

    def ancestors(self, path: str) -> list[str]:
        """`path` and the modules around it, innermost first, the root last."""
        chain: list[str] = []
        current: str | None = path
        while current is not None:
            chain.append(current)
            current = self.parent(current)
        return chain


def _info(path: str, module: nn.Module) -> ModuleInfo:
    cls = type(module)
    parameters, size = _sizes(module)
    return ModuleInfo(
        path=path,
        class_name=cls.__name__,
        class_path=f"{cls.__module__}.{cls.__qualname__}",
        parameters=parameters,
        bytes=size,
        has_children=next(module.children(), None) is not None,
        owns_tensors=any(True for _ in own_tensors(module)),
        forward=_forward_place(module),
    )


def _forward_place(module: nn.Module) -> CodePlace | None:
    """Where the `forward` that runs is written: the class's, or one that was put on this module alone."""
    forward = vars(module).get("forward") or getattr(type(module), "forward", None)
    return None if forward is None or forward is nn.Module.forward else code_place(forward)


def _ties(model: nn.Module) -> tuple[tuple[str, ...], ...]:
    names: dict[object, list[str]] = defaultdict(list)
    for path, module in model.named_modules():
        for name, tensor in own_tensors(module):
            names[tensor_key(tensor)].append(f"{path}.{name}" if path else name)
    return tuple(tuple(group) for group in names.values() if len(group) > 1)


def own_tensors(module: nn.Module) -> Iterable[tuple[str, torch.Tensor]]:
    """Parameters and buffers that the module holds itself, not through a child."""
    for source in (module._parameters, module._buffers):
        for name, tensor in source.items():
            if tensor is not None:
                yield name, tensor


def _sizes(module: nn.Module) -> tuple[int, int]:
    seen: set[object] = set()
    parameters = size = 0
    for source, is_parameter in ((module.parameters(), True), (module.buffers(), False)):
        for tensor in source:
            key = tensor_key(tensor)
            if key in seen:
                continue
            seen.add(key)
            parameters += tensor.numel() if is_parameter else 0
            size += tensor.numel() * tensor.element_size()
    return parameters, size


def holds_numbers(tensor: torch.Tensor) -> bool:
    """Whether the tensor has values: one on the meta device and a fake one have a shape alone."""
    return not tensor.is_meta and not isinstance(tensor, FakeTensor)


def storage_address(tensor: torch.Tensor) -> int:
    """Address of the tensor's memory, of the storage itself where it holds no numbers; 0 where it has none (sparse)."""
    try:
        storage = tensor.untyped_storage()
        return storage.data_ptr() if holds_numbers(tensor) else storage._cdata
    except (RuntimeError, NotImplementedError):  # how torch says that there is no storage to point at
        return 0


def tensor_key(tensor: torch.Tensor) -> object:
    """What tells two tensors apart by memory: tied weights have one key, views of one storage differ by offset."""
    address = storage_address(tensor)
    return (address, tensor.storage_offset()) if address else id(tensor)


@dataclass(frozen=True)
class ModuleCall:
    """One run of a module's `forward`. `parent` is the index of the call that contains it, -1 for the root's call."""

    index: int
    path: str
    number: int
    parent: int

    @property
    def key(self) -> str:
        """`path` for call 0, `path#1`, `path#2` … for later calls."""
        return self.path if self.number == 0 else f"{self.path}#{self.number}"


class CallTree:
    """The calls of one run, in the order in which they began; call 0 is the root's."""

    def __init__(self, calls: Iterable[ModuleCall] = ()) -> None:
        self.calls: list[ModuleCall] = list(calls)
        self._numbers: dict[str, int] = {}
        self.by_key: dict[str, int] = {}
        for call in self.calls:
            self._index(call)

    def _index(self, call: ModuleCall) -> None:
        self._numbers[call.path] = max(self._numbers.get(call.path, 0), call.number + 1)
        self.by_key[call.key] = call.index

    def begin(self, path: str, parent: int) -> int:
        """Add the next call of `path` inside call `parent`; its index."""
        call = ModuleCall(len(self.calls), path, self._numbers.get(path, 0), parent)
        self.calls.append(call)
        self._index(call)
        return call.index

    def __len__(self) -> int:
        return len(self.calls)

    def __getitem__(self, index: int) -> ModuleCall:
        return self.calls[index]

    def count(self, path: str) -> int:
        """How often the module was called."""
        return self._numbers.get(path, 0)

    def chain(self, index: int) -> list[int]:
        """The call and the calls around it, innermost first, the root's last."""
        chain = []
        while index >= 0:
            chain.append(index)
            index = self.calls[index].parent
        return chain

    def common(self, indices: Iterable[int]) -> int:
        """The innermost call that contains all of `indices` (which are not empty)."""
        chains = [self.chain(index)[::-1] for index in set(indices)]
        shared = 0
        for level in zip(*chains, strict=False):
            if len(set(level)) > 1:
                break
            shared = level[0]
        return shared
