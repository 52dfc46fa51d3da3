"""Element by element: sums, products, functions of one number."""

from __future__ import annotations

import math
from typing import Any

from ..graph import Constant, Value
from ..recognition import recognize_norm, recognize_rotary
from .comparison import choose
from .context import Lowering, Unsupported, rule


@rule("add")
def add(lo: Lowering, a: Any, b: Any, *, alpha: float = 1) -> Value:
    """a + alpha · b."""
    a, b = lo.compact(lo.floats(a)), lo.compact(lo.floats(b))
    if alpha != 1:
        b = multiply(lo, b, alpha)
    return recognize_rotary(lo.graph, a, b) or lo.graph.add(a, b)


@rule("sub", "subtract")
def subtract(lo: Lowering, a: Any, b: Any, *, alpha: float = 1) -> Value:
    """a - alpha · b."""
    return add(lo, a, multiply(lo, b, -alpha))


@rule("rsub")
def reverse_subtract(lo: Lowering, a: Any, b: Any, alpha: float = 1) -> Value:
    """b - alpha · a."""
    return subtract(lo, b, a, alpha=alpha)


@rule("mul", "multiply")
def multiply(lo: Lowering, a: Any, b: Any) -> Value:
    """a · b."""
    a, b = lo.compact(lo.floats(a)), lo.compact(lo.floats(b))
    for x, factor in ((a, b), (b, a)):
        if isinstance(factor, Constant) and factor.is_scalar and x.shape != ():
            return lo.constant(x.example * factor.scalar) if _is_fixed(x) else lo.graph.scale(x, factor.scalar)
    return recognize_norm(lo.graph, a, b) or lo.graph.multiply(a, b)


def _is_fixed(x: Value) -> bool:
    return isinstance(x, Constant) and all(isinstance(size, int) for size in x.shape)


@rule("div", "divide", "true_divide")
def divide(lo: Lowering, a: Any, b: Any, *, rounding_mode: str | None = None) -> Value:
    """a / b, rounded down or towards zero if asked for."""
    if isinstance(b, (int, float)) and rounding_mode is None:
        return multiply(lo, a, 1 / b)
    a, b = lo.compact(lo.floats(a)), lo.compact(lo.floats(b))
    if isinstance(b, Constant) and b.is_scalar and rounding_mode is None:
        return multiply(lo, a, 1 / b.scalar)
    if rounding_mode is None and b.operation is not None and b.operation.attributes.get("function") == "sqrt":
        root = b.operation.inputs[0]
        known = recognize_norm(lo.graph, a, lo.graph.unary("rsqrt", root))
        if known is not None:
            return known
    result = lo.graph.binary("binary", a, b, function="divide")
    if rounding_mode is None:
        return result
    return lo.graph.unary("floor" if rounding_mode == "floor" else "truncate", result)


@rule("floor_divide")
def floor_divide(lo: Lowering, a: Any, b: Any) -> Value:
    """a / b, rounded down."""
    return divide(lo, a, b, rounding_mode="floor")


@rule("remainder", "fmod")
def remainder(lo: Lowering, a: Any, b: Any) -> Value:
    """a - b · floor(a / b)."""
    if lo.node.target._schema.name.endswith("fmod"):
        return subtract(lo, a, multiply(lo, b, divide(lo, a, b, rounding_mode="trunc")))
    return subtract(lo, a, multiply(lo, b, divide(lo, a, b, rounding_mode="floor")))


@rule("pow")
def power(lo: Lowering, a: Any, b: Any) -> Value:
    """a to the b; whole powers up to 4 are products."""
    if isinstance(b, Constant) and b.is_scalar:
        b = b.scalar
    if not isinstance(b, (int, float)):
        return lo.graph.binary("binary", lo.compact(lo.floats(a)), lo.compact(lo.floats(b)), function="power")
    a = lo.full(lo.floats(a))
    names = {0.5: "sqrt", -0.5: "rsqrt", -1: "reciprocal"}
    if b in names:
        return lo.graph.unary(names[b], a)
    if b in (1, 2, 3, 4):
        result = a
        for _ in range(int(b) - 1):
            result = lo.graph.multiply(result, a)
        return result
    return lo.graph.binary("binary", a, lo.constant(b), function="power")


@rule("square")
def square(lo: Lowering, x: Value) -> Value:
    """x · x."""
    return power(lo, x, 2)


@rule("neg", "negative")
def negate(lo: Lowering, x: Value) -> Value:
    """-x."""
    return lo.graph.scale(lo.full(lo.floats(x)), -1)


_UNARY = {
    "exp": "exp",
    "expm1": "expm1",
    "log": "log",
    "log1p": "log1p",
    "sqrt": "sqrt",
    "rsqrt": "rsqrt",
    "reciprocal": "reciprocal",
    "sin": "sin",
    "cos": "cos",
    "abs": "abs",
    "erf": "erf",
    "sigmoid": "sigmoid",
    "floor": "floor",
    "ceil": "ceil",
    "round": "round",
    "trunc": "truncate",
    "sign": "sign",
}


def _unary(function: str) -> Any:
    return lambda lo, x: lo.graph.unary(function, lo.full(lo.floats(x)))


for _torch, _host in _UNARY.items():
    rule(_torch)(_unary(_host))


def _activation(name: str) -> Any:
    return lambda lo, x, *_, **__: lo.graph.apply(name, [lo.full(x)], x.shape)


for _name in ("relu", "silu", "tanh"):
    rule(_name)(_activation(_name))


@rule("gelu")
def gelu(lo: Lowering, x: Value, *, approximate: str = "none") -> Value:
    """Exact, or with tanh."""
    approximation = "erf" if approximate == "none" else "tanh"
    return lo.graph.apply("gelu", [lo.full(x)], x.shape, approximation=approximation)


def maximum(lo: Lowering, x: Any, y: Any) -> Value:
    """The larger of two."""
    return lo.graph.binary("binary", lo.compact(lo.floats(x)), lo.compact(lo.floats(y)), function="maximum")


def minimum(lo: Lowering, x: Any, y: Any) -> Value:
    """The smaller of two."""
    return lo.graph.binary("binary", lo.compact(lo.floats(x)), lo.compact(lo.floats(y)), function="minimum")


rule("maximum")(maximum)
rule("minimum")(minimum)


@rule("clamp", "clip", "hardtanh")
def clamp(lo: Lowering, x: Value, min: Any = None, max: Any = None, min_val: Any = None, max_val: Any = None) -> Value:
    """Between two bounds."""
    if lo.node.target._schema.name.startswith("aten::hardtanh"):
        min, max = (-1 if min is None else min), (1 if max is None else max)
    x = lo.full(lo.floats(x))
    if min is not None:
        x = maximum(lo, x, min)
    return x if max is None else minimum(lo, x, max)


@rule("clamp_min")
def clamp_min(lo: Lowering, x: Value, bound: Any) -> Value:
    """At least a bound."""
    return maximum(lo, x, bound)


@rule("clamp_max")
def clamp_max(lo: Lowering, x: Value, bound: Any) -> Value:
    """At most a bound."""
    return minimum(lo, x, bound)


@rule("relu6")
def relu6(lo: Lowering, x: Value) -> Value:
    """Between 0 and 6."""
    return minimum(lo, maximum(lo, x, 0), 6)


@rule("hardsigmoid")
def hard_sigmoid(lo: Lowering, x: Value) -> Value:
    """(x + 3) / 6 between 0 and 1."""
    return lo.graph.scale(relu6(lo, add(lo, x, 3)), 1 / 6)


@rule("hardswish")
def hard_swish(lo: Lowering, x: Value) -> Value:
    """x times its hard sigmoid."""
    return multiply(lo, x, hard_sigmoid(lo, x))


@rule("leaky_relu")
def leaky_relu(lo: Lowering, x: Value, negative_slope: float = 0.01) -> Value:
    """x, or slope · x below 0."""
    if negative_slope > 1:
        raise Unsupported(f"a negative_slope of {negative_slope}, above 1")
    return maximum(lo, x, lo.graph.scale(x, negative_slope))


@rule("prelu", "_prelu_kernel")
def parametric_relu(lo: Lowering, x: Value, weight: Value) -> Value:
    """x, or weight · x below 0, one weight for all channels or one each."""
    relu = lo.graph.apply("relu", [x], x.shape)
    below = lo.graph.add(x, lo.graph.scale(relu, -1))
    if weight.rank == 1 and weight.shape != (1,) and x.rank > 2:
        weight = lo.graph.reshape(weight, (weight.shape[0],) + (1,) * (x.rank - 2))
    return lo.graph.add(relu, lo.graph.multiply(below, weight))


@rule("elu", "celu")
def elu(lo: Lowering, x: Value, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Value:
    """scale · (x above 0, alpha · (e^(input scale · x) - 1) below)."""
    if lo.node.target._schema.name.startswith("aten::celu"):
        input_scale = 1 / alpha
    below = lo.graph.unary("expm1", lo.graph.scale(minimum(lo, x, 0), input_scale))
    relu = lo.graph.apply("relu", [x], x.shape)
    return lo.graph.scale(lo.graph.add(relu, lo.graph.scale(below, alpha)), scale)


@rule("selu")
def selu(lo: Lowering, x: Value) -> Value:
    """ELU with the constants of Klambauer et al. 2017."""
    return elu(lo, x, 1.6732632423543772, 1.0507009873554805)


@rule("softplus")
def softplus(lo: Lowering, x: Value, beta: float = 1, threshold: float = 20) -> Value:
    """log(1 + e^(beta x)) / beta, and x beyond the threshold; from 20 on float32 does not tell one from the other."""
    x = lo.full(x)
    scaled = lo.graph.scale(x, beta)
    soft = lo.graph.scale(lo.graph.unary("softplus", scaled), 1 / beta)
    if threshold >= 20:
        return soft
    return choose(lo, lo.graph.binary("binary", lo.constant(threshold), scaled, function="less"), x, soft)


@rule("log_sigmoid")
def log_sigmoid(lo: Lowering, x: Value) -> Value:
    """log of the sigmoid."""
    return lo.graph.scale(lo.graph.unary("softplus", lo.graph.scale(x, -1)), -1)


@rule("mish")
def mish(lo: Lowering, x: Value) -> Value:
    """x · tanh(softplus(x))."""
    return lo.graph.multiply(x, lo.graph.apply("tanh", [lo.graph.unary("softplus", x)], x.shape))


@rule("softsign")
def softsign(lo: Lowering, x: Value) -> Value:
    """x / (1 + |x|)."""
    return lo.graph.binary("binary", x, add(lo, lo.graph.unary("abs", x), 1), function="divide")


@rule("glu")
def gated_linear_unit(lo: Lowering, x: Value, dim: int = -1) -> Value:
    """The first half of an axis times the sigmoid of the second."""
    axis = dim % x.rank
    half = x.shape[axis] // 2
    gate = lo.graph.unary("sigmoid", lo.graph.slice(x, axis, half, 2 * half))
    return lo.graph.multiply(lo.graph.slice(x, axis, 0, half), gate)


@rule("log2", "log10")
def other_logarithms(lo: Lowering, x: Value) -> Value:
    """log of base 2 or 10."""
    base = 2 if lo.node.target._schema.name.endswith("log2") else 10
    return lo.graph.scale(lo.graph.unary("log", lo.full(lo.floats(x))), 1 / math.log(base))


@rule("addcmul")
def add_product(lo: Lowering, x: Value, a: Value, b: Value, *, value: float = 1) -> Value:
    """x + value · a · b."""
    return add(lo, x, multiply(lo, multiply(lo, a, b), value))


@rule("lerp")
def interpolate(lo: Lowering, a: Value, b: Value, weight: Any) -> Value:
    """a + weight · (b - a)."""
    return add(lo, a, multiply(lo, subtract(lo, b, a), weight))
