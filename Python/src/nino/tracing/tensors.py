"""A model's stored tensors under their names in the ``state_dict``."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from .initialization import initialization


class Tensors:
    """Parameters once each in ``named_parameters()`` order, further names of them, buffers of the ``state_dict``."""

    def __init__(self, model: nn.Module, prefix: str = ""):
        """Reads the names.

        Args:
            model: whose tensors they are.
            prefix: what stands before its names in the graph.
        """
        self._prefix = prefix
        self.parameters = dict(model.named_parameters())
        canonical = {id(parameter): name for name, parameter in self.parameters.items()}
        every = dict(model.named_parameters(remove_duplicate=False))
        self.tied = {name: canonical[id(p)] for name, p in every.items() if canonical[id(p)] != name}
        stored = model.state_dict(keep_vars=True)
        self.buffers = {name: b for name, b in model.named_buffers() if name in stored}
        self._all_buffers = dict(model.named_buffers(remove_duplicate=False))

    def find(self, target: str) -> tuple[str | None, torch.Tensor]:
        """The tensor behind a name of the graph; no name for one that the ``state_dict`` does not have."""
        name = target.removeprefix(self._prefix)
        name = self.tied.get(name, name)
        if name in self.parameters:
            return name, self.parameters[name]
        return (name if name in self.buffers else None), self._all_buffers[name]

    def entries(self, used: set[str]) -> dict[str, list[dict[str, Any]]]:
        """The lists of the document; what the program does not read is ignored."""

        def entry(name: str, tensor: torch.Tensor) -> dict[str, Any]:
            return {"name": name, "shape": list(tensor.shape), "initialization": initialization(tensor)}

        stored = {**self.parameters, **self.buffers}
        return {
            "parameters": [entry(name, tensor) for name, tensor in self.parameters.items() if name in used],
            "buffers": [entry(name, tensor) for name, tensor in self.buffers.items() if name in used],
            "ignored": [{"name": n, "shape": list(t.shape)} for n, t in stored.items() if n not in used],
            "tied": [{"name": name, "to": to} for name, to in self.tied.items() if to in used],
        }
