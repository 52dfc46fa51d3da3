"""Mixtures of experts without control flow that depends on data."""

from __future__ import annotations

from typing import Any

import torch

NAME = "nino_dense"


def register() -> bool:
    """Adds `dense` to the implementations that transformers chooses among; False where there is no such choice."""
    try:
        from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS
    except ImportError:
        return False
    ALL_EXPERTS_FUNCTIONS.register(NAME, dense)
    return True


def dense(experts: Any, hidden: torch.Tensor, indices: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Every expert computes every token, and those that were not chosen count with weight 0.

    Args:
        experts: a module with all experts' weights, each stacked along a first axis.
        hidden: [tokens, width].
        indices: [tokens, k], the experts chosen for each token.
        weights: [tokens, k], what they count.
    Returns:
        [tokens, width].
    """

    def linear(x: torch.Tensor, name: str) -> torch.Tensor:
        weight = getattr(experts, name)
        y = x @ (weight if experts.is_transposed else weight.transpose(1, 2))
        return y + getattr(experts, f"{name}_bias").unsqueeze(1) if experts.has_bias else y

    share = hidden.new_zeros(hidden.shape[0], experts.num_experts).scatter(1, indices, weights)
    x = hidden.unsqueeze(0).expand(experts.num_experts, -1, -1)
    if experts.has_gate:
        x = experts._apply_gate(linear(x, "gate_up_proj"))
    else:
        x = experts.act_fn(linear(x, "up_proj"))
    x = linear(x, "down_proj")
    if experts.has_post_expert_norm:
        x = experts.post_expert_norm(x)
    return (x * share.transpose(0, 1).unsqueeze(-1)).sum(0)
