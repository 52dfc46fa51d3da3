"""Finds the host's larger operations where a model writes them out in small ones."""

from __future__ import annotations

from .graph import Constant, Graph, Operation, Value


def _made_by(value: Value, name: str, **attributes: object) -> Operation | None:
    """The operation that makes the value, if it has this name and these attributes."""
    operation = value.operation
    if operation is None or operation.name != name:
        return None
    return operation if all(operation.attributes.get(key) == wanted for key, wanted in attributes.items()) else None


def recognize_norm(graph: Graph, a: Value, b: Value) -> Value | None:
    """Root mean square norm: x · rsqrt(mean(x · x) + epsilon), and the same times a weight."""
    for x, other in ((a, b), (b, a)):
        epsilon = _root_mean_square(x, other)
        if epsilon is not None:
            return graph.apply("rmsNorm", [x], x.shape, epsilon=epsilon)
        norm = _made_by(x, "rmsNorm")
        if (
            norm is not None
            and len(norm.inputs) == 1
            and not isinstance(other, Constant)
            and other.shape == x.shape[-1:]
        ):
            return graph.apply("rmsNorm", [norm.inputs[0], other], x.shape, **norm.attributes)
    return None


def _root_mean_square(x: Value, factor: Value) -> float | None:
    """The epsilon if the factor is rsqrt(mean(x · x over the last axis) + epsilon)."""
    root = _made_by(factor, "unary", function="rsqrt")
    total = _made_by(root.inputs[0], "add") if root else None
    if total is None or not isinstance(total.inputs[1], Constant) or not total.inputs[1].is_scalar:
        return None
    mean = _made_by(total.inputs[0], "mean", axes=[x.rank - 1], keepAxes=1)
    square = _made_by(mean.inputs[0], "mul") if mean else None
    return total.inputs[1].scalar if square and square.inputs[0] is x and square.inputs[1] is x else None


def recognize_rotation(inputs: list[Value], axis: int) -> Value | None:
    """The x of concat(-second half of x, first half of x) along the last axis."""
    if len(inputs) != 2 or axis != inputs[0].rank - 1:
        return None
    negated, first = _made_by(inputs[0], "scale", factor=-1.0), _made_by(inputs[1], "slice")
    second = _made_by(negated.inputs[0], "slice") if negated else None
    if first is None or second is None or first.inputs[0] is not second.inputs[0]:
        return None
    width = first.inputs[0].shape[-1]
    if not isinstance(width, int) or width % 2:
        return None
    wanted = ((0, width // 2), (width // 2, width))
    found = tuple((part.attributes["start"], part.attributes["end"]) for part in (first, second))
    return first.inputs[0] if found == wanted else None


def recognize_rotary(graph: Graph, a: Value, b: Value) -> Value | None:
    """Rotary embedding: x · cosines + rotated(x) · sines, the tables constant."""
    for plain, turned in ((a, b), (b, a)):
        first, second = _made_by(plain, "mul"), _made_by(turned, "mul")
        if first is None or second is None:
            continue
        rotated, sines = second.inputs
        x, cosines = first.inputs
        if rotated.rotated is x and isinstance(sines, Constant) and isinstance(cosines, Constant):
            return graph.apply("rotaryTable", [x, cosines, sines], x.shape)
    return None
