"""How PyTorch's operations are written in those of the host: one function each, found by name."""

from . import (
    arithmetic,
    attention,
    comparison,
    indexing,
    losses,
    matrices,
    movement,
    norms,
    padding,
    recurrent,
    reduction,
    resizing,
    spatial,
)
from .context import RULES, Lowering

__all__ = [
    "RULES",
    "Lowering",
    "arithmetic",
    "attention",
    "comparison",
    "indexing",
    "losses",
    "matrices",
    "movement",
    "norms",
    "padding",
    "recurrent",
    "reduction",
    "resizing",
    "spatial",
]
