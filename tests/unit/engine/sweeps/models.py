"""Models for sweeps: some go wrong, in every way that there is."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
import time
from pathlib import Path

import psutil
import torch
from torch import nn

from ..zoo import perturb

X = torch.linspace(-1, 1, 8).reshape(2, 4)


class Net(nn.Module):
    """Notes every eager run in a file, where it is told to."""

    def __init__(self, width: int = 4, log: str = "", seconds: float = 0) -> None:
        super().__init__()
        self.first = nn.Linear(4, width)
        self.second = nn.Linear(width, 3)
        self.log = log
        self.seconds = seconds

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not torch.compiler.is_compiling():
            if self.log:
                with Path(self.log).open("a") as file:
                    file.write(f"{os.getpid()}\n")
            time.sleep(self.seconds)
        return self.second(torch.relu(self.first(x)))


class Branch(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1 if x.sum() > 0 else x


class Hang(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        time.sleep(3600)
        return x


class Crash(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        ctypes.string_at(0)
        return x


class Leave(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        os._exit(3)


class Eat(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept = []
        while True:
            kept.append(b"x" * 10**7)
            time.sleep(0.01)


class Killed(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        os.kill(os.getpid(), signal.SIGKILL)
        return x


class Locked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1


def net(width: int = 4, seed: int = 1) -> Net:
    """A small network with numbers of its own."""
    torch.manual_seed(seed)
    return perturb(Net(width))


def children_here() -> int:
    """How many processes this one has started that still are."""
    return len(psutil.Process().children(recursive=True))
