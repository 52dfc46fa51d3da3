"""Walks the nodes of an exported graph and writes each one down."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
import sympy
import torch
from torch.fx import Node

from ..errors import ExportError, NeedsLength, NotLeading, Unsupported
from ..folding import Folding
from ..graph import Constant, Graph, Value
from ..nodes import module_path, op_name, place, writes
from ..sizes import Size, product, shape_of, size_of
from .in_place import write_back

Rule = Callable[..., Any]
RULES: dict[str, Rule] = {}
"""By the op's name without namespace, overload and the underscore of an in-place form; called as
``rule(lowering, *args, **kwargs)``.
"""


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Registers a function for ops of these names."""

    def register(function: Rule) -> Rule:
        for name in names:
            RULES[name] = function
        return function

    return register


class Lowering:
    """One export: the graph so far, and the values of the nodes that were visited."""

    def __init__(self, graph: Graph, folding: Folding, batch: set[sympy.Symbol]):
        self.graph = graph
        self.folding = folding
        self.batch = batch
        self.values: dict[Node, Any] = {}
        self.node: Node | None = None

    # What rules use

    @property
    def shape(self) -> tuple[Size, ...]:
        """The shape of the node's result."""
        return shape_of(self.node.meta["val"])

    def constant(self, array: Any) -> Constant:
        """A constant of a rule's own."""
        array = np.asarray(array, dtype=np.float32)
        return Constant(tuple(array.shape), example=array, largest=array)

    def full(self, x: Any) -> Value:
        """The operand as float32 of its whole shape; a constant that repeats is repeated."""
        compact = self.compact(self.floats(x))
        if not isinstance(x, Constant) or compact.shape == x.shape:
            return compact
        shape = (1,) * (x.rank - compact.rank) + compact.shape
        return self.graph.broadcast(self.graph.reshape(compact, shape), x.shape)

    def compact(self, x: Any) -> Value:
        """The operand for an op that repeats smaller ones over larger: a constant has size 1 where it does not vary
        along an open size, and no leading axes of size 1. Numbers become constants.
        """
        if isinstance(x, (int, float)):
            return self.constant(float(x))
        if isinstance(x, sympy.Expr):
            self.refuse_open(x, "as a number")
        if isinstance(x, Value) and x.opaque is not None:
            raise Unsupported(f"{x.opaque} is not told by the host")
        if not isinstance(x, Constant):
            return x
        repeated = self._repeated(x)
        if repeated is not None:
            return repeated
        example, largest, shape = x.example, x.largest, list(x.shape)
        for axis, size in enumerate(shape):
            if not isinstance(size, int) and _is_uniform(example, axis) and _is_uniform(largest, axis):
                example, largest = example.take([0], axis), largest.take([0], axis)
                shape[axis] = 1
        while shape and shape[0] == 1:
            example, largest = example[0], largest[0]
            shape = shape[1:]
        leading = largest[tuple(slice(size) for size in example.shape)]
        if leading.shape != example.shape or not np.array_equal(leading, example, equal_nan=True):
            what = "a table that is not the leading part of the same table for longer inputs"
            raise NotLeading(f"{place(self.node)}: {self.node.target}: {what}")
        return Constant(tuple(shape), example=example, largest=largest)

    def _repeated(self, x: Constant) -> Value | None:
        """A constant one axis of which is the batch times something, and alike for all examples."""
        for axis, size in enumerate(x.shape):
            inner, symbol = size.as_coeff_Mul() if isinstance(size, sympy.Expr) else (1, None)
            if inner == 1 or symbol not in self.batch:
                continue
            parts = [a.reshape(*a.shape[:axis], -1, int(inner), *a.shape[axis + 1 :]) for a in (x.example, x.largest)]
            if not all(_is_uniform(part, axis) for part in parts):
                continue
            whole = (*x.shape[:axis], symbol, int(inner), *x.shape[axis + 1 :])
            split = Constant(whole, example=parts[0], largest=parts[1])
            return self.graph.reshape(self.full(split), x.shape)
        return None

    def floats(self, x: Any) -> Value:
        """The operand as float32."""
        if isinstance(x, Value) and x.is_integer:
            return self.graph.apply("toFloat", [x], x.shape)
        return self.compact(x) if isinstance(x, (int, float)) else x

    def is_float(self, argument: int = 0) -> bool:
        """Whether the node's argument of that place is of floating point in PyTorch."""
        source = self.node.args[argument]
        return isinstance(source, Node) and source.meta["val"].dtype.is_floating_point

    def refuse_open(self, size: sympy.Expr, what: str) -> NoReturn:
        """For an op that cannot be written for an open size: that of a text may be fixed, a batch may not."""
        if size.free_symbols & self.batch:
            raise Unsupported(f"the size of the batch {what}; it stays open")
        raise NeedsLength(f"{place(self.node)}: {self.node.target}: the length of a text {what}")

    # The walk

    def visit(self, node: Node) -> None:
        """Writes one node down.

        Raises:
            ExportError: naming module and op.
        """
        self.node = node
        if node.op != "call_function" or node in self.folding:
            return
        if node.target is operator.getitem:
            source = self._argument(node.args[0])
            self.values[node] = source[node.args[1]]
            return
        if isinstance(node.meta.get("val"), (torch.SymInt, int, bool, torch.SymBool)):
            return
        name = op_name(node)
        if name.startswith(("_assert", "sym_", "_check")) or node.target in (operator.eq, operator.ge, operator.le):
            return
        self.graph.module = module_path(node)
        found = RULES.get(name) or RULES.get(name.removesuffix("_"))
        if found is None:
            raise ExportError(f"{place(node)}: {node.target}: the host has no such operation; replace it in the model")
        try:
            args = torch.fx.node.map_aggregate(node.args, self._argument)
            kwargs = torch.fx.node.map_aggregate(dict(node.kwargs), self._argument)
            result = found(self, *args, **kwargs)
            if isinstance(result, Value) and not isinstance(result, Constant):
                result = self._fitted(result)
            self.values[node] = result
            if writes(node):
                write_back(self, node, result)
        except Unsupported as reason:
            raise ExportError(f"{place(node)}: {node.target}: {reason}") from reason

    def _fitted(self, result: Value) -> Value:
        """The result in the node's shape, of which a rule may have left out what repeats and sizes of 1."""
        shape = self.shape
        if result.shape == shape or product(result.shape) == product(shape):
            return self.graph.reshape(result, shape)
        return self.graph.broadcast(self.graph.reshape(result, (1,) * (len(shape) - result.rank) + result.shape), shape)

    def _argument(self, value: Any) -> Any:
        if not isinstance(value, Node):
            return value
        if value in self.values:
            if self.values[value] is None:
                raise ExportError(f"{place(value)}: {value.target}: this result of it is not computed by the host")
            return self.values[value]
        if value in self.folding:
            return self._folded(value)
        if isinstance(value.meta.get("val"), (torch.SymInt, int)):
            return size_of(value.meta["val"])
        raise ExportError(f"{place(value)}: {value.target}: its value is needed and unknown")

    def _folded(self, node: Node) -> Any:
        example, largest = self.folding.values[node]
        if isinstance(example, (int, float)):
            if example != largest:
                self.refuse_open(node.meta["val"].node.expr, "as a number")
            return example
        if not isinstance(example, torch.Tensor):
            return tuple(self._make(e, la, shape_of(f)) for e, la, f in zip(example, largest, node.meta["val"]))
        result = self._make(example, largest, shape_of(node.meta["val"]))
        self.values[node] = result
        return result

    def _make(self, example: torch.Tensor, largest: torch.Tensor, shape: tuple[Size, ...]) -> Constant:
        return Constant(shape, example=example.float().numpy(), largest=largest.float().numpy())


def _is_uniform(array: np.ndarray, axis: int) -> bool:
    return array.shape[axis] > 0 and np.array_equal(array, np.broadcast_to(array.take([0], axis), array.shape), True)
