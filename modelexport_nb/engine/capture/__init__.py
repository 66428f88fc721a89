"""From a live module to an ONNX graph in memory whose nodes remember the module call that made them."""

from __future__ import annotations

from .base import Capture, Captured, Request
from .pipeline import capture, check_capture, choose, known_captures

__all__ = ["Capture", "Captured", "Request", "capture", "check_capture", "choose", "known_captures"]
