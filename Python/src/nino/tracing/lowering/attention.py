"""Scaled dot product attention."""

from __future__ import annotations

import numpy as np

from ..graph import Constant, Value
from ..sizes import product
from .comparison import choose
from .context import Lowering, Unsupported, rule

_NEVER = float(np.finfo(np.float32).min)
"""What is added to a score that counts for nothing."""


@rule("scaled_dot_product_attention")
def attention(
    lo: Lowering,
    query: Value,
    key: Value,
    value: Value,
    attn_mask: Value | None = None,
    dropout_p: float = 0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Value:
    """softmax(scale · q kᵀ + mask) v in each head: [..., heads, T, width] as the host's [B, T, heads · width]."""
    query, key, value = (lo.full(x) for x in (query, key, value))
    key, value, copies = _shared_heads(key, value)
    heads = query.shape[-3] if query.rank > 2 else 1
    attributes = {"heads": heads, "kvHeads": heads // copies if copies > 1 else (key.shape[-3] if key.rank > 2 else 1)}
    if not isinstance(heads, int):
        raise Unsupported("an open number of heads; the axes are [batch, heads, positions, width]")
    if scale is not None:
        attributes["scale"] = float(scale)
    inputs = [_rows(lo, x) for x in (query, key, value)]
    mask = None if attn_mask is None else _mask(lo, attn_mask)
    if isinstance(mask, dict):
        attributes |= mask
    elif mask is not None:
        inputs.append(mask)
    if is_causal:
        attributes["causal"] = 1
    width = value.shape[-1]
    flat = lo.graph.apply("attention", inputs, (*inputs[0].shape[:2], heads * width), **attributes)
    split = lo.graph.reshape(flat, (*inputs[0].shape[:2], heads, width))
    result = lo.graph.reshape(lo.graph.transpose(split, [0, 2, 1, 3]), lo.shape)
    sees = None if attn_mask is None else _sees(lo, attn_mask)
    return result if sees is None else lo.graph.multiply(result, sees)


def _rows(lo: Lowering, x: Value) -> Value:
    """[..., heads, T, width] as [B, T, heads · width]."""
    lead = product(x.shape[:-3]) if x.rank > 3 else 1
    heads = x.shape[-3] if x.rank > 2 else 1
    x = lo.graph.reshape(x, (lead, heads, *x.shape[-2:]))
    rows = lo.graph.transpose(x, [0, 2, 1, 3])
    return lo.graph.reshape(rows, (lead, x.shape[2], heads * x.shape[3]))


def _shared_heads(key: Value, value: Value) -> tuple[Value, Value, int]:
    """Keys and values of fewer heads, if each head of theirs was repeated; and how often."""
    found = [_repeated(x) for x in (key, value)]
    if found[0] is None or found[1] is None or found[0][1] != found[1][1]:
        return key, value, 1
    return found[0][0], found[1][0], found[0][1]


def _repeated(x: Value) -> tuple[Value, int] | None:
    """The y and r of reshape(broadcast(y as [B, heads, 1, T, width] to [B, heads, r, T, width]))."""
    reshape = x.operation
    broadcast = reshape.inputs[0].operation if reshape is not None and reshape.name == "reshape" else None
    if broadcast is None or broadcast.name != "broadcast":
        return None
    before, after = broadcast.inputs[0], broadcast.result
    if (
        before.rank != 5
        or before.shape[2] != 1
        or before.shape[:2] + before.shape[3:] != after.shape[:2] + after.shape[3:]
    ):
        return None
    if x.shape != (after.shape[0], after.shape[1] * after.shape[2], *after.shape[3:]):
        return None
    inner = before.operation
    if inner is None or inner.name != "reshape":
        return None
    source = inner.inputs[0]
    return (source, after.shape[2]) if source.shape == before.shape[:2] + before.shape[3:] else None


def _mask(lo: Lowering, mask: Value) -> Value | dict | None:
    """An additive mask; None for one that hides nothing; attributes for one that hides by distance alone."""
    is_bias = _is_float_mask(lo)
    compact = lo.compact(mask)
    if not isinstance(compact, Constant):
        return mask if is_bias else choose(lo, mask, 0.0, _NEVER)
    arrays = [compact.example, compact.largest]
    if not is_bias:
        arrays = [np.where(array != 0, 0, _NEVER).astype(np.float32) for array in arrays]
    if not any(array.any() for array in arrays):
        return None
    known = _window(*arrays)
    if known is not None:
        return known
    arrays = [np.maximum(array, _NEVER) for array in arrays]
    return Constant(compact.shape, example=arrays[0], largest=arrays[1])


def _sees(lo: Lowering, mask: Value) -> Value | None:
    """Whether each position sees any at all, unless all do: PyTorch gives 0 for one that does not, the host a mean."""
    if _is_float_mask(lo):
        return None
    compact = lo.compact(mask)
    if not isinstance(compact, Constant):
        return lo.graph.reduce(lo.full(mask), [mask.rank - 1], True, "max")
    arrays = [np.atleast_1d(array != 0).any(-1, keepdims=True) for array in (compact.example, compact.largest)]
    if all(array.all() for array in arrays):
        return None
    example, largest = (array.astype(np.float32) for array in arrays)
    return lo.compact(Constant((*compact.shape[:-1], 1), example=example, largest=largest))


def _is_float_mask(lo: Lowering) -> bool:
    node = lo.node.args[3] if len(lo.node.args) > 3 else lo.node.kwargs["attn_mask"]
    return node.meta["val"].dtype.is_floating_point


def _window(example: np.ndarray, largest: np.ndarray) -> dict | None:
    """Attributes for a mask by which position t sees those up to t, or the last w of them."""
    if largest.ndim != 2 or largest.shape[0] != largest.shape[1] or example.shape[0] != example.shape[1]:
        return None
    seen = largest == 0
    if not np.all(seen | (largest <= _NEVER / 2)):
        return None
    distance = np.subtract.outer(np.arange(len(seen)), np.arange(len(seen)))
    width = int(seen[-1].sum())
    if not np.array_equal(seen, (distance >= 0) & (distance < width)):
        return None
    return {"causal": 1} if width == len(seen) else {"causal": 1, "window": width}
