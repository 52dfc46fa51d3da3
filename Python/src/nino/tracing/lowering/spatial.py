"""Convolutions, pooling and windows of images and sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..graph import Value
from .context import Lowering, Unsupported, rule
from .movement import pick
from .padding import pad_axis


def _list(value: Any, count: int) -> list[int]:
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    return values * count if len(values) == 1 else values


def _spatial_axes(weight: Value) -> int:
    axes = weight.rank - 2
    if axes > 2:
        raise Unsupported("a convolution over three axes; over one and two it is supported")
    return axes


def _apply(lo: Lowering, name: str, x: Value, weight: Value, bias: Value | None, groups: int, **window: Any) -> Value:
    """A convolution of either kind, the input with a batch axis."""
    axes = _spatial_axes(weight)
    x = lo.full(lo.floats(x))
    if x.rank == axes + 1:
        x = lo.graph.reshape(x, (1, *x.shape))
    shape = lo.shape if len(lo.shape) == axes + 2 else (1, *lo.shape)
    inputs = [x, weight] + ([bias] if bias is not None else [])
    lists = {key: _list(value, axes) for key, value in window.items()}
    return lo.graph.apply(f"{name}{axes}d", inputs, shape, **_window(**lists), groups=groups)


def _window(**lists: list[int]) -> dict:
    """Attributes that differ from the defaults, equal ones as one number."""
    defaults = {"stride": 1, "padding": 0, "dilation": 1, "outputPadding": 0}
    short = {name: values[0] if len(set(values)) == 1 else values for name, values in lists.items()}
    return {name: value for name, value in short.items() if value != defaults[name]}


@rule("conv1d", "conv2d", "conv3d")
def convolution(
    lo: Lowering,
    x: Value,
    weight: Value,
    bias: Value | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Value:
    """Cross-correlation."""
    if padding == "same":
        totals = [d * (k - 1) for d, k in zip(_list(dilation, _spatial_axes(weight)), weight.shape[2:])]
        padding = [size // 2 for size in totals] + [size - size // 2 for size in totals]
    elif padding == "valid":
        padding = 0
    return _apply(lo, "conv", x, weight, bias, groups, stride=stride, padding=padding, dilation=dilation)


@rule("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def transposed_convolution(
    lo: Lowering,
    x: Value,
    weight: Value,
    bias: Value | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Value:
    """The transposition of a convolution."""
    window = {"stride": stride, "padding": padding, "outputPadding": output_padding, "dilation": dilation}
    return _apply(lo, "convTranspose", x, weight, bias, groups, **window)


@rule("convolution", "_convolution")
def any_convolution(
    lo: Lowering,
    x: Value,
    weight: Value,
    bias: Value | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    output_padding: Any,
    groups: int,
    *_: Any,
) -> Value:
    """Of either kind."""
    if transposed:
        return transposed_convolution(lo, x, weight, bias, stride, padding, output_padding, groups, dilation)
    return convolution(lo, x, weight, bias, stride, padding, dilation, groups)


def _pool(lo: Lowering, name: str, x: Value, kernel: Any, stride: Any, padding: Any, ceil: bool, fill: float) -> Value:
    axes = len(lo.shape) - 2 if len(lo.shape) == x.rank else x.rank - 2
    if axes not in (1, 2):
        raise Unsupported(f"pooling over {axes} axes; over one and two it is supported")
    kernel, padding = _list(kernel, axes), _list(padding, axes)
    stride = kernel if stride is None or stride == [] else _list(stride, axes)
    x = lo.full(x)
    if ceil:
        for axis in range(axes):
            size, wanted = x.shape[2 + axis], lo.shape[2 + axis]
            if not (isinstance(size, int) and isinstance(wanted, int)):
                raise Unsupported("ceil_mode over an axis of open size")
            missing = (wanted - 1) * stride[axis] + kernel[axis] - size - 2 * padding[axis]
            if missing > 0:
                if name == "averagePool2d":
                    raise Unsupported("ceil_mode with windows that reach over the edge; use ceil_mode=False")
                x = pad_axis(lo, x, 2 + axis, 0, missing, "constant", fill)
    if axes == 1:
        x = lo.graph.reshape(x, (*x.shape[:2], 1, x.shape[2]))
        kernel, stride, padding = [1, *kernel], [1, *stride], [0, *padding]
    shape = (*lo.shape[:2], 1, lo.shape[2]) if axes == 1 else lo.shape
    pooled = lo.graph.apply(name, [x], shape, kernel=kernel, stride=stride, padding=padding)
    return lo.graph.reshape(pooled, lo.shape)


@rule("max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices")
def max_pool(
    lo: Lowering,
    x: Value,
    kernel: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """The largest of each window."""
    if set(_list(dilation, 1)) != {1}:
        raise Unsupported("dilation")
    if lo.node.target._schema.name.endswith("with_indices"):
        raise Unsupported("the places of the largest; use max_pool2d without return_indices")
    return _pool(lo, "maxPool2d", x, kernel, stride, padding, ceil_mode, float(np.finfo(np.float32).min))


@rule("avg_pool1d", "avg_pool2d", "avg_pool3d")
def average_pool(
    lo: Lowering,
    x: Value,
    kernel: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Value:
    """The mean of each window."""
    if divisor_override is not None:
        raise Unsupported("divisor_override")
    mean = _pool(lo, "averagePool2d", x, kernel, stride, padding, ceil_mode, 0)
    if count_include_pad or not any(_list(padding, 1)):
        return mean
    axes = x.rank - 2
    if not all(isinstance(size, int) for size in x.shape[2:]):
        raise Unsupported("count_include_pad=False over an axis of open size")
    pool = torch.nn.functional.avg_pool1d if axes == 1 else torch.nn.functional.avg_pool2d
    covered = pool(torch.ones(1, 1, *x.shape[2:]), kernel, stride or None, padding, ceil_mode)[0, 0].numpy()
    return lo.graph.multiply(mean, lo.constant(1 / covered))


@rule("adaptive_avg_pool1d", "adaptive_avg_pool2d", "_adaptive_avg_pool2d")
def adaptive_average_pool(lo: Lowering, x: Value, size: Any) -> Value:
    """The mean over all positions, or of so many windows."""
    axes = list(range(2, x.rank))
    x = lo.full(x)
    if all(lo.shape[axis] == 1 for axis in axes):
        return lo.graph.reduce(x, axes, True)
    for axis in axes:
        x = along(lo, x, axis, lo.shape[axis], _averages)
    return x


def _averages(size: int, wanted: int) -> np.ndarray:
    rows = np.zeros((wanted, size))
    for i in range(wanted):
        first, last = i * size // wanted, -(-(i + 1) * size // wanted)
        rows[i, first:last] = 1 / (last - first)
    return rows


def along(lo: Lowering, x: Value, axis: int, wanted: Any, make: Any, always: bool = False) -> Value:
    """A constant matrix applied to one axis; to one that keeps its size only if asked to."""
    size = x.shape[axis]
    if size == wanted and not always:
        return x
    if not (isinstance(size, int) and isinstance(wanted, int)):
        raise Unsupported("an axis of open size")
    swapped = lo.graph.swap(x, axis, x.rank - 1)
    matrix = lo.constant(make(size, wanted).T)
    return lo.graph.swap(lo.graph.apply("matmul", [swapped, matrix], (*swapped.shape[:-1], wanted)), axis, x.rank - 1)


@rule("adaptive_max_pool1d", "adaptive_max_pool2d")
def adaptive_max_pool(lo: Lowering, x: Value, size: Any) -> Any:
    """The largest of windows that divide the image."""
    result = lo.node.meta["val"]
    wanted = (result[0] if isinstance(result, (tuple, list)) else result).shape[2:]
    if any(not isinstance(s, int) or s % w for s, w in zip(x.shape[2:], wanted)):
        raise Unsupported("windows that do not divide the image evenly")
    shape, axes = x.shape, []
    for number, (length, count) in enumerate(zip(x.shape[2:], wanted)):
        at = 2 + 2 * number
        shape = (*shape[:at], int(count), length // int(count), *shape[at + 1 :])
        axes.append(at + 1)
    pooled = lo.graph.reduce(lo.graph.reshape(lo.full(x), shape), axes, False, "max")
    return (pooled, None) if isinstance(result, (tuple, list)) else pooled


@rule("im2col")
def windows(lo: Lowering, x: Value, kernel: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Value:
    """Windows one behind the other: [B, C, H, W] as [B, C · kernel, windows]."""
    x, places = _padded_places(lo, lo.full(x), kernel, dilation, padding, stride)
    flat = lo.graph.reshape(x, (*x.shape[:2], x.shape[2] * x.shape[3]))
    shape = (*x.shape[:2], places.size)
    picked = lo.graph.apply("gather", [flat, lo.constant(places.reshape(1, 1, -1))], shape, axis=2)
    return lo.graph.reshape(picked, lo.shape)


def _padded_places(
    lo: Lowering, x: Value, kernel: Any, dilation: Any, padding: Any, stride: Any
) -> tuple[Value, np.ndarray]:
    """The padded image, and which of its pixels stand in each place of each window: [kernel, windows]."""
    if not all(isinstance(size, int) for size in x.shape[2:]):
        raise Unsupported("windows over an axis of open size")
    kernel, dilation, padding, stride = (_list(value, 2) for value in (kernel, dilation, padding, stride))
    for number in range(2):
        x = pad_axis(lo, x, 2 + number, padding[number], padding[number], "constant", 0)
    lines = []
    for size, k, d, s in zip(x.shape[2:], kernel, dilation, stride):
        count = (size - d * (k - 1) - 1) // s + 1
        lines.append(np.arange(k)[:, None] * d + np.arange(count)[None] * s)
    rows, columns = lines
    places = rows[:, None, :, None] * x.shape[3] + columns[None, :, None, :]
    return x, places.reshape(rows.shape[0] * columns.shape[0], -1)


@rule("unfold")
def sliding(lo: Lowering, x: Value, dim: int, size: int, step: int) -> Value:
    """Windows of one axis, along a new last axis."""
    axis = dim % x.rank
    if not isinstance(x.shape[axis], int):
        raise Unsupported("windows over an axis of open size")
    count = (x.shape[axis] - size) // step + 1
    places = np.arange(count)[:, None] * step + np.arange(size)[None]
    picked = pick(lo, lo.full(x), axis, places.reshape(-1))
    parts = lo.graph.reshape(picked, (*x.shape[:axis], count, size, *x.shape[axis + 1 :]))
    order = [i for i in range(parts.rank) if i != axis + 1] + [axis + 1]
    return lo.graph.transpose(parts, order)


@rule("col2im", "fold")
def fold(lo: Lowering, *_: Any, **__: Any) -> Value:
    """Not written."""
    raise Unsupported("windows added up where they overlap; use a transposed convolution")
