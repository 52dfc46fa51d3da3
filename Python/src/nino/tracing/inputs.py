"""An example of a model's inputs, and the names by which the host knows them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.utils import _pytree as pytree

from .errors import ExportError


@dataclass
class Example:
    """The module to trace with an example of what it is given.

    Attributes:
        module: the model itself, or the model with its loss.
        prefix: what stands before the model's names in the module's.
        args, kwargs: the example, with a batch of at least 2.
    """

    module: nn.Module
    args: tuple
    kwargs: dict[str, Any]
    prefix: str = ""
    names: dict[str, str] = field(default_factory=dict)
    """Of inputs, where the host has another name than the model."""

    def arguments(self) -> dict[str, Any]:
        """The example by the names of ``forward``'s arguments."""
        bound = inspect.signature(self.module.forward).bind(*self.args, **self.kwargs)
        return dict(bound.arguments)

    def leaves(self) -> list[tuple[str, Any]]:
        """Every leaf with a name, in the order of the exported graph's inputs."""
        arguments = self.arguments()
        result = []
        for name, value in arguments.items():
            for path, leaf in pytree.tree_flatten_with_path(value)[0]:
                suffix = "".join(f".{getattr(key, 'key', getattr(key, 'idx', key))}" for key in path)
                parameter = inspect.signature(self.module.forward).parameters.get(name)
                is_rest = parameter is not None and parameter.kind is inspect.Parameter.VAR_KEYWORD
                result.append((suffix[1:] if is_rest else name + suffix, leaf))
        return result

    def dynamic(self, open_size: Any, length: bool = True) -> dict[str, Any]:
        """For each argument the axes that stay open: the batch, and the length of integer inputs [batch, length]."""
        batch = self.batch()

        def axes(leaf: Any) -> Any:
            if not isinstance(leaf, torch.Tensor) or leaf.dim() == 0:
                return None
            sizes = {0: open_size} if leaf.shape[0] == batch else {}
            if length and leaf.dim() == 2 and not leaf.dtype.is_floating_point and leaf.shape[1] > 1:
                sizes[1] = open_size
            return sizes

        return {name: pytree.tree_map(axes, value) for name, value in self.arguments().items()}

    def batch(self) -> int | None:
        """The size of the first axis of the first tensor."""
        return next((int(x.shape[0]) for _, x in self.leaves() if isinstance(x, torch.Tensor) and x.dim() > 0), None)

    def host_name(self, argument: str) -> str:
        """The name by which the host's tasks and files give an input."""
        return self.names.get(argument, argument)

    def host_values(self) -> dict[str, torch.Tensor]:
        """The example's tensors by the host's names."""
        return {self.host_name(name): leaf for name, leaf in self.leaves() if isinstance(leaf, torch.Tensor)}


class _WithLoss(nn.Module):
    """A model and a function of its output and targets."""

    def __init__(self, model: nn.Module, loss: Callable):
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, args: tuple, kwargs: dict, targets: Any) -> dict[str, Any]:
        outputs = self.model(*args, **kwargs)
        return {"outputs": outputs, "loss": self.loss(outputs, targets)}


def prepare(model: nn.Module, args: tuple, kwargs: dict[str, Any], loss: Any, targets: Any) -> Example:
    """The example as it is traced: on the model's device, a batch of 1 doubled so that it is no special size.

    Raises:
        ExportError: if there is no tensor among the inputs, or a loss function without targets.
    """
    if not isinstance(args, tuple):
        args = (args,)
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    tensors = [x for x in pytree.tree_leaves((args, kwargs, targets)) if isinstance(x, torch.Tensor)]
    if not tensors:
        raise ExportError("export: an example of the model's inputs is needed: export(model, (x,)) or kwargs={…}")
    doubled = all(x.dim() == 0 or x.shape[0] == 1 for x in tensors)

    def move(leaf: Any) -> Any:
        if not isinstance(leaf, torch.Tensor):
            return leaf
        leaf = leaf.detach().to(device)
        return torch.cat([leaf, leaf]) if doubled and leaf.dim() > 0 else leaf

    args, kwargs, targets = pytree.tree_map(move, (args, kwargs, targets))
    if callable(loss):
        if targets is None:
            raise ExportError("export: a loss function needs an example of its targets: export(…, targets=y)")
        example = Example(_WithLoss(model, loss), (args, kwargs, targets), {}, prefix="model.")
    else:
        example = Example(model, args, kwargs)
    example.names = _host_names(example)
    return example


def _host_names(example: Example) -> dict[str, str]:
    """``pixels`` for the one image, ``input_ids`` for the one text, ``labels`` for targets; others keep their names."""
    names = {"targets": "labels"}
    leaves = [(n, x) for n, x in example.leaves() if isinstance(x, torch.Tensor) and n != "targets"]
    images = [n for n, x in leaves if x.dtype.is_floating_point and x.dim() == 4]
    texts = [n for n, x in leaves if not x.dtype.is_floating_point and x.dim() == 2]
    taken = {n for n, _ in leaves}
    if len(images) == 1 and "pixels" not in taken:
        names[images[0]] = "pixels"
    if len(texts) == 1 and "input_ids" not in taken:
        names[texts[0]] = "input_ids"
    return names
