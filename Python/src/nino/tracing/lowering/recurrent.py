"""Recurrent layers."""

from __future__ import annotations

from typing import Any

from ..graph import Constant, Value
from .context import Lowering, NeedsLength, Unsupported, place, rule


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


def _is_zero(states: Any) -> bool:
    states = states if isinstance(states, (list, tuple)) else [states]
    return all(isinstance(state, Constant) and not state.example.any() for state in states)


def _gates(lo: Lowering, x: Value, count: int) -> list[Value]:
    width = x.shape[-1] // count
    return [lo.graph.slice(x, x.rank - 1, i * width, (i + 1) * width) for i in range(count)]


def _linear(lo: Lowering, x: Value, weight: Value, bias: Value | None) -> Value:
    inputs = [x, weight] + ([] if bias is None else [bias])
    return lo.graph.apply("linear", inputs, (*x.shape[:-1], weight.shape[0]), layout="outFirst")


def _step(lo: Lowering, cell: str, x: Value, states: list[Value], weights: list[Value]) -> list[Value]:
    """One step of a cell, written out: its new states from what the input adds to the gates.

    Args:
        x: [B, gates · n], the input times its weight, with its bias.
        states: the state [B, n], and for an LSTM the cell state.
        weights: of the state, with its bias if there is one.
    """
    graph, (state, *memory) = lo.graph, states
    own = _linear(lo, state, *(*weights, None)[:2])

    def function(name: str, x: Value) -> Value:
        return graph.unary(name, x) if name == "sigmoid" else graph.apply(name, [x], x.shape)

    if cell == "lstm":
        take, keep, new, show = _gates(lo, graph.add(x, own), 4)
        kept = graph.multiply(function("sigmoid", keep), memory[0])
        cells = graph.add(kept, graph.multiply(function("sigmoid", take), function("tanh", new)))
        return [graph.multiply(function("sigmoid", show), function("tanh", cells)), cells]
    if cell != "gru":
        return [function(cell, graph.add(x, own))]
    (reset, update, new), (own_reset, own_update, own_new) = _gates(lo, x, 3), _gates(lo, own, 3)
    reset = function("sigmoid", graph.add(reset, own_reset))
    update = function("sigmoid", graph.add(update, own_update))
    new = function("tanh", graph.add(new, graph.multiply(reset, own_new)))
    return [graph.add(new, graph.multiply(update, graph.add(state, graph.scale(new, -1))))]


_LONGEST = 64
"""Steps that are written out."""


def _written_out(
    lo: Lowering, cell: str, x: Value, states: list[Value], weights: list[Value], layers: int, both_ways: bool
) -> tuple[Value, list[Value]]:
    """All layers step by step, for first states other than zero and last cell states: x [B, T, in] as the last
    layer's states [B, T, n], and the last states, each [layers · directions, B, n].
    """
    length, directions = x.shape[1], 2 if both_ways else 1
    if not isinstance(length, int):
        raise NeedsLength(f"{place(lo.node)}: {lo.node.target}: first or last states over an open length")
    if length > _LONGEST:
        raise Unsupported(f"first states, or last cell states, over more than {_LONGEST} steps; found {length}")
    each = len(weights) // (layers * directions)
    ends: list[list[Value]] = [[] for _ in states]
    for layer in range(layers):
        outputs = []
        for direction in range(directions):
            number = layer * directions + direction
            own = weights[number * each : (number + 1) * each]
            first, second = (own[0::2], own[1::2])
            added = _linear(lo, x, *(*first, None)[:2])
            now = [_at(lo, state, 0, number) for state in states]
            row: list[Value] = []
            for step in range(length - 1, -1, -1) if direction else range(length):
                now = _step(lo, cell, _at(lo, added, 1, step), now, second)
                row.append(lo.graph.reshape(now[0], (now[0].shape[0], 1, now[0].shape[1])))
            outputs.append(lo.graph.concat(row[::-1] if direction else row, 1))
            for end, state in zip(ends, now):
                end.append(lo.graph.reshape(state, (1, *state.shape)))
        x = lo.graph.concat(outputs, 2)
    return x, [lo.graph.concat(end, 0) for end in ends]


def _at(lo: Lowering, x: Value, axis: int, position: int) -> Value:
    part = lo.graph.slice(x, axis, position, position + 1)
    return lo.graph.reshape(part, (*x.shape[:axis], *x.shape[axis + 1 :]))


def _recur(
    lo: Lowering,
    cell: str,
    x: Value,
    states: list[Value],
    weights: list[Value],
    has_biases: bool,
    layers: int,
    both_ways: bool,
    batch_first: bool,
) -> tuple:
    """What a recurrent layer returns: the states of all steps, then the last ones."""
    if x.rank != 3:
        raise Unsupported("an input without a batch axis")
    if len(weights) != layers * (2 if both_ways else 1) * (4 if has_biases else 2):
        raise Unsupported("projections (proj_size)")
    ends = [user for user in lo.node.users if user.op == "call_function" and user.args[1] == 2]
    # Returning them is no reason to write a layer out.
    reads_cells = cell == "lstm" and any(reader.op != "output" for end in ends for reader in end.users)
    if _is_zero(states) and not reads_cells:
        y, ends = _layers(lo, cell, x, weights, has_biases, layers, both_ways, batch_first)
        return y, lo.graph.concat(ends, 0), None
    x = lo.full(x) if batch_first else lo.graph.swap(lo.full(x), 0, 1)
    given = [lo.full(state) for state in states]
    y, ends = _written_out(lo, cell, x, given, list(weights), layers, both_ways)
    return (y if batch_first else lo.graph.swap(y, 0, 1)), *ends


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
    """Long short-term memory."""
    return _recur(lo, "lstm", x, states, weights, has_biases, layers, both_ways, batch_first)


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
        return _recur(lo, cell, x, [state], weights, has_biases, layers, both_ways, batch_first)[:2]

    return recur


rule("gru")(_simple("gru"))
rule("rnn_tanh")(_simple("tanh"))
rule("rnn_relu")(_simple("relu"))


def _cell(cell: str) -> Any:
    def step(
        lo: Lowering,
        x: Value,
        state: Any,
        first: Value,
        second: Value,
        bias: Value | None = None,
        own_bias: Value | None = None,
    ) -> Any:
        states = [lo.full(x) for x in (state if isinstance(state, (list, tuple)) else [state])]
        own = [second] if own_bias is None else [second, own_bias]
        made = _step(lo, cell, _linear(lo, lo.full(x), first, bias), states, own)
        return tuple(made) if cell == "lstm" else made[0]

    return step


rule("lstm_cell")(_cell("lstm"))
rule("gru_cell")(_cell("gru"))
rule("rnn_tanh_cell")(_cell("tanh"))
rule("rnn_relu_cell")(_cell("relu"))
