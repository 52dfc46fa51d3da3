"""A model's stored tensors under their names in the ``state_dict``."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from .errors import ExportError
from .initialization import initialization


class Tensors:
    """Parameters once each in ``named_parameters()`` order, further names of them, buffers of the ``state_dict`` once
    each under their first name there.
    """

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
        self._all_buffers = dict(model.named_buffers(remove_duplicate=False))
        self._stored = {**every, **{name: b for name, b in self._all_buffers.items() if name in stored}}
        self._first_names: dict[int, str] = {}
        for name, buffer in self._all_buffers.items():
            if name in stored:
                self._first_names.setdefault(id(buffer), name)
        self.buffers = {name: self._all_buffers[name] for name in self._first_names.values()}

    def find(self, target: str) -> tuple[str | None, torch.Tensor]:
        """The tensor behind a name of the graph; no name for one that the ``state_dict`` does not have."""
        if not target.startswith(self._prefix):
            raise ExportError(
                f"{target}: expected a tensor of the model, found one of its loss; give a loss without any"
            )
        name = target.removeprefix(self._prefix)
        name = self.tied.get(name, name)
        if name in self.parameters:
            return name, self.parameters[name]
        buffer = self._all_buffers[name]
        return self._first_names.get(id(buffer)), buffer

    def entries(self, used: set[str]) -> dict[str, list[dict[str, Any]]]:
        """The lists of the document; what the program does not read is ignored, and so are further names of buffers."""

        def entry(name: str, tensor: torch.Tensor) -> dict[str, Any]:
            return {"name": name, "shape": list(tensor.shape), "initialization": initialization(tensor)}

        tied = {name: to for name, to in self.tied.items() if to in used}
        return {
            "parameters": [entry(name, tensor) for name, tensor in self.parameters.items() if name in used],
            "buffers": [entry(name, tensor) for name, tensor in self.buffers.items() if name in used],
            "ignored": [
                {"name": n, "shape": list(t.shape)} for n, t in self._stored.items() if n not in used and n not in tied
            ],
            "tied": [{"name": name, "to": to} for name, to in tied.items()],
        }
