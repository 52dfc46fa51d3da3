"""Comparisons and choices; true is 1, false is 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..graph import Constant, Value, broadcast_shape
from ..nodes import dtype_of
from .context import Lowering, Unsupported, rule

_LARGEST = float(np.finfo(np.float32).max)


def _compare(function: str, swapped: bool = False) -> Any:
    def compare(lo: Lowering, a: Any, b: Any) -> Value:
        a, b = lo.compact(lo.floats(a)), lo.compact(lo.floats(b))
        return lo.graph.binary("binary", *((b, a) if swapped else (a, b)), function=function)

    return compare


rule("lt", "less")(_compare("less"))
rule("gt", "greater")(_compare("less", swapped=True))
rule("le", "less_equal")(_compare("lessEqual"))
rule("ge", "greater_equal")(_compare("lessEqual", swapped=True))
rule("eq")(_compare("equal"))
rule("ne", "not_equal")(_compare("notEqual"))


def _truths(lo: Lowering, operands: tuple[Any, ...]) -> list[Value]:
    """The node's operands as 1 and 0. Bits of whole numbers are refused."""
    types = [dtype_of(argument) for argument in lo.node.args]
    if "logical" not in lo.node.target._schema.name and set(types) != {torch.bool}:
        found = ", ".join(str(dtype).removeprefix("torch.") for dtype in types)
        raise Unsupported(f"the bits of whole numbers: expected bool, found {found}")
    values = [lo.compact(lo.floats(x)) for x in operands]
    return [
        x if dtype == torch.bool else lo.graph.binary("binary", x, lo.constant(0), function="notEqual")
        for x, dtype in zip(values, types)
    ]


@rule("logical_and", "bitwise_and", "__and__", "__iand__")
def both(lo: Lowering, *operands: Any) -> Value:
    """True where both are."""
    return lo.graph.multiply(*_truths(lo, operands))


@rule("logical_or", "bitwise_or", "__or__", "__ior__")
def either(lo: Lowering, *operands: Any) -> Value:
    """True where one is."""
    return lo.graph.binary("binary", *_truths(lo, operands), function="maximum")


@rule("logical_not", "bitwise_not")
def negation(lo: Lowering, *operands: Any) -> Value:
    """True where it is not."""
    return lo.graph.binary("binary", *_truths(lo, operands), lo.constant(0), function="equal")


@rule("where")
def where(lo: Lowering, condition: Value, a: Any, b: Any) -> Value:
    """a where the condition holds, else b."""
    return choose(lo, condition, a, b)


def choose(lo: Lowering, condition: Any, a: Any, b: Any) -> Value:
    """a where the condition is not 0, else b."""
    condition, a, b = (lo.compact(lo.floats(x)) for x in (condition, a, b))
    shape = broadcast_shape(broadcast_shape(condition.shape, a.shape), b.shape)
    return lo.graph.apply("where", [condition, a, b], shape)


@rule("masked_fill")
def masked_fill(lo: Lowering, x: Value, mask: Value, value: Any) -> Value:
    """Another value where a mask is set."""
    value = value.scalar if isinstance(value, Constant) and value.is_scalar else value
    return choose(lo, mask, value, x)


@rule(
    "zeros_like", "ones_like", "full_like", "empty_like", "new_zeros", "new_ones", "new_full", "zeros", "ones", "full"
)
def filled(lo: Lowering, *args: Any, **_: Any) -> Value:
    """The same number everywhere."""
    name = lo.node.target._schema.name.split("::")[1]
    fill = 1.0 if "ones" in name else float(args[-1]) if "full" in name else 0.0
    return lo.graph.broadcast(lo.constant(fill), lo.shape)


@rule("isnan")
def is_no_number(lo: Lowering, x: Value) -> Value:
    """True where it differs from itself."""
    x = lo.full(x)
    return lo.graph.binary("binary", x, x, function="notEqual")


@rule("isinf")
def is_infinite(lo: Lowering, x: Value) -> Value:
    """True beyond the largest number of float32."""
    size = lo.graph.unary("abs", lo.full(x))
    return lo.graph.binary("binary", lo.constant(_LARGEST), size, function="less")
