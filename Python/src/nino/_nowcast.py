"""Nowcasts in memory, on numpy arrays or PyTorch tensors."""

import ctypes
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import _library as lib
from ._handles import Arrays, Network, Nowcaster
from .errors import NinoError

CONTEXT_LENGTH = 5


def nowcast(
    states: Sequence[Mapping[str, Any]],
    model: Any = None,
    horizon: int | Sequence[int] = 1,
    *,
    nowcaster: str | os.PathLike = "nino",
    plugin_path: Sequence[str] = (),
    trust: bool = False,
) -> dict[str, Any] | list[dict[str, Any]]:
    """Predicts a model's parameters some states ahead of the newest of five.

    Args:
        states: five mappings from names to tensors, oldest first, equally far apart in training: numpy arrays of
            float32 or float16, or PyTorch tensors of float32, float16 or bfloat16, of any stride.
        model: a config (path, name, JSON text or mapping), a traced program, a `Network`, or a module with a `config`
            of transformers; None for a nowcaster that needs no graph.
        horizon: how many states ahead; or several, which cost one pass.
        nowcaster: "nino", "linefit", "average", or the path of a checkpoint.
        plugin_path: folders with plugins, searched first.
        trust: load plugins without looking first in a child process what they do.

    Returns:
        The newest state with its parameters nowcast, of the types and under the names of that state; a list of these
        for several horizons.

    Raises:
        NinoError: states that do not fit, no plugin for the config.
    """
    if len(states) != CONTEXT_LENGTH:
        raise NinoError(f"states: expected {CONTEXT_LENGTH}, found {len(states)}")
    method = Nowcaster(nowcaster)
    newest = states[-1]
    network = _network(model, newest, plugin_path, trust)
    names = list(newest)
    places = network.match(names)
    keys = [names[place] for place in places[: len(network.parameters)]]
    horizons = [horizon] if isinstance(horizon, int) else list(horizon)
    results = [{key: _copy(newest[key]) for key in newest} for _ in horizons]
    inputs, outputs = Arrays(len(keys) * len(states)), Arrays(len(keys) * len(results))
    _fill(inputs, states, keys, network, "state")
    _fill(outputs, results, keys, network, "output")
    callbacks = lib.Callbacks()
    callbacks.check(
        "nino_nowcast",
        network.pointer,
        method.pointer,
        inputs.items,
        lib.int64s(horizons),
        len(horizons),
        outputs.items,
        ctypes.byref(callbacks.watch),
    )
    for result in results:
        _tie(result, names, places, network)
    return results[0] if isinstance(horizon, int) else results


def _network(model: Any, newest: Mapping[str, Any], plugin_path: Sequence[str], trust: bool) -> Network:
    if isinstance(model, Network):
        return model
    if model is None:
        floating = {name: tensor for name, tensor in newest.items() if _kind(tensor) is not None}
        return Network.of_shapes({name: tuple(tensor.shape) for name, tensor in floating.items()})
    config = getattr(model, "config", None)
    if config is not None and hasattr(config, "to_json_string"):
        model = config.to_json_string(use_diff=False)
    return Network.open(model, plugin_path, trust)


def _tie(result: dict[str, Any], names: Sequence[str], places: Sequence[int | None], network: Network) -> None:
    """Tensors that repeat a parameter get its values."""
    by_name = {tensor.name: place for tensor, place in zip(network.tensors, places, strict=True)}
    for tensor, place in zip(network.tensors, places, strict=True):
        if tensor.tied_to is not None and place is not None:
            result[names[place]] = _copy(result[names[by_name[tensor.tied_to]]])


def _fill(arrays: Arrays, states: Sequence[Mapping[str, Any]], keys: Sequence[str], network: Network, what: str):
    for number, state in enumerate(states):
        for index, (key, parameter) in enumerate(zip(keys, network.parameters, strict=True)):
            if key not in state:
                raise NinoError(f"{what} {number}: {key}: expected as in the newest state, found nothing")
            tensor = state[key]
            if tuple(tensor.shape) != parameter.shape:
                raise NinoError(
                    f"{what} {number}: {key}: expected shape {list(parameter.shape)}, found {list(tensor.shape)}"
                )
            kind = _kind(tensor)
            if kind is None:
                raise NinoError(f"{what} {number}: {key}: expected float32, float16 or bfloat16, found {tensor.dtype}")
            place = number * len(keys) + index
            if isinstance(tensor, np.ndarray):
                arrays.put(place, tensor.ctypes.data, kind, [step // tensor.itemsize for step in tensor.strides])
            else:
                arrays.put(place, tensor.data_ptr(), kind, tensor.stride())


def _kind(tensor: Any) -> int | None:
    names = {"float32": lib.F32, "float16": lib.F16, "bfloat16": lib.BF16}
    return names.get(str(tensor.dtype).removeprefix("torch."))


def _copy(tensor: Any) -> Any:
    return tensor.copy() if isinstance(tensor, np.ndarray) else tensor.detach().clone()
