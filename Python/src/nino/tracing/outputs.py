"""Which of a model's outputs is the one that counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.utils import _pytree as pytree

from .errors import ExportError

_PREFERRED = ("logits", "logits_per_image", "prediction_logits", "sample", "out", "last_hidden_state")


def named_outputs(spec: pytree.TreeSpec, nodes: list[Any]) -> dict[str, Any]:
    """The output nodes that are float tensors, by their names in the model's output or by number.

    Args:
        spec: the structure of the model's output.
        nodes: its leaves.
    """
    found: dict[str, Any] = {}
    tree = pytree.tree_unflatten(nodes, spec)
    _collect(tree, "", found)
    return found


def _collect(tree: Any, path: str, found: dict[str, Any]) -> None:
    if isinstance(tree, torch.fx.Node):
        value = tree.meta.get("val")
        if isinstance(value, torch.Tensor) and value.dtype.is_floating_point:
            found[path or "output"] = tree
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            _collect(value, f"{path}.{key}" if path else str(key), found)
    elif isinstance(tree, (list, tuple)):
        for index, value in enumerate(tree):
            _collect(value, f"{path}.{index}" if path else str(index), found)


def main_output(found: dict[str, Any]) -> str:
    """The name of the output that proofs and tasks look at: ``logits`` or the like, else the first."""
    if not found:
        raise ExportError("the model returns no tensor of floating point")
    return next((name for name in _PREFERRED if name in found), next(iter(found)))
