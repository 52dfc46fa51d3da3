"""Which network of the library a PyTorch module is."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from .._handles import Network
from ..errors import NinoError
from .sharding import is_sharded


def unwrapped(model: torch.nn.Module) -> torch.nn.Module:
    """The module inside what torch.compile and DistributedDataParallel put around it.

    Raises:
        NinoError: FullyShardedDataParallel has flattened its parameters.
    """
    if any(type(module).__name__ == "FullyShardedDataParallel" for module in model.modules()):
        raise NinoError(
            "model: expected parameters of their own shapes, as fully_shard keeps them, found "
            "FullyShardedDataParallel, which flattens them"
        )
    while True:
        inner = getattr(model, "_orig_mod", None)
        if inner is None and type(model).__name__ in ("DistributedDataParallel", "DataParallel"):
            inner = model.module
        if inner is None:
            return model
        model = inner


def network_of(
    model: torch.nn.Module,
    example: Any = None,
    config: Any = None,
    plugin_path: Sequence[str] = (),
    trust: bool = False,
) -> Network:
    """The network of a module: by a config that is given, by its own `config` if a plugin knows that and all its
    trained parameters, or traced on an example.

    Raises:
        NinoError: nobody knows the module, and there is no example to trace it on.
    """
    if config is not None:
        return Network.open(config, plugin_path, trust)
    reason = f"{type(model).__name__}: has no config that a plugin could know"
    own = _own_config(model)
    if own is not None:
        try:
            network = Network.open(own, plugin_path, trust)
            left = _not_known(network, model)
            if not left or example is None:
                return network
            reason = f"the plugin does not know {', '.join(left[:3])}"
        except NinoError as failure:
            reason = str(failure)
    if example is None:
        raise NinoError(f"{reason}; expected an example of the model's input, on which it is traced")
    if any(is_sharded(tensor) for tensor in model.parameters()):
        raise NinoError(
            f"{reason}; the module is sharded already: trace it before, and give the program that nino.torch.export "
            "made as config"
        )
    return Network.open(trace(model, example), plugin_path, trust)


def network_for(
    nowcaster: str | os.PathLike,
    model: torch.nn.Module,
    example: Any = None,
    config: Any = None,
    plugin_path: Sequence[str] = (),
    trust: bool = False,
) -> Network:
    """The network of a run: `network_of` the module, or its tensors alone where the nowcaster needs no graph."""
    if isinstance(config, Network):
        return config
    if config is None and str(nowcaster) in ("linefit", "average"):
        return Network.of_shapes({name: tuple(p.shape) for name, p in model.named_parameters()})
    return network_of(model, example, config, plugin_path, trust)


def chosen_parameters(
    model: torch.nn.Module,
    groups: Iterable[Mapping[str, Any]],
    parameters: Sequence[str] | Callable[[str, torch.Tensor], bool] | None,
) -> list[torch.Tensor]:
    """The parameters that may be nowcast: of those that an optimizer trains all, the named ones, or those that a
    function of name and tensor picks.

    Raises:
        NinoError: a name that the model does not have.
    """
    trained = {id(tensor) for group in groups for tensor in group["params"]}
    named = dict(model.named_parameters(remove_duplicate=False))
    if parameters is None:
        wanted = named
    elif callable(parameters):
        wanted = {name: tensor for name, tensor in named.items() if parameters(name, tensor)}
    else:
        unknown = [name for name in parameters if name not in named]
        if unknown:
            raise NinoError(f"parameters: {unknown[0]}: expected a name of the model's, found no such parameter")
        wanted = {name: named[name] for name in parameters}
    return [tensor for tensor in wanted.values() if id(tensor) in trained]


def write_config(model: torch.nn.Module, example: Any, path: str | os.PathLike) -> None:
    """Writes the module's own config, or traces it on the example where one is given."""
    model = unwrapped(model)
    own = _own_config(model)
    if example is not None:
        trace(model, example).save(path)
    elif own is not None:
        Path(path).write_text(own, encoding="utf-8")
    else:
        raise NinoError(f"{type(model).__name__}: expected an example of its input, on which it is traced")


def trace(model: torch.nn.Module, example: Any) -> Any:
    """Traces a module on an example: a mapping of keyword inputs, a tuple or list of positional ones, or one tensor.

    Of a batch with targets behind the inputs the inputs are taken: as many as `forward` needs.
    """
    from ..tracing import export

    args, kwargs = inputs_of(model, example)
    return export(model, args, kwargs)


def inputs_of(model: torch.nn.Module, example: Any) -> tuple[tuple, dict[str, Any]]:
    """An example as positional and keyword inputs of `forward`."""
    if isinstance(example, torch.Tensor):
        return (example,), {}
    if isinstance(example, Mapping):
        return (), {key: value for key, value in example.items() if key not in ("labels", "label")}
    import inspect

    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    positional = [p for p in inspect.signature(model.forward).parameters.values() if p.kind in kinds]
    needed = sum(p.default is inspect.Parameter.empty for p in positional)
    return tuple(example)[: max(1, needed)], {}


def _own_config(model: torch.nn.Module) -> str | None:
    config = getattr(model, "config", None)
    return config.to_json_string(use_diff=False) if hasattr(config, "to_json_string") else None


def _not_known(network: Network, model: torch.nn.Module) -> list[str]:
    """Trained parameters of the module that the network has not.

    Raises:
        NinoError: the network has a parameter that the module lacks.
    """
    named = dict(model.named_parameters(remove_duplicate=False))
    names = list(named)
    places = network.match(names)
    known = {id(named[names[place]]) for place in places if place is not None}
    return [name for name, tensor in model.named_parameters() if tensor.requires_grad and id(tensor) not in known]
