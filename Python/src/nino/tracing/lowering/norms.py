"""Norms and softmax."""

from __future__ import annotations

import numpy as np

from ..graph import Constant, Value, split_axis
from ..sizes import product
from .arithmetic import add
from .context import Lowering, Unsupported, rule


@rule("layer_norm", "native_layer_norm")
def layer_norm(
    lo: Lowering,
    x: Value,
    normalized: list[int],
    weight: Value | None = None,
    bias: Value | None = None,
    eps: float = 1e-5,
    *_: object,
) -> Value:
    """Over the last axes."""
    lead = x.shape[: x.rank - len(normalized)]
    rows = lo.graph.reshape(lo.full(x), (*lead, product(tuple(normalized))))
    if len(normalized) == 1 and weight is not None:
        return lo.graph.apply("layerNorm", [rows, weight] + ([bias] if bias is not None else []), x.shape, epsilon=eps)
    y = lo.graph.reshape(lo.graph.apply("layerNorm", [rows], rows.shape, epsilon=eps), x.shape)
    return _scaled(lo, y, weight, bias)


@rule("rms_norm")
def rms_norm(
    lo: Lowering, x: Value, normalized: list[int], weight: Value | None = None, eps: float | None = None
) -> Value:
    """Over the last axis."""
    if len(normalized) != 1:
        raise Unsupported(f"a norm over {len(normalized)} axes; over one it is supported")
    inputs = [lo.full(x)] + ([weight] if weight is not None else [])
    return lo.graph.apply("rmsNorm", inputs, x.shape, epsilon=float(np.finfo(np.float32).eps) if eps is None else eps)


@rule("_weight_norm", "_weight_norm_interface")
def weight_norm(lo: Lowering, direction: Value, length: Value, dim: int = 0) -> Value:
    """The direction brought to a length, one for each position of an axis, or (-1) one for all."""
    axes = [axis for axis in range(direction.rank) if dim == -1 or axis != dim % direction.rank]
    square = lo.graph.reduce(lo.graph.multiply(direction, direction), axes, True, "sum")
    share = lo.graph.binary("binary", length, lo.graph.unary("sqrt", square), function="divide")
    return lo.graph.multiply(direction, share)


def _scaled(lo: Lowering, y: Value, weight: Value | None, bias: Value | None) -> Value:
    if weight is not None:
        y = lo.graph.multiply(y, weight)
    return y if bias is None else lo.graph.add(y, bias)


@rule("group_norm", "instance_norm")
def group_norm(lo: Lowering, x: Value, groups: int | Value | None, *args: object) -> Value:
    """Over the channels of a group and all positions."""
    if lo.node.target._schema.name.endswith("instance_norm"):
        weight, bias, eps = groups, args[0], float(args[5])
        if args[3] is False:
            raise Unsupported("running statistics; use track_running_stats=False")
        groups = x.shape[1]
    else:
        weight, bias = (*args, None, None)[:2]
        eps = float(args[2]) if len(args) > 2 else 1e-5
    parts = split_axis(x.shape, 1, groups)
    rows = lo.graph.reshape(lo.graph.reshape(lo.full(x), parts), (x.shape[0], groups, product(parts[2:])))
    y = lo.graph.reshape(lo.graph.apply("layerNorm", [rows], rows.shape, epsilon=eps), x.shape)
    ones = (1,) * (x.rank - 2)
    weight, bias = (p if p is None else lo.graph.reshape(p, (*p.shape, *ones)) for p in (weight, bias))
    return _scaled(lo, y, weight, bias)


@rule("batch_norm", "_native_batch_norm_legit_no_training")
def batch_norm(
    lo: Lowering,
    x: Value,
    weight: Value | None,
    bias: Value | None,
    mean: Value | None,
    variance: Value | None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    *_: object,
) -> Value:
    """By the running statistics; in training the host takes those of the batch."""
    if mean is None or variance is None or training is True:
        raise Unsupported("statistics of the batch outside training; use track_running_stats=True and eval()")
    channels = x.shape[1]
    weight = lo.constant(np.ones(channels)) if weight is None else weight
    bias = lo.constant(np.zeros(channels)) if bias is None else bias
    inputs = [lo.full(x), weight, bias, mean, variance]
    return lo.graph.apply("batchNorm", inputs, x.shape, epsilon=eps, momentum=0.1 if momentum is None else momentum)


def last_axis(lo: Lowering, name: str, x: Value, axis: int) -> Value:
    """An op of the last axis, along another one."""
    axis %= x.rank
    swapped = lo.graph.swap(lo.full(x), axis, x.rank - 1)
    return lo.graph.swap(lo.graph.apply(name, [swapped], swapped.shape), axis, x.rank - 1)


@rule("softmax", "_softmax", "_safe_softmax")
def softmax(lo: Lowering, x: Value, dim: int, *_: object) -> Value:
    """Along one axis."""
    return last_axis(lo, "softmax", x, dim)


@rule("log_softmax", "_log_softmax")
def log_softmax(lo: Lowering, x: Value, dim: int, *_: object) -> Value:
    """x minus the logarithm of the sum of its exponentials."""
    return add(lo, x, lo.graph.scale(log_sum_exp(lo, x, [dim], True), -1))


@rule("logsumexp")
def log_sum_exp(lo: Lowering, x: Value, dim: list[int], keepdim: bool = False) -> Value:
    """The largest is taken out first, so that nothing overflows."""
    axes = [axis % x.rank for axis in dim]
    x = lo.full(x)
    largest = lo.graph.reduce(x, axes, True, "max")
    rest = lo.graph.unary("exp", lo.graph.add(x, lo.graph.scale(largest, -1)))
    total = lo.graph.add(lo.graph.unary("log", lo.graph.reduce(rest, axes, True, "sum")), largest)
    shape = tuple(size for i, size in enumerate(total.shape) if keepdim or i not in axes)
    return lo.graph.reshape(total, shape)


def is_constant(value: object) -> bool:
    """Whether it depends on nothing but sizes."""
    return isinstance(value, Constant)
