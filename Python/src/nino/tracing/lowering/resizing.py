"""Images and sequences at another size."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..graph import Value
from .context import Lowering, rule
from .spatial import along


@rule("upsample_nearest1d", "upsample_nearest2d")
def nearest(lo: Lowering, x: Value, *_: Any, **__: Any) -> Value:
    """Each pixel several times."""
    x = lo.full(x)
    for axis, factor in enumerate(_factors(lo, x), 2):
        size, wanted = x.shape[axis], lo.shape[axis]
        if factor is None and isinstance(size, int) and isinstance(wanted, int) and wanted % size == 0:
            parts = (*x.shape[: axis + 1], 1, *x.shape[axis + 1 :])
            whole = (*x.shape[: axis + 1], wanted // size, *x.shape[axis + 1 :])
            merged = (*x.shape[:axis], wanted, *x.shape[axis + 1 :])
            x = lo.graph.reshape(lo.graph.broadcast(lo.graph.reshape(x, parts), whole), merged)
        else:
            x = _resized(lo, x, axis, factor, "nearest")
    return x


@rule("upsample_bilinear2d", "upsample_linear1d", "upsample_bicubic2d")
def interpolate(lo: Lowering, x: Value, _: Any, align_corners: bool, *__: Any, **___: Any) -> Value:
    """Between pixels, one axis after the other."""
    mode = "bicubic" if "bicubic" in lo.node.target._schema.name else "linear"
    x = lo.full(x)
    for axis, factor in enumerate(_factors(lo, x), 2):
        x = _resized(lo, x, axis, factor, mode, align_corners=align_corners)
    return x


def _factors(lo: Lowering, x: Value) -> list[float | None]:
    """For each axis the factor that was given for it, if its product with the size is not whole: PyTorch then takes
    the places of pixels from the factor, else from the sizes.
    """
    parameters = [argument.name for argument in lo.node.target._schema.arguments]
    given = dict(zip(parameters, lo.node.args)) | lo.node.kwargs
    factors = given.get("scale_factors") or [given.get(name) for name in parameters if name.startswith("scales")]
    sizes = zip(factors or [None] * (x.rank - 2), x.shape[2:], lo.shape[2:])
    return [factor if factor is not None and size * factor != wanted else None for factor, size, wanted in sizes]


def _resized(lo: Lowering, x: Value, axis: int, factor: float | None, mode: str, **options: Any) -> Value:
    def make(size: int, wanted: int) -> np.ndarray:
        """The matrix by which PyTorch interpolates along one axis."""
        identity = torch.eye(size)[None, :, :]
        if mode == "bicubic":
            identity, ones = identity[:, :, None, :], (1,)
        else:
            ones = ()
        target = {"size": (*ones, wanted)} if factor is None else {"scale_factor": (*ones, factor)}
        rows = torch.nn.functional.interpolate(identity, mode=mode, **target, **options)
        return rows.reshape(size, wanted).T.numpy()

    return along(lo, x, axis, lo.shape[axis], make, always=factor is not None)
