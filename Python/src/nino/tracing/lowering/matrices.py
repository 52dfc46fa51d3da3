"""Products of matrices."""

from __future__ import annotations

from typing import Any

from ..graph import Constant, Value, broadcast_shape
from ..sizes import product
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
    """beta · bias + alpha · a b, for each matrix of a batch, or (addbmm) with their sum."""
    products = matmul(lo, a, b)
    if "baddbmm" not in lo.node.target._schema.name:
        products = lo.graph.reduce(products, [0], False, "sum")
    return add(lo, multiply(lo, products, alpha), multiply(lo, bias, beta))


@rule("matmul", "mm", "bmm", "mv", "dot", "vdot", "linalg_matmul")
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
def bilinear(lo: Lowering, a: Value, b: Value, weight: Value, bias: Value | None = None) -> Value:
    """a W b + bias, one matrix W for each output."""
    out, left, right = weight.shape
    rows = lo.graph.reshape(lo.graph.transpose(weight, [1, 0, 2]), (left, out * right))
    lead = a.shape[:-1]
    first = lo.graph.apply("matmul", [lo.full(a), rows], (*lead, out * right))
    second = lo.graph.reshape(lo.full(b), (*lead, 1, right))
    both = lo.graph.multiply(lo.graph.reshape(first, (*lead, out, right)), second)
    y = lo.graph.reduce(both, [both.rank - 1], False, "sum")
    return y if bias is None else lo.graph.add(y, bias)


@rule("outer", "ger")
def outer(lo: Lowering, a: Value, b: Value) -> Value:
    """All products of two vectors."""
    return lo.graph.multiply(lo.graph.broadcast(lo.graph.reshape(lo.full(a), (*a.shape, 1)), lo.shape), lo.full(b))


@rule("einsum")
def einsum(lo: Lowering, equation: str, operands: list[Value], *_: Any, **__: Any) -> Value:
    """Operands joined one after the other; a letter that nothing behind them has is summed."""
    values = [lo.full(lo.floats(x)) for x in operands]
    words, result = _words(equation.replace(" ", ""), values)
    if any(len(set(word)) != len(word) for word in [*words, result]):
        raise Unsupported(f'the equation "{equation}": a diagonal')
    x, word = values[0], words[0]
    for number in range(1, len(values)):
        needed = result + "".join(words[number + 1 :])
        x, word = _joined(lo, (x, word), (values[number], words[number]), needed)
    x, word = _sum_alone(lo, x, word, result)
    return lo.graph.transpose(x, [word.index(letter) for letter in result])


def _words(equation: str, values: list[Value]) -> tuple[list[str], str]:
    """The letters of each operand and of the result; axes that three dots stand for have letters of their own."""
    left, _, result = equation.partition("->")
    words = left.split(",")
    dots = max((x.rank - len(word) + 3 for x, word in zip(values, words) if "..." in word), default=0)
    spare = "".join(chr(code) for code in range(0x3B1, 0x3B1 + dots))
    words = [word.replace("...", spare[dots - (x.rank - len(word) + 3) :]) for x, word in zip(values, words)]
    if "->" not in equation:
        letters = "".join(words)
        result = spare + "".join(sorted(c for c in set(letters) - set(spare) if letters.count(c) == 1))
    return words, result.replace("...", spare)


def _joined(lo: Lowering, first: tuple[Value, str], second: tuple[Value, str], needed: str) -> tuple[Value, str]:
    """The product of two operands over the letters that both have and nothing needs any more."""
    (a, one), (b, other) = first, second
    a, one = _sum_alone(lo, a, one, other + needed)
    b, other = _sum_alone(lo, b, other, one + needed)
    sizes = {**dict(zip(one, a.shape)), **dict(zip(other, b.shape))}
    batch = [x for x in one if x in other and x in needed]
    inner = [x for x in one if x in other and x not in needed]
    rows, columns = [x for x in one if x not in other], [x for x in other if x not in one]
    lead = tuple(sizes[x] for x in batch)

    def count(word: list[str]) -> Any:
        return product([sizes[letter] for letter in word]) if word else 1

    a = lo.graph.transpose(a, [one.index(x) for x in batch + rows + inner])
    b = lo.graph.transpose(b, [other.index(x) for x in batch + inner + columns])
    a = lo.graph.reshape(a, (*lead, count(rows), count(inner)))
    b = lo.graph.reshape(b, (*lead, count(inner), count(columns)))
    y = lo.graph.apply("matmul", [a, b], (*lead, count(rows), count(columns)))
    word = batch + rows + columns
    return lo.graph.reshape(y, tuple(sizes[x] for x in word)), "".join(word)


def _sum_alone(lo: Lowering, x: Value, word: str, others: str) -> tuple[Value, str]:
    """Sums over the letters that nothing else has."""
    alone = [i for i, letter in enumerate(word) if letter not in others]
    if not alone or isinstance(x, Constant):
        return x, word
    return lo.graph.reduce(x, alone, False, "sum"), "".join(c for i, c in enumerate(word) if i not in alone)
