"""Runs a traced program in PyTorch: a second reading of docs/traced.md and docs/ops.md, to compare exports with."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F


def run(
    document: dict[str, Any], tensors: dict[str, torch.Tensor], inputs: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """The outputs of a program whose constants stand within it.

    Args:
        document: the program.
        tensors: parameters and buffers by name.
        inputs: by name; sizes are read off their shapes.
    """
    sizes: dict[str, int] = {}
    for entry in document["inputs"]:
        if entry["name"] in inputs:
            for name, size in zip(entry["shape"], inputs[entry["name"]].shape):
                if isinstance(name, str):
                    sizes[name] = size
    values: dict[Any, torch.Tensor] = {**tensors, **inputs}
    for entry in document["constants"]:
        values[entry["name"]] = _constant(entry, sizes)
    for number, operation in enumerate(document["operations"]):
        operands = [values.get(reference) for reference in operation["inputs"]]
        if any(operand is None for operand in operands):
            continue
        attributes = {key: _attribute(value, sizes) for key, value in operation.get("attributes", {}).items()}
        result = globals()["_" + operation["op"]](*operands, **attributes)
        wanted = [_size(size, sizes) for size in operation["shape"]]
        assert list(result.shape) == wanted, f"operations[{number}] ({operation['op']}): {list(result.shape)}, {wanted}"
        values[number] = result
    return {output["name"]: values[output["value"]] for output in document["outputs"] if output["value"] in values}


def _size(size: Any, sizes: dict[str, int]) -> int:
    if isinstance(size, str):
        return sizes[size]
    if isinstance(size, list):
        sign, *rest = size
        first, *others = (_size(argument, sizes) for argument in rest)
        for other in others:
            steps = {"+": first + other, "*": first * other, "max": max(first, other), "min": min(first, other)}
            first = first // other if sign == "//" else first % other if sign == "%" else steps[sign]
        return first
    return size


def _attribute(value: Any, sizes: dict[str, int]) -> Any:
    if isinstance(value, list) and (not value or not isinstance(value[0], str) or value[0] in sizes):
        return [_size(item, sizes) for item in value]
    return _size(value, sizes) if isinstance(value, list) or value in sizes else value


def _constant(entry: dict[str, Any], sizes: dict[str, int]) -> torch.Tensor:
    shape = [_size(size, sizes) for size in entry["shape"]]
    if "values" in entry:
        array = np.array(entry["values"], np.float32)
    else:
        array = np.frombuffer(base64.b64decode(entry["data"]), "<f4")
    whole = torch.tensor(array).reshape(entry.get("stored", shape))
    return whole[tuple(slice(size) for size in shape)]


def _linear(x, weight, bias=None, layout="outFirst"):
    return F.linear(x, weight if layout == "outFirst" else weight.T, bias)


def _matmul(a, b, transposeA=0, transposeB=0):
    return (a.mT if transposeA else a) @ (b.mT if transposeB else b)


def _add(a, b):
    return a + b


def _mul(a, b):
    return a * b


def _scale(x, factor):
    return x * factor


def _reshape(x, shape):
    return x.reshape(shape)


def _transpose(x, axes):
    return x.permute(axes)


def _slice(x, axis, start, end):
    assert 0 <= start < end <= x.shape[axis]
    return x.narrow(axis, start, end - start)


def _concat(*inputs, axis):
    return torch.cat(inputs, axis)


def _expand(x, count):
    return x.expand(count, *x.shape)


def _broadcast(x, shape):
    return x.expand(shape)


def _pad(x, axis, before=0, behind=0, value=0.0):
    return F.pad(x, (0, 0) * (x.dim() - 1 - axis) + (before, behind), value=value)


def _gather(x, indices, axis):
    shape = [n if i == axis else size for i, (size, n) in enumerate(zip(x.shape, indices.shape))]
    return x.gather(axis, indices.long().expand(shape))


def _embedding(ids, table, paddingIndex=-1):
    return table[ids.long()]


def _layerNorm(x, weight=None, bias=None, epsilon=1e-5):
    return F.layer_norm(x, x.shape[-1:], weight, bias, epsilon)


def _rmsNorm(x, weight=None, epsilon=1e-6):
    return F.rms_norm(x, x.shape[-1:], weight, epsilon)


def _batchNorm(x, weight, bias, mean, variance, epsilon=1e-5, momentum=0.1):
    return F.batch_norm(x, mean, variance, weight, bias, False, momentum, epsilon)


def _softmax(x):
    return x.softmax(-1)


def _attention(q, k, v, bias=None, heads=1, kvHeads=None, causal=0, window=0, scale=None):
    kvHeads = kvHeads or heads
    q, k, v = (x.unflatten(-1, (n, -1)).transpose(1, 2) for x, n in ((q, heads), (k, kvHeads), (v, kvHeads)))
    k, v = (x.repeat_interleave(heads // kvHeads, 1) for x in (k, v))
    scores = q @ k.mT * (q.shape[-1] ** -0.5 if scale is None else scale)
    if bias is not None:
        scores = scores + bias
    if causal:
        distance = torch.arange(q.shape[2])[:, None] - torch.arange(k.shape[2])
        scores = scores.masked_fill((distance < 0) | (distance >= (window or math.inf)), -math.inf)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


def _rotaryTable(x, cosines, sines):
    half = x.shape[-1] // 2
    return x * cosines + torch.cat([-x[..., half:], x[..., :half]], -1) * sines


def _recurrent(x, weight, stateWeight, *biases, cell, reverse=0):
    n = stateWeight.shape[1]
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.get(cell)
    layer = (
        kind(x.shape[2], n, batch_first=True, bias=bool(biases))
        if kind
        else torch.nn.RNN(x.shape[2], n, nonlinearity=cell, batch_first=True, bias=bool(biases))
    )
    with torch.no_grad():
        for parameter, value in zip(layer.parameters(), (weight, stateWeight, *biases)):
            parameter.copy_(value)
        y = layer(x.flip(1) if reverse else x)[0]
    return y.flip(1) if reverse else y


def _relu(x):
    return x.relu()


def _silu(x):
    return F.silu(x)


def _tanh(x):
    return x.tanh()


def _gelu(x, approximation="erf"):
    return F.gelu(x, approximate="none" if approximation == "erf" else "tanh")


def _unary(x, function):
    named = {"softplus": F.softplus, "truncate": torch.trunc}
    return named[function](x) if function in named else getattr(torch, function)(x)


def _binary(a, b, function):
    names = {"divide": "div", "power": "pow", "less": "lt", "lessEqual": "le", "equal": "eq", "notEqual": "ne"}
    return getattr(torch, names.get(function, function))(a, b).float()


def _where(condition, a, b):
    return torch.where(condition != 0, a, b)


def _window(stride, padding, dilation, axes):
    padding = padding if isinstance(padding, list) else [padding] * axes
    pads = padding if len(padding) == 2 * axes else padding + padding
    around = [side for axis in reversed(range(axes)) for side in (pads[axis], pads[axis + axes])]
    return around, stride, dilation


def _conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    around, stride, dilation = _window(stride, padding, dilation, 2)
    return F.conv2d(F.pad(x, around), weight, bias, stride, 0, dilation, groups)


def _conv1d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    around, stride, dilation = _window(stride, padding, dilation, 1)
    return F.conv1d(F.pad(x, around), weight, bias, stride, 0, dilation, groups)


def _convTranspose2d(x, weight, bias=None, stride=1, padding=0, outputPadding=0, dilation=1, groups=1):
    return F.conv_transpose2d(x, weight, bias, stride, padding, outputPadding, groups, dilation)


def _convTranspose1d(x, weight, bias=None, stride=1, padding=0, outputPadding=0, dilation=1, groups=1):
    return F.conv_transpose1d(x, weight, bias, stride, padding, outputPadding, groups, dilation)


def _averagePool2d(x, kernel, stride=None, padding=0):
    return F.avg_pool2d(x, kernel, stride, padding)


def _maxPool2d(x, kernel, stride=None, padding=0):
    return F.max_pool2d(x, kernel, stride, padding)


def _mean(x, axes, keepAxes=0):
    return x.mean(axes, bool(keepAxes))


def _reduce(x, function, axes, keepAxes=0):
    return {"sum": torch.sum, "max": torch.amax, "min": torch.amin}[function](x, axes, bool(keepAxes))


def _cumulativeSum(x, axis):
    return x.cumsum(axis)


def _argmax(x, axis):
    return x.argmax(axis, True).float()


def _topK(x, count):
    return x.topk(count)[0]


def _topKScatter(x, values, count):
    return torch.zeros_like(x).scatter(-1, x.topk(count)[1], values)


def _toFloat(x):
    return x.float()


def _crossEntropy(logits, labels, ignoreIndex=-100, shift=0):
    if shift:
        logits, labels = logits[:, :-shift], labels[:, shift:]
    return F.cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=ignoreIndex)
