"""What makes the exporters that we call faster without changing what they make: one switch and one file each."""

from .garbage import collecting_rarely
from .options import DEFAULT_SHORT_CUTS, OptimizationOptions
from .patching import is_known
from .quick import quick_exporters

__all__ = ["DEFAULT_SHORT_CUTS", "OptimizationOptions", "collecting_rarely", "is_known", "quick_exporters"]
