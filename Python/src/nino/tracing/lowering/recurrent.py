"""Recurrent layers."""

from __future__ import annotations

from typing import Any

from ..graph import Constant, Value
from .context import Lowering, Unsupported, rule


def _layers(
    lo: Lowering,
    cell: str,
    x: Value,
    weights: list[Value],
    has_biases: bool,
    layers: int,
    both_ways: bool,
    batch_first: bool,
) -> tuple[Value, list[Value]]:
    """The last layer's states [B, T, width], and the last state of each layer and direction."""
    x = lo.full(x)
    if x.rank != 3:
        raise Unsupported("an input without a batch axis")
    if not batch_first:
        x = lo.graph.swap(x, 0, 1)
    each = 4 if has_biases else 2
    directions = 2 if both_ways else 1
    ends: list[Value] = []
    for layer in range(layers):
        outputs = []
        for direction in range(directions):
            start = (layer * directions + direction) * each
            inputs = [x, *weights[start : start + each]]
            width = weights[start + 1].shape[1]
            states = lo.graph.apply("recurrent", inputs, (*x.shape[:2], width), cell=cell, reverse=direction)
            outputs.append(states)
            at = 0 if direction else x.shape[1] - 1
            last = lo.graph.slice(states, 1, at, at + 1)
            ends.append(lo.graph.reshape(last, (1, x.shape[0], width)))
        x = lo.graph.concat(outputs, 2)
    return (x if batch_first else lo.graph.swap(x, 0, 1)), ends


def _starts_at_zero(states: Any) -> None:
    for state in states if isinstance(states, (list, tuple)) else [states]:
        if not isinstance(state, Constant) or state.example.any():
            raise Unsupported("a first state that is not zero")


@rule("lstm")
def lstm(
    lo: Lowering,
    x: Value,
    states: list[Value],
    weights: list[Value],
    has_biases: bool,
    layers: int,
    dropout: float,
    train: bool,
    both_ways: bool,
    batch_first: bool,
) -> tuple:
    """Long short-term memory; the last cell states are not given."""
    _starts_at_zero(states)
    y, ends = _layers(lo, "lstm", x, weights, has_biases, layers, both_ways, batch_first)
    return y, lo.graph.concat(ends, 0), None


def _simple(cell: str) -> Any:
    def recur(
        lo: Lowering,
        x: Value,
        state: Value,
        weights: list[Value],
        has_biases: bool,
        layers: int,
        dropout: float,
        train: bool,
        both_ways: bool,
        batch_first: bool,
    ) -> tuple:
        _starts_at_zero(state)
        y, ends = _layers(lo, cell, x, weights, has_biases, layers, both_ways, batch_first)
        return y, lo.graph.concat(ends, 0)

    return recur


rule("gru")(_simple("gru"))
rule("rnn_tanh")(_simple("tanh"))
rule("rnn_relu")(_simple("relu"))
