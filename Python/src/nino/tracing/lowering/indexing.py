"""Positions named by numbers: tables, gathered rows, the largest few."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..graph import Constant, Value, broadcast_shape
from ..nodes import dtype_of
from ..sizes import product
from .context import Lowering, Unsupported, rule


def _start_of_range(ids: Value) -> int | None:
    """k if the ids are k, k + 1, …: a slice of the table."""
    if not isinstance(ids, Constant) or ids.rank != 1:
        return None
    start = int(ids.largest[0])
    wanted = start + np.arange(len(ids.largest))
    return (
        start
        if np.array_equal(ids.largest, wanted) and np.array_equal(ids.example, wanted[: len(ids.example)])
        else None
    )


@rule("embedding")
def embedding(lo: Lowering, table: Value, ids: Value, padding_idx: int = -1, *_: Any) -> Value:
    """Rows of a table. Positions that are 0, 1, 2, … are a slice of it."""
    return _rows_of(lo, lo.full(table), ids, padding_idx)


def _rows_of(lo: Lowering, table: Value, ids: Value, padding: int = -1) -> Value:
    ids = lo.compact(ids)
    start = _start_of_range(ids)
    if start is not None:
        rows = lo.graph.slice(table, 0, start, start + ids.shape[0])
    else:
        ids = _from_the_start(ids, table.shape[0])
        rows = lo.graph.apply("embedding", [ids, table], (*ids.shape, table.shape[1]), paddingIndex=padding)
    return lo.graph.broadcast(lo.graph.reshape(rows, (1,) * (len(lo.shape) - rows.rank) + rows.shape), lo.shape)


@rule("index")
def index(lo: Lowering, x: Value, indices: list[Value | None]) -> Value:
    """Advanced indexing: constant ids of one axis, a whole axis and ids of the next, or a mask of no axis."""
    used = [i for i, ids in enumerate(indices) if ids is not None]
    if any(dtype_of(ids) in (torch.bool, torch.uint8) for ids in lo.node.args[1] if ids is not None):
        raise Unsupported("a mask as an index; use index_select with ids, or torch.where")
    if len(used) == 1:
        return _index_one(lo, lo.full(x), used[0], indices[used[0]])
    compacts = [lo.compact(lo.floats(indices[i])) for i in used]
    if used == [0, 1] and len(indices) == 2:
        return _index_rows(lo, lo.full(x), *compacts)
    if all(isinstance(ids, Constant) for ids in compacts) and used == list(range(used[0], used[0] + len(used))):
        return _index_flat(lo, lo.full(x), used, compacts)
    raise Unsupported("advanced indexing of this form; use gather, index_select or take_along_dim")


def _index_one(lo: Lowering, x: Value, axis: int, ids: Value) -> Value:
    if axis == 0 and x.rank == 2:
        return _rows_of(lo, x, ids)
    ids = _from_the_start(lo.compact(lo.floats(ids)), x.shape[axis])
    start = _start_of_range(ids)
    if start is not None and ids.rank == 1:
        return lo.graph.slice(x, axis, start, start + ids.shape[0])
    shape = (*x.shape[:axis], product(ids.shape), *x.shape[axis + 1 :])
    lined = _lined(lo, ids, x.rank, axis)
    picked = lo.graph.apply("gather", [x, lined], shape, axis=axis)
    return lo.graph.reshape(picked, lo.shape)


def _from_the_start(ids: Value, size: Any) -> Value:
    """Constant ids that count from the end, counted from the start."""
    if not isinstance(ids, Constant) or ids.example.size == 0 or ids.example.min() >= 0:
        return ids
    if not isinstance(size, int):
        raise Unsupported("ids that count from the end of an axis of open size")
    return Constant(ids.shape, example=ids.example % size, largest=ids.largest % size)


def _lined(lo: Lowering, ids: Value, rank: int, axis: int) -> Value:
    """Ids along one axis of an otherwise flat shape."""
    shape = [1] * rank
    shape[axis] = product(ids.shape)
    if isinstance(ids, Constant):
        flat = [a.reshape([-1 if i == axis else 1 for i in range(rank)]) for a in (ids.example, ids.largest)]
        if not all(isinstance(size, int) for size in ids.shape) and ids.rank > 1:
            raise Unsupported("ids of more than one axis and open size")
        return Constant(tuple(shape), example=flat[0], largest=flat[1])
    return lo.graph.reshape(ids, shape)


def _index_rows(lo: Lowering, x: Value, rows: Value, ids: Value) -> Value:
    """x[0 … B-1, ids]: one position for each index of the first axis."""
    if _start_of_range(rows) != 0 or rows.shape != x.shape[:1] or ids.rank != 1:
        raise Unsupported("advanced indexing of two axes but for x[arange(batch), ids]")
    ones = (1,) * (x.rank - 1)
    lined = lo.graph.reshape(lo.full(ids), (ids.shape[0], *ones)) if not isinstance(ids, Constant) else ids
    if isinstance(ids, Constant):
        lined = Constant(
            (*ids.shape, *ones), example=ids.example.reshape(-1, *ones), largest=ids.largest.reshape(-1, *ones)
        )
    shape = (x.shape[0], 1, *x.shape[2:])
    return lo.graph.reshape(lo.graph.apply("gather", [x, lined], shape, axis=1), lo.shape)


def _index_flat(lo: Lowering, x: Value, axes: list[int], ids: list[Value]) -> Value:
    """Constant ids of neighbouring axes: of one axis, after those are made one."""
    sizes = [x.shape[axis] for axis in axes]
    if not all(isinstance(size, int) for size in sizes):
        raise Unsupported("advanced indexing of several axes of open size")
    for size in (size for a in ids for size in a.shape if not isinstance(size, int)):
        lo.refuse_open(size, "as the number of ids of several axes")
    arrays = np.broadcast_arrays(*(a.example.astype(np.int64) % s for a, s in zip(ids, sizes)))
    flat = np.ravel_multi_index(arrays, sizes)
    first = axes[0]
    merged = lo.graph.reshape(x, (*x.shape[:first], int(np.prod(sizes)), *x.shape[first + len(axes) :]))
    constant = lo.constant(flat.reshape(-1))
    shape = (*merged.shape[:first], flat.size, *merged.shape[first + 1 :])
    picked = lo.graph.apply("gather", [merged, _lined(lo, constant, merged.rank, first)], shape, axis=first)
    return lo.graph.reshape(picked, lo.shape)


@rule("index_select")
def index_select(lo: Lowering, x: Value, dim: int, ids: Value) -> Value:
    """Positions of one axis."""
    return _index_one(lo, lo.full(x), dim % x.rank, ids)


@rule("take_along_dim")
def take_along(lo: Lowering, x: Value, ids: Value, dim: int | None = None) -> Value:
    """One position of an axis for each element of the ids; other axes repeat where one operand has size 1."""
    if dim is None:
        raise Unsupported("no dim")
    ids, x, axis = lo.full(lo.floats(ids)), lo.full(lo.floats(x)), dim % x.rank
    shape = broadcast_shape(x.shape, ids.shape)
    x = lo.graph.broadcast(x, (*shape[:axis], x.shape[axis], *shape[axis + 1 :]))
    return lo.graph.apply("gather", [x, ids], (*shape[:axis], ids.shape[axis], *shape[axis + 1 :]), axis=axis)


@rule("gather")
def gather(lo: Lowering, x: Value, dim: int, ids: Value, **_: Any) -> Value:
    """One position of an axis for each element of the ids."""
    ids, x, axis = lo.full(lo.floats(ids)), lo.full(x), dim % x.rank
    for other, (size, wanted) in enumerate(zip(x.shape, ids.shape)):
        if other != axis and size != wanted:
            x = lo.graph.slice(x, other, 0, wanted)
    return lo.graph.apply("gather", [x, ids], ids.shape, axis=axis)


@rule("one_hot")
def one_hot(lo: Lowering, ids: Value, classes: int = -1) -> Value:
    """1 at the place an id names."""
    if classes < 0:
        raise Unsupported("no number of classes; give num_classes")
    column = lo.graph.reshape(lo.full(lo.floats(ids)), (*ids.shape, 1))
    return lo.graph.binary("binary", column, lo.constant(np.arange(classes)), function="equal")


@rule("argmax", "argmin")
def argmax(lo: Lowering, x: Value, dim: int | None = None, keepdim: bool = False) -> Value:
    """Where the largest lies, the first of equals."""
    if dim is None:
        raise Unsupported("no dim")
    x = lo.full(lo.floats(x))
    if lo.node.target._schema.name.endswith("argmin"):
        x = lo.graph.scale(x, -1)
    return lo.graph.reshape(lo.graph.apply("argmax", [x], _without(x, dim % x.rank), axis=dim % x.rank), lo.shape)


def _without(x: Value, axis: int) -> tuple:
    return (*x.shape[:axis], 1, *x.shape[axis + 1 :])


class Ranking(Value):
    """Where the largest few of a tensor lie; known only to what puts values there."""

    def __init__(self, of: Value, count: int):
        super().__init__((*of.shape[:-1], count), opaque="where topk found the largest, but for a scatter,")
        self.of, self.count = of, count


@rule("topk")
def largest_few(lo: Lowering, x: Value, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> tuple:
    """The k largest of the last axis, and where they lie."""
    if dim % x.rank != x.rank - 1 or not largest:
        raise Unsupported("the smallest, or not of the last axis")
    x = lo.full(lo.floats(x))
    return lo.graph.apply("topK", [x], (*x.shape[:-1], k), count=k), Ranking(x, k)


@rule("scatter", "scatter_add")
def scatter(lo: Lowering, x: Value, dim: int, ids: Value, source: Any, **_: Any) -> Value:
    """Values put where the largest few lie, over zeros."""
    is_over_zeros = isinstance(x, Constant) and not x.example.any()
    if not isinstance(ids, Ranking) or dim % x.rank != x.rank - 1 or not is_over_zeros:
        raise Unsupported("but for values put over zeros where topk of the last axis found the largest")
    if isinstance(source, (int, float)):
        source = lo.graph.broadcast(lo.constant(float(source)), ids.shape)
    return lo.graph.apply("topKScatter", [ids.of, lo.full(source)], ids.of.shape, count=ids.count)
