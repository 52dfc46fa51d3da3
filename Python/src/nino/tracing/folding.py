"""Evaluates what depends on nothing but sizes: masks, position ids, tables of angles."""

from __future__ import annotations

from typing import Any

import sympy
import torch
from torch.fx import Node
from torch.utils import _pytree as pytree

from .nodes import memory, op_name, reads, writes
from .sizes import evaluate, size_of

_RANDOM = {"dropout", "rand", "randn", "rand_like", "randn_like", "bernoulli", "multinomial", "randperm", "randint"}
_FILLED = {"zeros_like": 0, "new_zeros": 0, "empty_like": 0, "new_empty": 0, "ones_like": 1, "new_ones": 1}
"""What these fill a tensor with; of their operand they read the shape alone."""


class Folding:
    """The values of an exported graph's constant nodes, at the example's sizes and at the largest ones.

    A mask or a table of positions is stored at a largest size and cut to the size of an input, so the values at the
    example's sizes must be the leading part of those at the largest; the caller checks that.
    """

    def __init__(
        self,
        nodes: list[Node],
        tensors: dict[str, torch.Tensor],
        example: dict[sympy.Symbol, int],
        largest: dict[sympy.Symbol, int],
    ):
        """Evaluates all constant nodes.

        Args:
            nodes: of the graph, in order.
            tensors: constants that the graph starts from, by placeholder name.
            example: the symbols' values in the example.
            largest: their largest values.
        Raises:
            ValueError: if the graph cannot be evaluated at the largest sizes, or has other shapes there.
        """
        self.sizes = (example, largest)
        self.values: dict[Node, tuple[Any, Any]] = {}
        self._written: set[int | None] = set()
        """Memory that an op in place writes into and that is no constant any more."""
        for node in nodes:
            if node.op == "placeholder" and node.name in tensors:
                tensor = tensors[node.name].detach().cpu()
                self.values[node] = (tensor.clone(), tensor.clone())
            elif node.op == "call_function" and self._is_constant(node):
                self.values[node] = tuple(self._run(node, which) for which in (0, 1))
                self._check_shape(node)
            elif node.op == "call_function" and writes(node):
                self._written.add(memory(node.args[0]))

    def __contains__(self, node: Node) -> bool:
        return node in self.values

    def _is_constant(self, node: Node) -> bool:
        name = op_name(node)
        if not all(map(self._has_known_sizes, [node, *filter(_is_size, node.all_input_nodes)])):
            return False
        if name in _RANDOM or isinstance(node.target, torch._ops.HigherOrderOperator):
            return False
        if isinstance(node.meta.get("val"), (torch.SymInt, int)) or node.meta.get("val") is None:
            return False
        if name in _FILLED or name in ("full_like", "new_full") and not isinstance(node.args[-1], Node):
            return True
        if any(memory(source) in self._written for source in node.all_input_nodes if not _is_size(source)):
            return False
        if writes(node) and any(user < node and user not in self.values for _, user in reads(node)):
            # What read it before is lowered later, and would find it written.
            return False
        return all(source in self.values or _is_size(source) for source in node.all_input_nodes)

    def _has_known_sizes(self, node: Node) -> bool:
        """Not so where a size depends on values: on how many are true, say."""
        leaves = pytree.tree_leaves(node.meta.get("val"))
        sizes = [size_of(size) for x in leaves for size in (x.shape if isinstance(x, torch.Tensor) else [x])]
        return all(size.free_symbols <= self.sizes[0].keys() for size in sizes if isinstance(size, sympy.Expr))

    def _run(self, node: Node, which: int) -> Any:
        def argument(value: Any) -> Any:
            if isinstance(value, Node):
                if value in self.values:
                    return self.values[value][which]
                return evaluate(size_of(value.meta["val"]), self.sizes[which])
            if isinstance(value, torch.device):
                return torch.device("cpu")
            return value

        name = op_name(node)
        if name in _FILLED or name in ("full_like", "new_full"):
            fake = node.meta["val"]
            shape = [evaluate(size_of(size), self.sizes[which]) for size in fake.shape]
            return torch.full(shape, _FILLED.get(name, node.args[-1]), dtype=fake.dtype)
        args = torch.fx.node.map_aggregate(node.args, argument)
        kwargs = torch.fx.node.map_aggregate(dict(node.kwargs), argument)
        try:
            with torch.no_grad():
                return node.target(*args, **kwargs)
        except Exception as error:
            raise ValueError(f"{node.name}: {error}") from error

    def _check_shape(self, node: Node) -> None:
        fake = node.meta["val"]
        if not isinstance(fake, torch.Tensor):
            return
        for which in (0, 1):
            expected = [evaluate(size_of(size), self.sizes[which]) for size in fake.shape]
            found = list(self.values[node][which].shape)
            if found != expected:
                raise ValueError(f"{node.name}: expected the shape {expected}, found {found}")


def _is_size(node: Node) -> bool:
    return isinstance(node.meta.get("val"), (torch.SymInt, int))
