"""Which of a model's outputs is the one that counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.utils import _pytree as pytree

from .errors import ExportError

_PREFERRED = ("logits", "logits_per_image", "prediction_logits", "sample", "out")
"""Names of the output that a model is used for, where it has one of them."""


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


def main_output(found: dict[str, Any], reads: Callable[[Any], set[str]]) -> str:
    """The name of the output that proofs and tasks look at: ``logits`` or the like; else the one behind most of the
    model (an embedding that is projected, not the hidden states that it is a projection of), the first of equals.

    Args:
        found: outputs by their names.
        reads: names of the parameters that an output is computed from.
    """
    if not found:
        raise ExportError("the model returns no tensor of floating point")
    known = next((name for name in _PREFERRED if name in found), None)
    return known or max(found, key=lambda name: len(reads(found[name])))


def output_of(result: Any, name: str) -> torch.Tensor:
    """The tensor that has this name (of ``named_outputs``) in what a model returned."""
    for path, leaf in pytree.tree_flatten_with_path(_plain(result))[0]:
        own = ".".join(str(getattr(key, "key", getattr(key, "idx", key))) for key in path)
        if (own or "output") == name:
            return leaf
    raise ExportError(f'the model returned no output "{name}"')


def _plain(result: Any) -> Any:
    """With dictionaries and lists alone, whatever kind of them the model has: their paths are the names."""
    if isinstance(result, Mapping):
        return {str(key): _plain(value) for key, value in result.items()}
    return [_plain(value) for value in result] if isinstance(result, (list, tuple)) else result
