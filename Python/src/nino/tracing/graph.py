"""The operations of a program while it is being written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .sizes import Size, divide, product


@dataclass(eq=False)
class Value:
    """What flows between operations: the result of one, or an input, parameter or buffer by its name."""

    shape: tuple[Size, ...]
    name: str | None = None
    operation: Operation | None = None
    is_integer: bool = False
    """int64 in the host; everything else is float32."""
    opaque: str | None = None
    """What it is, if no operation of the host can read it."""
    rotated: Value | None = None
    """The value of which this is (-second half, first half) of the last axis."""

    @property
    def rank(self) -> int:
        return len(self.shape)


@dataclass(eq=False)
class Constant(Value):
    """Values that depend on nothing but sizes, at the example's sizes and at the largest."""

    example: np.ndarray | None = None
    largest: np.ndarray | None = None

    @property
    def is_scalar(self) -> bool:
        return self.example is not None and self.example.size == 1

    @property
    def scalar(self) -> float:
        return float(self.example.reshape(-1)[0])


@dataclass(eq=False)
class Operation:
    """One operation of the host."""

    name: str
    inputs: list[Value]
    attributes: dict[str, Any]
    result: Value
    module: str | None = None


@dataclass
class Graph:
    """A list of operations that grows; what nothing needs is left out when it is written.

    Movements that undo each other are never added: a transposition of a transposition is one transposition, and so with
    reshapes.
    """

    operations: list[Operation] = field(default_factory=list)
    module: str | None = None
    """The user's module whose operations are being written."""

    def apply(self, name: str, inputs: list[Value], shape: tuple[Size, ...], /, **attributes: Any) -> Value:
        """Adds an operation whose result has this shape."""
        result = Value(tuple(shape))
        operation = Operation(name, inputs, attributes, result, self.module)
        result.operation = operation
        self.operations.append(operation)
        return result

    # Movements

    def reshape(self, x: Value, shape: tuple[Size, ...] | list[Size]) -> Value:
        """The same elements in the same order."""
        shape = tuple(shape)
        if shape == x.shape:
            return x
        if x.operation is not None and x.operation.name == "reshape":
            return self.reshape(x.operation.inputs[0], shape)
        return self.apply("reshape", [x], shape, shape=list(shape))

    def transpose(self, x: Value, axes: list[int]) -> Value:
        """Axis i of the result is axis ``axes[i]``."""
        if x.operation is not None and x.operation.name == "transpose":
            inner = x.operation.attributes["axes"]
            return self.transpose(x.operation.inputs[0], [inner[axis] for axis in axes])
        if axes == list(range(len(axes))):
            return x
        return self.apply("transpose", [x], tuple(x.shape[axis] for axis in axes), axes=list(axes))

    def swap(self, x: Value, first: int, second: int) -> Value:
        """Two axes exchanged."""
        axes = list(range(x.rank))
        axes[first], axes[second] = axes[second], axes[first]
        return self.transpose(x, axes)

    def slice(self, x: Value, axis: int, start: Size, end: Size) -> Value:
        """Positions ``start ..< end`` of an axis."""
        if start == 0 and end == x.shape[axis]:
            return x
        shape = (*x.shape[:axis], end - start, *x.shape[axis + 1 :])
        if start == end:
            return Value(shape, opaque="an empty tensor")
        return self.apply("slice", [x], shape, axis=axis, start=start, end=end)

    def broadcast(self, x: Value, shape: tuple[Size, ...] | list[Size]) -> Value:
        """Repeated along new leading axes and axes of size 1."""
        shape = tuple(shape)
        if shape == x.shape:
            return x
        lead = len(shape) - x.rank
        while lead < len(shape) and x.shape[lead - len(shape) + x.rank] == 1:
            lead += 1
        rest = shape[lead:]
        if x.shape[x.rank - len(rest) :] == rest and len(shape) > len(rest):
            copies = self.apply(
                "expand", [self.reshape(x, rest)], (product(shape[:lead]), *rest), count=product(shape[:lead])
            )
            return self.reshape(copies, shape)
        return self.apply("broadcast", [x], shape, shape=list(shape))

    def concat(self, inputs: list[Value], axis: int) -> Value:
        """One behind the other."""
        if len(inputs) == 1:
            return inputs[0]
        total = sum(x.shape[axis] for x in inputs)
        shape = (*inputs[0].shape[:axis], total, *inputs[0].shape[axis + 1 :])
        return self.apply("concat", inputs, shape, axis=axis)

    # Arithmetic

    def scale(self, x: Value, factor: float) -> Value:
        return x if factor == 1 else self.apply("scale", [x], x.shape, factor=float(factor))

    def unary(self, function: str, x: Value) -> Value:
        return self.apply("unary", [x], x.shape, function=function)

    def binary(self, name: str, a: Value, b: Value, /, **attributes: Any) -> Value:
        """``add``, ``mul`` or ``binary``, with NumPy's broadcasting."""
        return self.apply(name, [a, b], broadcast_shape(a.shape, b.shape), **attributes)

    def add(self, a: Value, b: Value) -> Value:
        return self.binary("add", *larger_first(a, b))

    def multiply(self, a: Value, b: Value) -> Value:
        return self.binary("mul", *larger_first(a, b))

    def reduce(self, x: Value, axes: list[int], keep: bool, function: str = "mean") -> Value:
        """``mean``, or another reduction by name."""
        shape = tuple(1 if i in axes else size for i, size in enumerate(x.shape) if keep or i not in axes)
        if function == "mean":
            return self.apply("mean", [x], shape, axes=sorted(axes), keepAxes=int(keep))
        return self.apply("reduce", [x], shape, function=function, axes=sorted(axes), keepAxes=int(keep))

    # What is needed

    def live(self, outputs: list[Value]) -> list[Operation]:
        """The operations that the outputs need, in their order."""
        needed: set[int] = set()
        stack = list(outputs)
        while stack:
            value = stack.pop()
            if value.operation is not None and id(value.operation) not in needed:
                needed.add(id(value.operation))
                stack.extend(value.operation.inputs)
        return [operation for operation in self.operations if id(operation) in needed]


def larger_first(a: Value, b: Value) -> tuple[Value, Value]:
    """The operands of a sum or product, the one that has the result's shape first: the other repeats over it."""
    out = broadcast_shape(a.shape, b.shape)
    return (b, a) if a.shape != out and b.shape == out else (a, b)


def broadcast_shape(a: tuple[Size, ...], b: tuple[Size, ...]) -> tuple[Size, ...]:
    """NumPy's rule."""
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + tuple(a), (1,) * (rank - len(b)) + tuple(b)
    return tuple(y if x == 1 else x for x, y in zip(a, b))


def merge_axes(shape: tuple[Size, ...], first: int, count: int) -> tuple[Size, ...]:
    """The shape with ``count`` axes from ``first`` on made one."""
    return (*shape[:first], product(shape[first : first + count]), *shape[first + count :])


def split_axis(shape: tuple[Size, ...], axis: int, outer: int) -> tuple[Size, ...]:
    """The shape with an axis cut into ``outer`` parts."""
    return (*shape[:axis], outer, divide(shape[axis], outer), *shape[axis + 1 :])
