"""From a live module to an ONNX graph in memory whose nodes remember the module call that made them."""

from __future__ import annotations

from .base import Attempt, Capture, Captured, Request
from .ladder import Ladder, capture, check_capture, choose, known_captures

__all__ = [
    "Attempt",
    "Capture",
    "Captured",
    "Ladder",
    "Request",
    "capture",
    "check_capture",
    "choose",
    "known_captures",
]
