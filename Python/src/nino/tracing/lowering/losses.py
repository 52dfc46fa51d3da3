"""Losses, as a function that is given to ``export`` writes them."""

from __future__ import annotations

from ..graph import Value
from .arithmetic import add, multiply, subtract
from .context import Lowering, Unsupported, rule
from .norms import log_softmax
from .reduction import total

_NONE, _MEAN, _SUM = 0, 1, 2


def _reduced(lo: Lowering, x: Value, reduction: int) -> Value:
    if reduction == _NONE:
        return x
    return lo.graph.reduce(x, list(range(x.rank)), False, "mean" if reduction == _MEAN else "sum")


@rule("cross_entropy_loss")
def cross_entropy(
    lo: Lowering,
    x: Value,
    target: Value,
    weight: Value | None = None,
    reduction: int = _MEAN,
    ignore_index: int = -100,
    label_smoothing: float = 0,
) -> Value:
    """Of class numbers, or of shares of the classes; classes lie on the second axis, or on the only one."""
    if weight is not None or label_smoothing:
        raise Unsupported("weights of classes or label_smoothing")
    axis = 1 if x.rank > 1 else 0
    if target.rank == x.rank:
        return _against_shares(lo, log_softmax(lo, x, axis), target, axis, reduction)
    if target.is_integer and reduction == _MEAN and x.rank > 1:
        axes = [0, *range(2, x.rank), 1]
        logits = lo.graph.transpose(lo.full(x), axes)
        return lo.graph.apply("crossEntropy", [logits, target], (), ignoreIndex=ignore_index)
    return nll(lo, log_softmax(lo, x, axis), target, None, reduction, ignore_index)


@rule("nll_loss", "nll_loss_nd", "nll_loss2d")
def nll(
    lo: Lowering, x: Value, target: Value, weight: Value | None = None, reduction: int = _MEAN, ignore_index: int = -100
) -> Value:
    """What logarithms of shares say of class numbers; those to be ignored count 0."""
    if weight is not None:
        raise Unsupported("weights of classes")
    axis = 1 if x.rank > 1 else 0
    ids = lo.floats(target)
    counts = lo.graph.binary("binary", ids, lo.constant(ignore_index), function="notEqual")
    # Ids to be ignored may be no class: 0 in their place, so that each is one.
    lined = lo.graph.reshape(lo.graph.multiply(ids, counts), (*x.shape[:axis], 1, *x.shape[axis + 1 :]))
    picked = lo.graph.apply("gather", [lo.full(x), lined], lined.shape, axis=axis)
    losses = multiply(lo, lo.graph.scale(lo.graph.reshape(picked, ids.shape), -1), counts)
    if reduction == _NONE:
        return losses
    whole = total(lo, losses)
    return whole if reduction == _SUM else lo.graph.binary("binary", whole, total(lo, counts), function="divide")


def _against_shares(lo: Lowering, logarithms: Value, target: Value, axis: int, reduction: int) -> Value:
    losses = lo.graph.scale(lo.graph.reduce(multiply(lo, logarithms, target), [axis], False, "sum"), -1)
    return _reduced(lo, losses, reduction)


@rule("mse_loss")
def mean_square(lo: Lowering, x: Value, target: Value, reduction: int = _MEAN) -> Value:
    """The square of the difference."""
    difference = subtract(lo, x, target)
    return _reduced(lo, lo.graph.multiply(difference, difference), reduction)


@rule("l1_loss")
def mean_distance(lo: Lowering, x: Value, target: Value, reduction: int = _MEAN) -> Value:
    """The size of the difference."""
    return _reduced(lo, lo.graph.unary("abs", subtract(lo, x, target)), reduction)


@rule("binary_cross_entropy_with_logits")
def binary_cross_entropy(
    lo: Lowering,
    x: Value,
    target: Value,
    weight: Value | None = None,
    pos_weight: Value | None = None,
    reduction: int = _MEAN,
) -> Value:
    """softplus(x) - target · x."""
    if weight is not None or pos_weight is not None:
        raise Unsupported("weights")
    losses = add(lo, lo.graph.unary("softplus", lo.full(x)), lo.graph.scale(multiply(lo, x, target), -1))
    return _reduced(lo, losses, reduction)
