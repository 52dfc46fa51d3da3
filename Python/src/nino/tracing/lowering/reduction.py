"""Sums, means, extremes over axes."""

from __future__ import annotations

from typing import Any

from ..graph import Value, broadcast_shape
from ..sizes import product
from .arithmetic import add, maximum, minimum, multiply
from .context import Lowering, Unsupported, rule


def _axes(x: Value, dim: Any) -> list[int]:
    if dim is None or dim == []:
        return list(range(x.rank))
    return sorted({axis % x.rank for axis in (dim if isinstance(dim, (list, tuple)) else [dim])})


@rule("mean")
def mean(lo: Lowering, x: Value, dim: Any = None, keepdim: bool = False, **_: Any) -> Value:
    """Over all axes if none is given."""
    return lo.graph.reduce(lo.full(lo.floats(x)), _axes(x, dim), keepdim)


@rule("sum")
def total(lo: Lowering, x: Value, dim: Any = None, keepdim: bool = False, **_: Any) -> Value:
    """Over all axes if none is given."""
    return lo.graph.reduce(lo.full(lo.floats(x)), _axes(x, dim), keepdim, "sum")


def _extreme(function: str) -> Any:
    def reduce(lo: Lowering, x: Value, dim: Any = None, keepdim: bool = False) -> Any:
        if isinstance(dim, Value):
            return {"max": maximum, "min": minimum}[function](lo, x, dim)
        result = lo.graph.reduce(lo.full(lo.floats(x)), _axes(x, dim), keepdim, function)
        if isinstance(lo.node.meta["val"], (tuple, list)):
            return (result, None)
        return result

    return reduce


rule("amax")(_extreme("max"))
rule("amin")(_extreme("min"))
rule("max")(_extreme("max"))
rule("min")(_extreme("min"))


@rule("var", "std", "var_mean")
def variance(lo: Lowering, x: Value, dim: Any = None, unbiased: bool = True, keepdim: bool = False, **kw: Any) -> Any:
    """Mean square of the distance from the mean, with a correction of the count."""
    if isinstance(dim, bool):  # the overload without axes has unbiased in their place
        dim, unbiased = None, dim
    correction = kw.get("correction", 1 if unbiased is True or unbiased is None else 0)
    correction = 1 if correction is None else correction
    keepdim = kw.get("keepdim", keepdim)
    axes = _axes(x, dim)
    x = lo.full(x)
    center = lo.graph.reduce(x, axes, True)
    offset = lo.graph.add(x, lo.graph.scale(center, -1))
    square = lo.graph.reduce(lo.graph.multiply(offset, offset), axes, keepdim)
    count = product([x.shape[axis] for axis in axes])
    if correction:
        if not isinstance(count, int):
            raise Unsupported("a correction of the count over an axis of open size; use correction=0")
        square = lo.graph.scale(square, count / (count - correction))
    name = lo.node.target._schema.name
    if name.endswith("std"):
        return lo.graph.unary("sqrt", square)
    return (square, lo.graph.reduce(x, axes, keepdim)) if name.endswith("var_mean") else square


@rule("linalg_vector_norm", "norm", "frobenius_norm")
def norm(lo: Lowering, x: Value, ord: Any = 2, dim: Any = None, keepdim: bool = False, **_: Any) -> Value:
    """The length of vectors."""
    axes = _axes(x, dim)
    x = lo.full(x)
    if ord == 1:
        return lo.graph.reduce(lo.graph.unary("abs", x), axes, keepdim, "sum")
    if ord not in (2, None):
        raise Unsupported(f"a norm of order {ord}; 1 and 2 are supported")
    return lo.graph.unary("sqrt", lo.graph.reduce(lo.graph.multiply(x, x), axes, keepdim, "sum"))


@rule("cumsum")
def cumulative_sum(lo: Lowering, x: Value, dim: int, **_: Any) -> Value:
    """Each position with all before it."""
    return lo.graph.apply("cumulativeSum", [lo.full(lo.floats(x))], x.shape, axis=dim % x.rank)


@rule("all", "any")
def truth(lo: Lowering, x: Value, dim: Any = None, keepdim: bool = False) -> Value:
    """Whether all, or any, are not 0."""
    function = "min" if lo.node.target._schema.name.endswith("all") else "max"
    flags = lo.graph.binary("binary", lo.full(lo.floats(x)), lo.constant(0), function="notEqual")
    return lo.graph.reduce(flags, _axes(x, dim), keepdim, function)


@rule("cdist", "_cdist_forward")
def distances(lo: Lowering, a: Value, b: Value, p: float = 2, *_: Any) -> Value:
    """The length of the difference of each row of a [..., n, d] and each of b [..., m, d]: [..., n, m]."""
    if p not in (1, 2):
        raise Unsupported(f"a distance of order {p}; 1 and 2 are supported")
    a, b = lo.full(a), lo.full(b)
    a = lo.graph.reshape(a, (*a.shape[:-1], 1, a.shape[-1]))
    b = lo.graph.reshape(b, (*b.shape[:-2], 1, *b.shape[-2:]))
    offset = add(lo, a, b, alpha=-1)
    if p == 1:
        return lo.graph.reduce(lo.graph.unary("abs", offset), [offset.rank - 1], False, "sum")
    square = lo.graph.reduce(lo.graph.multiply(offset, offset), [offset.rank - 1], False, "sum")
    return lo.graph.unary("sqrt", square)


@rule("cosine_similarity")
def cosine_similarity(lo: Lowering, a: Value, b: Value, dim: int = 1, eps: float = 1e-8) -> Value:
    """a · b over the product of their lengths, the axis counted in their common rank."""
    shape = broadcast_shape(a.shape, b.shape)
    axis = dim % len(shape)

    def ranked(x: Value) -> Value:
        x = lo.graph.reshape(lo.full(x), (1,) * (len(shape) - x.rank) + x.shape)
        return lo.graph.broadcast(x, (*x.shape[:axis], shape[axis], *x.shape[axis + 1 :]))

    a, b = ranked(a), ranked(b)

    def length(x: Value) -> Value:
        square = lo.graph.reduce(lo.graph.multiply(x, x), [axis], False, "sum")
        return lo.graph.unary("sqrt", lo.graph.binary("binary", square, lo.constant(eps * eps), function="maximum"))

    dot = lo.graph.reduce(multiply(lo, a, b), [axis], False, "sum")
    return lo.graph.binary("binary", dot, multiply(lo, length(a), length(b)), function="divide")


__all__ = ["add", "mean", "total"]
