"""States in memory: mappings from names to numpy arrays or PyTorch tensors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import _library as lib
from ._handles import Arrays, Network
from .errors import NinoError

_EXPECTED = "expected float32, float16 or bfloat16"


def network_for(model: Any, newest: Mapping[str, Any], plugin_path: Sequence[str], trust: bool) -> Network:
    """The network of what `nowcast` takes for a model; without one, of the shapes of a state."""
    if isinstance(model, Network):
        return model
    if model is None:
        # Integers and the like are counters, and stay as they are.
        floating = {name: tensor for name, tensor in newest.items() if _is_floating(tensor)}
        for name, tensor in floating.items():
            if _kind(tensor) is None:
                raise NinoError(f"newest state: {name}: {_EXPECTED}, found {tensor.dtype}")
        return Network.of_shapes({name: tuple(tensor.shape) for name, tensor in floating.items()})
    config = getattr(model, "config", None)
    if config is not None and hasattr(config, "to_json_string"):
        model = config.to_json_string(use_diff=False)
    return Network.open(model, plugin_path, trust)


def tie(result: dict[str, Any], names: Sequence[str], places: Sequence[int | None], network: Network) -> None:
    """Tensors that repeat a parameter get its values."""
    by_name = {tensor.name: place for tensor, place in zip(network.tensors, places, strict=True)}
    for tensor, place in zip(network.tensors, places, strict=True):
        if tensor.tied_to is not None and place is not None:
            result[names[place]] = copy(result[names[by_name[tensor.tied_to]]])


def fill(arrays: Arrays, states: Sequence[Mapping[str, Any]], keys: Sequence[str], network: Network, what: str) -> None:
    """Has arrays show states, one behind the other.

    Args:
        keys: the names of the network's parameters in the states.
        what: what messages call a state.
    Raises:
        NinoError: a tensor that is not there, or is not what the network or the library expects.
    """
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
                raise NinoError(f"{what} {number}: {key}: {_EXPECTED}, found {tensor.dtype}")
            if not isinstance(tensor, np.ndarray) and tensor.device.type != "cpu":
                raise NinoError(f"{what} {number}: {key}: expected in the processor's memory, found on {tensor.device}")
            place = number * len(keys) + index
            if isinstance(tensor, np.ndarray):
                arrays.put(place, tensor.ctypes.data, kind, [step // tensor.itemsize for step in tensor.strides])
            else:
                arrays.put(place, tensor.data_ptr(), kind, tensor.stride())


def _is_floating(tensor: Any) -> bool:
    if isinstance(tensor, np.ndarray):
        return tensor.dtype.kind in "fc" or _kind(tensor) is not None
    return tensor.is_floating_point() or tensor.is_complex()


def _kind(tensor: Any) -> int | None:
    names = {"float32": lib.F32, "float16": lib.F16, "bfloat16": lib.BF16}
    return names.get(str(tensor.dtype).removeprefix("torch."))


def copy(tensor: Any) -> Any:
    """The same numbers in memory of their own."""
    return tensor.copy() if isinstance(tensor, np.ndarray) else tensor.detach().clone()
