"""Positions before and behind an axis."""

from __future__ import annotations

import math

import numpy as np

from ..graph import Value
from .context import Lowering, Unsupported, rule
from .movement import pick


@rule("pad", "constant_pad_nd", "reflection_pad1d", "reflection_pad2d", "replication_pad1d", "replication_pad2d")
def pad(lo: Lowering, x: Value, pads: list[int], mode: str = "constant", value: float | None = None) -> Value:
    """Positions before and behind the last axes: of one value, mirrored, the outermost again, or from the other end."""
    name = lo.node.target._schema.name.split("::")[1]
    if name == "constant_pad_nd":
        mode, value = "constant", mode if isinstance(mode, (int, float)) else value
    if name.startswith("reflection"):
        mode = "reflect"
    if name.startswith("replication"):
        mode = "replicate"
    x = lo.full(x)
    sides = [(pads[i], pads[i + 1]) for i in range(0, len(pads), 2)]
    for number, (before, behind) in enumerate(sides):
        axis = x.rank - 1 - number
        x = pad_axis(lo, x, axis, before, behind, mode, value or 0)
    return x


def pad_axis(lo: Lowering, x: Value, axis: int, before: int, behind: int, mode: str, value: float) -> Value:
    """One axis made longer, or shorter where a number is below 0."""
    size = x.shape[axis]
    if before < 0 or behind < 0:
        first, last = max(0, -before), size - max(0, -behind)
        x = lo.graph.slice(x, axis, first, last)
        before, behind, size = max(0, before), max(0, behind), x.shape[axis]
    if before == 0 and behind == 0:
        return x
    if mode == "constant" and not math.isfinite(value):
        # An attribute is a finite number; a constant may be any.
        sides = [(*x.shape[:axis], count, *x.shape[axis + 1 :]) for count in (before, behind)]
        first, last = (lo.graph.broadcast(lo.constant(value), side) for side in sides)
        return lo.graph.concat([part for part in (first, x, last) if part.shape[axis] != 0], axis)
    if mode == "constant":
        shape = (*x.shape[:axis], size + before + behind, *x.shape[axis + 1 :])
        return lo.graph.apply("pad", [x], shape, axis=axis, before=before, behind=behind, value=float(value))
    if not isinstance(size, int):
        raise Unsupported(f"mode {mode} on an axis of open size")
    wanted = np.arange(-before, size + behind)
    if mode == "reflect":
        wanted = np.abs(wanted)
        wanted = np.where(wanted >= size, 2 * (size - 1) - wanted, wanted)
    else:
        wanted = wanted % size if mode == "circular" else np.clip(wanted, 0, size - 1)
    return pick(lo, x, axis, wanted)
