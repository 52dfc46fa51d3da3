"""What an op that works in place leaves in its operand, and in what that is a view of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.fx import Node

from ..errors import Unsupported
from ..graph import Value
from ..nodes import UNCHANGED, memory, op_name, reads, writes

if TYPE_CHECKING:
    from .context import Lowering

_IN_ORDER = {"view", "reshape", "unsqueeze", "squeeze", "flatten", "unflatten", "alias", "detach", "contiguous", "to"}
_IN_ORDER |= {"view_as", *UNCHANGED}
"""Ops whose result, where it is a view, has the same elements in the same order."""


def write_back(lo: Lowering, node: Node, result: Value) -> None:
    """Gives the operand of an op in place, and what it is a view of, their new values.

    Raises:
        Unsupported: if another view of the same memory is read later, which would be found as it was before.
    """
    target = node.args[0]
    known = {node, target}
    lo.values[target] = result
    while target.op == "call_function" and target.args and isinstance(target.args[0], Node):
        base = target.args[0]
        whole = _replaced(lo, target, base, result) if memory(base) == memory(target) else None
        if whole is None:
            break
        lo.values[base] = result = whole
        known.add(base)
        target = base
    others = ((view, user) for view, user in reads(node) if view < node and view not in known)
    stale = next((view for view, user in others if user > node), None)
    if stale is not None:
        raise Unsupported(
            f'another view of what it writes into, "{stale.name}", is read later; use a form that makes a new tensor'
        )


def _replaced(lo: Lowering, view: Node, base: Node, part: Value) -> Value | None:
    """The base with a view of it replaced; None for a view of which that cannot be written."""
    name = op_name(view)
    if writes(view):
        return part
    if name not in _IN_ORDER and name not in ("select", "slice"):
        return None
    whole = lo.full(lo._argument(base))
    if name in _IN_ORDER:
        return lo.graph.reshape(part, whole.shape)
    if name == "slice" and len(view.args) > 4 and view.args[4] != 1:
        return None
    axis = (view.args[1] if len(view.args) > 1 else 0) % whole.rank
    start = lo._argument(view.args[2]) if len(view.args) > 2 else 0
    start = 0 if start is None else start
    start = start + whole.shape[axis] if isinstance(start, int) and start < 0 else start
    if name == "select":
        part = lo.graph.reshape(part, (*whole.shape[:axis], 1, *whole.shape[axis + 1 :]))
    end = start + part.shape[axis]
    before = lo.graph.slice(whole, axis, 0, start)
    behind = lo.graph.slice(whole, axis, end, whole.shape[axis])
    return lo.graph.concat([x for x in (before, part, behind) if 0 not in x.shape], axis)
