"""Open sizes (batch, length) and whole-number expressions of them.

A size is an ``int`` or a sympy expression of the symbols that ``torch.export`` made.
"""

from __future__ import annotations

import math
from typing import Any

import sympy
import torch

Size = Any
"""``int`` or ``sympy.Expr``."""


def size_of(value: Any) -> Size:
    """The size behind a number or a ``torch.SymInt``; an ``int`` wherever it is one."""
    expression = value.node.expr if isinstance(value, torch.SymInt) else value
    if isinstance(expression, sympy.Expr) and expression.is_Integer:
        return int(expression)
    return expression


def shape_of(tensor: torch.Tensor) -> tuple[Size, ...]:
    """The shape of a fake tensor."""
    return tuple(size_of(size) for size in tensor.shape)


def evaluate(size: Size, values: dict[sympy.Symbol, int]) -> int:
    """The size where the symbols have these values."""
    return size if isinstance(size, int) else int(size.xreplace({s: sympy.Integer(v) for s, v in values.items()}))


def product(sizes: tuple[Size, ...] | list[Size]) -> Size:
    """The number of elements of a shape."""
    return size_of(math.prod(sizes))


def divide(size: Size, divisor: int) -> Size:
    """``size / divisor`` where that is known to be whole."""
    return size // divisor if isinstance(size, int) else size_of(sympy.expand(size / divisor))


class SizeNames:
    """Names for the symbols of an export: ``B`` for the first axis of inputs, ``T`` for the next, then ``N1`` …"""

    def __init__(self) -> None:
        self.names: dict[sympy.Symbol, str] = {}

    def add(self, symbol: sympy.Symbol, wanted: str) -> None:
        """Names a symbol, unless it has a name."""
        if symbol in self.names:
            return
        taken = set(self.names.values())
        number = 1
        name = wanted
        while name in taken:
            name = f"N{number}"
            number += 1
        self.names[symbol] = name

    def encode(self, size: Size) -> int | str | list:
        """The size as it stands in a file.

        Raises:
            ValueError: for an expression that the file format does not have.
        """
        if isinstance(size, int) or (isinstance(size, sympy.Expr) and size.is_Integer):
            return int(size)
        if isinstance(size, sympy.Symbol):
            self.add(size, "N1")
            return self.names[size]
        name = type(size).__name__
        arguments = [self.encode(argument) for argument in size.args] if name != "Pow" else []
        if name == "Add":
            return ["+", *arguments]
        if name == "Mul":
            return ["*", *arguments]
        if name == "Pow" and size.exp.is_Integer and 0 < int(size.exp) <= 8:
            return ["*", *[self.encode(size.base)] * int(size.exp)]
        if name in ("FloorDiv", "CleanDiv"):
            return ["//", *arguments]
        if name in ("Mod", "PythonMod"):
            return ["%", *arguments]
        if name in ("Max", "Min"):
            return [name.lower(), *arguments]
        raise ValueError(f"the size {size}")
