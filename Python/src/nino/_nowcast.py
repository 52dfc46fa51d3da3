"""Nowcasts in memory, on numpy arrays or PyTorch tensors."""

import ctypes
import operator
import os
from collections.abc import Mapping, Sequence
from typing import Any

from . import _library as lib
from ._handles import Arrays, Nowcaster
from ._states import copy, fill, network_for, tie
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
    network = network_for(model, newest, plugin_path, trust)
    names = list(newest)
    places = network.match(names)
    keys = [names[place] for place in places[: len(network.parameters)]]
    horizons, is_one = _horizons(horizon)
    results = [{key: copy(newest[key]) for key in newest} for _ in horizons]
    inputs, outputs = Arrays(len(keys) * len(states)), Arrays(len(keys) * len(results))
    fill(inputs, states, keys, network, "state")
    fill(outputs, results, keys, network, "output")
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
        tie(result, names, places, network)
    return results[0] if is_one else results


def _horizons(horizon: Any) -> tuple[list[int], bool]:
    """Integers of any kind, such as numpy's, and whether it is a single one."""
    try:
        return [operator.index(horizon)], True
    except TypeError:
        pass
    try:
        return [operator.index(one) for one in horizon], False
    except TypeError:
        raise NinoError(f"horizon: expected an integer or several, found {horizon!r}") from None
