"""Inputs for a model that nobody gave any: from shapes, a processor, what the model declares, or its first layers."""

from .made import MadeInputs
from .making import make_inputs

__all__ = ["MadeInputs", "make_inputs"]
