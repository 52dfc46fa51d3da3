"""How a fresh model's tensors are drawn, as far as the values at hand tell."""

from __future__ import annotations

import math
from typing import Any

import torch


def initialization(tensor: torch.Tensor) -> dict[str, Any]:
    """A rule that draws values like these: constant, uniform around 0, or normal.

    A tensor without values (on the meta device) gets PyTorch's default for linear layers, or 0 if it is a vector.
    """
    if tensor.is_meta:
        if tensor.dim() < 2:
            return {"kind": "constant", "a": 0.0}
        bound = 1 / math.sqrt(max(1, tensor[0].numel()))
        return {"kind": "uniform", "a": -bound, "b": bound}
    values = tensor.detach().float().reshape(-1)
    low, high = float(values.min()), float(values.max())
    if low == high:
        return {"kind": "constant", "a": low}
    mean, deviation = float(values.mean()), float(values.std(correction=0))
    bound = max(-low, high)
    # The largest of many uniform values is √3 deviations from 0, of normal ones further away.
    if values.numel() >= 32 and abs(mean) < 0.2 * bound and bound < 1.9 * deviation:
        return {"kind": "uniform", "a": -bound, "b": bound}
    return {"kind": "normal", "a": mean, "b": deviation}
