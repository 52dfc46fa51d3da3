"""How PyTorch's operations are written in those of the host: one function each, found by name."""

from . import arithmetic, attention, comparison, indexing, matrices, movement, norms, recurrent, reduction, spatial
from .context import RULES, Lowering

__all__ = [
    "RULES",
    "Lowering",
    "arithmetic",
    "attention",
    "comparison",
    "indexing",
    "matrices",
    "movement",
    "norms",
    "recurrent",
    "reduction",
    "spatial",
]
