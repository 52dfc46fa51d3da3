"""Would looking ahead have helped? Known states of a run, each forecast from those before it."""

import ctypes
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import _library as lib
from ._handles import Arrays, Nowcaster
from ._states import copy, fill, network_for
from .errors import NinoError


@dataclass(frozen=True)
class Backtest:
    """What a backtest found.

    Attributes:
        report: as `nino backtest --json` prints it; docs/backtest.md says what each key holds.
    """

    report: dict[str, Any]

    @property
    def advice(self) -> dict[str, Any]:
        """What to do: "ahead", "average" or "leave", with the method and the horizon that are worth most."""
        return self.report["advice"]

    def __str__(self) -> str:
        return self.advice["sentence"]


def backtest(
    states: Sequence[Mapping[str, Any]],
    model: Any = None,
    *,
    steps: Sequence[int] | None = None,
    horizons: Sequence[int] | None = None,
    nowcasters: Sequence[str | os.PathLike] | None = None,
    loss: Callable[[dict[str, Any]], Any] | None = None,
    plugin_path: Sequence[str] = (),
    trust: bool = False,
) -> Backtest:
    """Forecasts known states of a run from those before them, by every method, and says what would have helped.

    Args:
        states: six or more, oldest first, as `nowcast` takes them.
        model: as `nowcast` takes it; None: methods without a graph alone.
        steps: the optimizer step of each state; None: 0, 1, 2, …
        horizons: in states; None: 1, 2, 4, … as far as there are states to compare with.
        nowcasters: more of them, as `nowcast` takes them; states must then be equally far apart. None: the one that
            ships, where there is a model.
        loss: gives the loss of the model with the weights of a mapping like a state. Losses decide where there are
            any; else distances do.
        plugin_path: folders with plugins, searched first.
        trust: load plugins without looking first in a child process what they do.

    Raises:
        NinoError: states that do not fit, steps that do not rise, no plugin for the config.
    """
    if steps is not None and len(steps) != len(states):
        raise NinoError(f"steps: expected one for each of {len(states)} states, found {len(steps)}")
    newest = states[-1] if states else {}
    network = network_for(model, newest, plugin_path, trust)
    names = list(newest)
    keys = [names[place] for place in network.match(names)[: len(network.parameters)]]
    inputs = Arrays(len(keys) * len(states))
    fill(inputs, states, keys, network, "state")
    if nowcasters is None:
        nowcasters = [] if model is None else ["nino"]
    methods = [Nowcaster(name) for name in nowcasters]
    pointers = (ctypes.c_void_p * max(1, len(methods)))(*(method.pointer.value for method in methods))
    candidate = {name: copy(tensor) for name, tensor in newest.items()}
    weights = Arrays(len(keys))
    fill(weights, [candidate], keys, network, "candidate")
    callbacks = lib.Callbacks((lambda: float(loss(candidate))) if loss is not None else None)
    request = lib.Backtest(
        inputs.items,
        len(states),
        lib.int64s(steps) if steps is not None else None,
        lib.int64s(horizons) if horizons is not None else None,
        len(horizons) if horizons is not None else 0,
        pointers,
        len(methods),
        callbacks.loss,
        None,
        weights.items,
    )
    result = lib.Bytes()
    callbacks.check(
        "nino_backtest", network.pointer, ctypes.byref(request), ctypes.byref(callbacks.watch), ctypes.byref(result)
    )
    return Backtest(json.loads(lib.handed_over(result)))
