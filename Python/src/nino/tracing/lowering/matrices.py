"""Products of matrices."""

from __future__ import annotations

from typing import Any

from ..graph import Constant, Value, broadcast_shape
from .arithmetic import add, multiply
from .context import Lowering, Unsupported, rule


@rule("linear")
def linear(lo: Lowering, x: Value, weight: Value, bias: Value | None = None) -> Value:
    """x Wᵀ + b."""
    inputs = [lo.full(lo.floats(x)), weight] + ([bias] if bias is not None else [])
    return lo.graph.apply("linear", inputs, (*x.shape[:-1], weight.shape[0]), layout="outFirst")


@rule("addmm")
def add_product(lo: Lowering, bias: Value, x: Value, weight: Value, *, beta: float = 1, alpha: float = 1) -> Value:
    """bias + x · weight."""
    if beta == 1 and alpha == 1 and bias.rank == 1 and bias.shape[0] == weight.shape[1]:
        shape = (*x.shape[:-1], weight.shape[1])
        return lo.graph.apply("linear", [lo.full(x), weight, bias], shape, layout="inFirst")
    return add(lo, multiply(lo, bias, beta), multiply(lo, matmul(lo, x, weight), alpha))


@rule("baddbmm", "addbmm")
def add_products(lo: Lowering, bias: Value, a: Value, b: Value, *, beta: float = 1, alpha: float = 1) -> Value:
    """beta · bias + alpha · a b, for each matrix of a batch."""
    return add(lo, multiply(lo, matmul(lo, a, b), alpha), multiply(lo, bias, beta))


@rule("matmul", "mm", "bmm", "mv", "dot", "linalg_matmul")
def matmul(lo: Lowering, a: Value, b: Value) -> Value:
    """The product of the last two axes, leading axes repeated where one has fewer."""
    a, b = lo.full(lo.floats(a)), lo.full(lo.floats(b))
    if a.rank == 1:
        row = matmul(lo, lo.graph.reshape(a, (1, *a.shape)), b)
        return lo.graph.reshape(row, row.shape[:-2] + row.shape[-1:] if b.rank > 1 else row.shape[:-1])
    if b.rank == 1:
        column = matmul(lo, a, lo.graph.reshape(b, (*b.shape, 1)))
        return lo.graph.reshape(column, column.shape[:-1])
    if b.rank == 2:
        return lo.graph.apply("matmul", [a, b], (*a.shape[:-1], b.shape[-1]))
    lead = broadcast_shape(a.shape[:-2], b.shape[:-2])
    a = lo.graph.broadcast(_ranked(lo, a, len(lead) + 2), lead + a.shape[-2:])
    b = lo.graph.broadcast(_ranked(lo, b, len(lead) + 2), lead + b.shape[-2:])
    shape = (*lead, a.shape[-2], b.shape[-1])
    swapped = _swapped(b)
    if swapped is not None:
        return lo.graph.apply("matmul", [a, swapped], shape, transposeB=1)
    return lo.graph.apply("matmul", [a, b], shape)


def _ranked(lo: Lowering, x: Value, rank: int) -> Value:
    return lo.graph.reshape(x, (1,) * (rank - x.rank) + x.shape)


def _swapped(b: Value) -> Value | None:
    """The value of which b is the transposition of the last two axes."""
    operation = b.operation
    if operation is None or operation.name != "transpose":
        return None
    rank = b.rank
    wanted = [*range(rank - 2), rank - 1, rank - 2]
    return operation.inputs[0] if operation.attributes["axes"] == wanted else None


@rule("bilinear")
def bilinear(lo: Lowering, *_: Any) -> Value:
    """Not written yet."""
    raise Unsupported("a bilinear form of two inputs")


@rule("outer", "ger")
def outer(lo: Lowering, a: Value, b: Value) -> Value:
    """All products of two vectors."""
    return lo.graph.multiply(lo.graph.broadcast(lo.graph.reshape(lo.full(a), (*a.shape, 1)), lo.shape), lo.full(b))


@rule("einsum")
def einsum(lo: Lowering, equation: str, operands: list[Value], *_: Any, **__: Any) -> Value:
    """Two operands: letters that both have and the result lacks are summed."""
    left, result = equation.replace(" ", "").split("->") if "->" in equation else (equation, None)
    letters = left.split(",")
    if len(letters) != 2 or result is None or "." in equation:
        raise Unsupported(f'the equation "{equation}": two operands, no dots and an arrow are supported')
    first, second = letters
    if any(len(set(word)) != len(word) for word in (first, second)):
        raise Unsupported(f'the equation "{equation}": a diagonal')
    a, b = (lo.full(lo.floats(x)) for x in operands)
    sizes = {**dict(zip(first, a.shape)), **dict(zip(second, b.shape))}
    a, first = _sum_alone(lo, a, first, second + result)
    b, second = _sum_alone(lo, b, second, first + result)
    batch = [x for x in result if x in first and x in second]
    inner = [x for x in first if x in second and x not in result]
    rows, columns = [x for x in first if x not in second], [x for x in second if x not in first]

    def count(word: list[str]) -> Any:
        total: Any = 1
        for letter in word:
            total = total * sizes[letter]
        return total

    lead = tuple(sizes[x] for x in batch)
    a = lo.graph.transpose(a, [first.index(x) for x in batch + rows + inner])
    b = lo.graph.transpose(b, [second.index(x) for x in batch + inner + columns])
    a = lo.graph.reshape(a, (*lead, count(rows), count(inner)))
    b = lo.graph.reshape(b, (*lead, count(inner), count(columns)))
    product = lo.graph.apply("matmul", [a, b], (*lead, count(rows), count(columns)))
    word = batch + rows + columns
    product = lo.graph.reshape(product, tuple(sizes[x] for x in word))
    return lo.graph.transpose(product, [word.index(x) for x in result])


def _sum_alone(lo: Lowering, x: Value, word: str, others: str) -> tuple[Value, str]:
    """Sums over the letters that nothing else has."""
    alone = [i for i, letter in enumerate(word) if letter not in others]
    if not alone or isinstance(x, Constant):
        return x, word
    return lo.graph.reduce(x, alone, False, "sum"), "".join(c for i, c in enumerate(word) if i not in alone)
