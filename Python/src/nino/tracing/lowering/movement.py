"""Shapes: the same elements elsewhere, repeated, cut and joined."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..graph import Constant, Value
from ..nodes import dtype_of
from ..recognition import recognize_rotation
from ..sizes import Size, divide, shape_of
from .context import Lowering, Unsupported, rule

_END = 2**62


@rule("view", "reshape", "_unsafe_view", "flatten", "unflatten", "unsqueeze", "squeeze", "_reshape_alias")
def reshape(lo: Lowering, x: Value, *_: Any, **__: Any) -> Value:
    """The same elements in the same order; the shape is that of the result."""
    return lo.graph.reshape(lo.full(x), lo.shape)


@rule(
    "alias",
    "detach",
    "lift_fresh_copy",
    "dropout",
    "feature_dropout",
    "alpha_dropout",
    "clone",
    "contiguous",
    "view_as",
)
def same(lo: Lowering, x: Value, *_: Any, **__: Any) -> Value:
    """Nothing: dropout is off, and memory layouts are PyTorch's affair."""
    return lo.graph.reshape(x, lo.shape) if not isinstance(x, Constant) else x


@rule("to", "_to_copy", "type_as", "float", "double", "half", "bfloat16", "contiguous")
def convert(lo: Lowering, x: Value, *_: Any, **__: Any) -> Value:
    """Another element type: all floats are float32 here; whole numbers are cut off, truth is what is not 0."""
    result_is_float = lo.node.meta["val"].dtype.is_floating_point
    if lo.node.meta["val"].dtype == torch.bool:
        is_bool = dtype_of(lo.node.args[0]) == torch.bool
        return x if is_bool else lo.graph.binary("binary", lo.full(x), lo.constant(0), function="notEqual")
    if lo.is_float() and not result_is_float:
        return lo.graph.unary("truncate", lo.full(x))
    return lo.floats(x) if result_is_float else x


@rule("permute", "t", "numpy_T", "mT", "adjoint", "transpose", "swapaxes", "movedim")
def permute(lo: Lowering, x: Value, *args: Any) -> Value:
    """Axes in another order."""
    name = lo.node.target._schema.name.split("::")[1]
    axes = list(range(x.rank))
    if name == "permute":
        axes = [axis % x.rank for axis in args[0]]
    elif name in ("t", "numpy_T"):
        axes.reverse()
    elif name == "movedim":
        sources = [a % x.rank for a in (args[0] if isinstance(args[0], (list, tuple)) else [args[0]])]
        targets = [a % x.rank for a in (args[1] if isinstance(args[1], (list, tuple)) else [args[1]])]
        axes = [axis for axis in axes if axis not in sources]
        for target, source in sorted(zip(targets, sources)):
            axes.insert(target, source)
    else:
        first, second = args[:2] if args else (-2, -1)
        first, second = first % x.rank, second % x.rank
        axes[first], axes[second] = axes[second], axes[first]
    return lo.graph.transpose(lo.full(x), axes)


@rule("expand", "broadcast_to", "expand_as")
def expand(lo: Lowering, x: Value, *_: Any, **__: Any) -> Value:
    """Repeated along axes of size 1 and new leading ones."""
    return lo.graph.broadcast(lo.full(x), lo.shape)


@rule("broadcast_tensors")
def broadcast_tensors(lo: Lowering, tensors: list[Value]) -> tuple[Value, ...]:
    """All in their common shape."""
    return tuple(lo.graph.broadcast(lo.full(x), shape_of(result)) for x, result in zip(tensors, lo.node.meta["val"]))


@rule("copy")
def copy(lo: Lowering, x: Value, source: Any, *_: Any) -> Value:
    """Other values in the same place."""
    return lo.graph.broadcast(lo.full(lo.floats(source)), x.shape)


@rule("fill")
def fill(lo: Lowering, x: Value, number: Any) -> Value:
    """One number everywhere."""
    return lo.graph.broadcast(lo.compact(number), x.shape)


@rule("zero")
def zero(lo: Lowering, x: Value) -> Value:
    """0 everywhere."""
    return fill(lo, x, 0)


@rule("repeat", "tile")
def repeat(lo: Lowering, x: Value, repeats: list[Size]) -> Value:
    """Each axis again and again as a whole."""
    shape = (1,) * (len(repeats) - x.rank) + x.shape
    repeats = [1] * (len(shape) - len(repeats)) + list(repeats)
    parts = [size for length in shape for size in (1, length)]
    whole = [size for count, length in zip(repeats, shape) for size in (count, length)]
    return lo.graph.reshape(lo.graph.broadcast(lo.graph.reshape(lo.full(x), parts), whole), lo.shape)


@rule("repeat_interleave")
def repeat_interleave(lo: Lowering, x: Value, repeats: Any, dim: int | None = None, **_: Any) -> Value:
    """Each position of an axis several times."""
    if not isinstance(repeats, int) or dim is None:
        raise Unsupported("repeats that are no single number, or no dim")
    axis = dim % x.rank
    parts = (*x.shape[: axis + 1], 1, *x.shape[axis + 1 :])
    whole = (*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :])
    return lo.graph.reshape(lo.graph.broadcast(lo.graph.reshape(lo.full(x), parts), whole), lo.shape)


def _bound(position: Any, size: Size, default: Size) -> Size:
    if position is None:
        return default
    if not isinstance(position, int):
        return position
    if position < 0:
        return size + position if not isinstance(size, int) else max(0, size + position)
    if position >= _END:
        return size
    return min(position, size) if isinstance(size, int) else position


@rule("slice")
def cut(lo: Lowering, x: Value, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Value:
    """Positions of an axis, all or every so many."""
    axis = dim % x.rank
    size = x.shape[axis]
    x = lo.full(x)
    first, last = _bound(start, size, 0), _bound(end, size, size)
    length = lo.shape[axis]
    if step == 1:
        return lo.graph.slice(x, axis, first, first + length)
    if not (isinstance(size, int) and isinstance(first, int) and isinstance(last, int)):
        raise Unsupported(f"a step of {step} over an axis of open size")
    if size % step:
        return pick(lo, x, axis, range(first, last, step))
    parts = lo.graph.reshape(x, (*x.shape[:axis], size // step, step, *x.shape[axis + 1 :]))
    column = lo.graph.slice(parts, axis + 1, first % step, first % step + 1)
    column = lo.graph.reshape(column, (*x.shape[:axis], size // step, *x.shape[axis + 1 :]))
    return lo.graph.slice(column, axis, first // step, first // step + length)


def pick(lo: Lowering, x: Value, axis: int, positions: Any) -> Value:
    """These positions of an axis."""
    indices = np.asarray(list(positions), dtype=np.float32)
    shape = [1] * x.rank
    shape[axis] = len(indices)
    result = (*x.shape[:axis], len(indices), *x.shape[axis + 1 :])
    return lo.graph.apply("gather", [x, lo.constant(indices.reshape(shape))], result, axis=axis)


@rule("select")
def select(lo: Lowering, x: Value, dim: int, index: Size) -> Value:
    """One position of an axis."""
    axis = dim % x.rank
    if isinstance(index, int) and index < 0:
        index = x.shape[axis] + index
    return lo.graph.reshape(lo.graph.slice(lo.full(x), axis, index, index + 1), lo.shape)


@rule("split", "split_with_sizes", "chunk", "tensor_split", "unsafe_split", "unsafe_chunk")
def split(lo: Lowering, x: Value, _: Any, dim: int = 0) -> tuple[Value, ...]:
    """Parts of an axis one behind the other; their sizes are those of the results."""
    axis = dim % x.rank
    x, start, parts = lo.full(x), 0, []
    for part in lo.node.meta["val"]:
        size = shape_of(part)[axis]
        parts.append(lo.graph.slice(x, axis, start, start + size))
        start = start + size
    return tuple(parts)


@rule("unbind")
def unbind(lo: Lowering, x: Value, dim: int = 0) -> tuple[Value, ...]:
    """Each position of an axis by itself."""
    axis = dim % x.rank
    if not isinstance(x.shape[axis], int):
        raise Unsupported("an axis of open size")
    x = lo.full(x)
    shape = (*x.shape[:axis], *x.shape[axis + 1 :])
    return tuple(lo.graph.reshape(lo.graph.slice(x, axis, i, i + 1), shape) for i in range(x.shape[axis]))


@rule("cat", "concat", "concatenate")
def concat(lo: Lowering, inputs: list[Value], dim: int = 0) -> Value:
    """One behind the other."""
    inputs = [lo.full(lo.floats(x)) for x in inputs if 0 not in x.shape]
    axis = dim % inputs[0].rank
    result = lo.graph.concat(inputs, axis)
    result.rotated = recognize_rotation(inputs, axis) if result.rotated is None else result.rotated
    return result


@rule("stack")
def stack(lo: Lowering, inputs: list[Value], dim: int = 0) -> Value:
    """One behind the other along a new axis."""
    axis = dim % (inputs[0].rank + 1)
    shape = (*inputs[0].shape[:axis], 1, *inputs[0].shape[axis:])
    return lo.graph.concat([lo.graph.reshape(lo.full(lo.floats(x)), shape) for x in inputs], axis)


@rule("roll")
def roll(lo: Lowering, x: Value, shifts: Any, dims: Any = ()) -> Value:
    """Positions of an axis moved on, those that leave it coming in at the other end."""
    shifts = [shifts] if isinstance(shifts, int) else list(shifts)
    dims = [dims] if isinstance(dims, int) else list(dims)
    if not dims:
        raise Unsupported("no dims")
    x = lo.full(x)
    for shift, dim in zip(shifts, dims):
        axis = dim % x.rank
        size = x.shape[axis]
        if not isinstance(size, int):
            raise Unsupported("an axis of open size")
        shift %= size
        if shift:
            behind = lo.graph.slice(x, axis, size - shift, size)
            x = lo.graph.concat([behind, lo.graph.slice(x, axis, 0, size - shift)], axis)
    return x


@rule("flip")
def flip(lo: Lowering, x: Value, dims: list[int]) -> Value:
    """Axes the other way round."""
    x = lo.full(x)
    for dim in dims:
        size = x.shape[dim % x.rank]
        if not isinstance(size, int):
            raise Unsupported("an axis of open size")
        x = pick(lo, x, dim % x.rank, range(size - 1, -1, -1))
    return x


@rule("tril", "triu")
def triangle(lo: Lowering, x: Value, diagonal: int = 0) -> Value:
    """Zero above, or below, a diagonal."""
    rows, columns = x.shape[-2:]
    if not (isinstance(rows, int) and isinstance(columns, int)):
        raise Unsupported("an axis of open size")
    make = np.tril if lo.node.target._schema.name.endswith("tril") else np.triu
    return lo.graph.multiply(lo.full(x), lo.constant(make(np.ones((rows, columns)), diagonal)))


@rule("pixel_shuffle")
def pixel_shuffle(lo: Lowering, x: Value, factor: int) -> Value:
    """Channels laid out as pixels."""
    batch, channels, height, width = x.shape
    parts = (batch, divide(channels, factor * factor), factor, factor, height, width)
    return lo.graph.reshape(lo.graph.transpose(lo.graph.reshape(x, parts), [0, 1, 4, 2, 5, 3]), lo.shape)


@rule("pixel_unshuffle")
def pixel_unshuffle(lo: Lowering, x: Value, factor: int) -> Value:
    """Pixels laid out as channels."""
    batch, channels, height, width = x.shape
    parts = (batch, channels, divide(height, factor), factor, divide(width, factor), factor)
    return lo.graph.reshape(lo.graph.transpose(lo.graph.reshape(x, parts), [0, 1, 3, 5, 2, 4]), lo.shape)
