"""What the nodes of an exported graph are called, where they come from, and whose memory they share."""

from __future__ import annotations

import operator
from collections.abc import Iterator

import torch
from torch.fx import Node

UNCHANGED = {"dropout", "feature_dropout", "alpha_dropout"}
"""Outside training these return the tensor that they are given, though their schema does not say so."""


def op_name(node: Node) -> str:
    """``add_`` of ``aten.add_.Tensor``; the function's own name for anything else."""
    target = node.target
    if isinstance(target, torch._ops.OpOverload):
        return target._schema.name.split("::")[1]
    return getattr(target, "__name__", str(target))


def module_path(node: Node) -> str | None:
    """The path of the user's module that the node comes from, None for the model itself."""
    stack = node.meta.get("nn_module_stack")
    return list(stack.values())[-1][0] or None if stack else None


def place(node: Node) -> str:
    """The user's module that the node comes from, for messages."""
    stack = node.meta.get("nn_module_stack")
    if not stack:
        return "the model"
    path, kind = list(stack.values())[-1]
    kind = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
    return f'module "{path}" ({kind.rsplit(".", 1)[-1]})' if path else f"the model ({kind.rsplit('.', 1)[-1]})"


def dtype_of(argument: object) -> torch.dtype:
    """The element type of a node's argument: a tensor's own, or that of a plain number."""
    if isinstance(argument, Node) and isinstance(argument.meta["val"], torch.Tensor):
        return argument.meta["val"].dtype
    return torch.bool if isinstance(argument, bool) else torch.float32 if isinstance(argument, float) else torch.int64


def memory(node: Node) -> int | None:
    """A number for the memory that a node's tensor lies in: a tensor and its views have the same."""
    if node.op == "call_function" and op_name(node) in UNCHANGED:
        return memory(node.args[0])
    value = node.meta.get("val")
    return value.untyped_storage()._cdata if isinstance(value, torch.Tensor) else None


def writes(node: Node) -> bool:
    """Whether a node writes into its first operand."""
    schema = getattr(node.target, "_schema", None)
    alias = schema.arguments[0].alias_info if schema is not None and schema.arguments else None
    return alias is not None and alias.is_write


def reads(node: Node) -> Iterator[tuple[Node, Node]]:
    """Each tensor that shares its memory with what the node writes into, with each node that reads its values."""
    written = memory(node.args[0])
    for view in node.graph.nodes:
        if memory(view) == written:
            yield from ((view, user) for user in view.users if user.op == "output" or _has_values(user))


def _has_values(node: Node) -> bool:
    value = node.meta.get("val")
    return node.target is operator.getitem or isinstance(value, (torch.Tensor, list, tuple))
