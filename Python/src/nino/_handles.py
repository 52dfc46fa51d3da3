"""Networks, nowcasters and optimizers of the library as objects."""

import ctypes
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _library as lib
from .errors import NinoError


@dataclass(frozen=True)
class Tensor:
    """One tensor of a network: its name, "parameter", "buffer" or "tied", its shape, and for a tied one the parameter
    whose values it carries."""

    name: str
    role: str
    shape: tuple[int, ...]
    tied_to: str | None = None


def session(plugin_path: Sequence[str] = (), trust: bool = False) -> lib.Handle:
    """Where plugins are looked for: in these folders first; `trust` loads them without a look in a child process."""
    made = lib.Handle("nino_session_create", "nino_session_destroy")
    for folder in plugin_path:
        lib.check("nino_session_add_plugin_path", made.pointer, os.fsencode(folder))
    lib.call("nino_session_set_trust", made.pointer, int(trust))
    return made


class Network(lib.Handle):
    """The list of a model's tensors, with the graph of its neurons where it has one."""

    _ROLES = {lib.PARAMETER: "parameter", lib.BUFFER: "buffer", lib.TIED: "tied"}

    @classmethod
    def open(
        cls, config: str | os.PathLike | Mapping | Any, plugin_path: Sequence[str] = (), trust: bool = False
    ) -> "Network":
        """The network of a config (a path or name, JSON text, or a mapping) or of a traced program.

        Raises:
            NinoError: no such config, no plugin knows it, or a plugin refuses it.
            PluginError: the plugin misbehaved.
        """
        if hasattr(config, "document"):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model.nino.json"
                config.save(path)
                return cls.open(path, plugin_path, trust)
        if not isinstance(config, str | os.PathLike | Mapping):
            raise NinoError(
                "config: expected a path, a name, JSON text, a mapping or a traced program, found "
                f"{type(config).__name__}"
            )
        opened = session(plugin_path, trust)
        if isinstance(config, Mapping):
            config = json.dumps(config)
        text = os.fspath(config)
        if text.lstrip().startswith("{"):
            return cls("nino_network_open_json", "nino_network_destroy", opened.pointer, text.encode(), b"the config")
        return cls("nino_network_open", "nino_network_destroy", opened.pointer, os.fsencode(text))

    @classmethod
    def of_shapes(cls, shapes: Mapping[str, Sequence[int]]) -> "Network":
        """A network without a graph, for nowcasters that need none."""
        infos = (lib.TensorInfo * len(shapes))()
        for info, (name, shape) in zip(infos, shapes.items(), strict=True):
            info.name, info.rank = name.encode(), len(shape)
            info.shape = ctypes.cast(lib.int64s(shape), ctypes.POINTER(ctypes.c_int64))
        return cls("nino_network_create", "nino_network_destroy", infos, len(shapes))

    def __init__(self, maker: str, destroyer: str, *arguments: object) -> None:
        super().__init__(maker, destroyer, *arguments)
        count = lib.call("nino_network_tensor_count", self.pointer)
        self.tensors: list[Tensor] = []
        for index in range(count):
            info = lib.TensorInfo()
            lib.check("nino_network_tensor", self.pointer, index, ctypes.byref(info))
            tied = info.tied_to.decode() if info.tied_to else None
            self.tensors.append(
                Tensor(info.name.decode(), self._ROLES[info.role], tuple(info.shape[: info.rank]), tied)
            )
        self.parameters = self.tensors[: lib.call("nino_network_parameter_count", self.pointer)]

    def match(self, names: Sequence[str]) -> list[int | None]:
        """The place among `names` of each tensor; None for a buffer or tied name that is not there.

        Raises:
            NinoError: a parameter is not there.
        """
        given = (ctypes.c_char_p * max(1, len(names)))(*(name.encode() for name in names))
        places = lib.int64s([-1] * len(self.tensors))
        lib.check("nino_network_match", self.pointer, given, len(names), places)
        return [place if place >= 0 else None for place in places[: len(self.tensors)]]


class Nowcaster(lib.Handle):
    """What predicts weights: "nino" is the network that ships, "linefit" the least-squares line, "average" the mean of
    the states; anything else is the path of a checkpoint."""

    def __init__(self, name: str | os.PathLike = "nino") -> None:
        super().__init__("nino_nowcaster_open", "nino_nowcaster_destroy", os.fsencode(name))
        self.needs_graph = bool(lib.call("nino_nowcaster_needs_graph", self.pointer))
        self.longest_horizon = lib.call("nino_nowcaster_longest_horizon", self.pointer) or None
        self.states = "mean" if lib.call("nino_nowcaster_states", self.pointer) == lib.MEAN else "snapshot"


@dataclass(frozen=True)
class Event:
    """What a nowcast did: kind "nowcast" (the weights were replaced), "looked" or "refused" (they are as they were);
    horizon in states; for "refused" the first parameter that was not finite, None where it was the loss."""

    kind: str
    horizon: int = 0
    parameter: str | None = None


class Arrays:
    """Tensors in memory as the library sees them: address, type and strides of each, in elements."""

    def __init__(self, count: int) -> None:
        self.items = (lib.Array * max(1, count))()
        self._strides: list[object] = [None] * count

    def put(self, index: int, address: int, kind: int, strides: Sequence[int] | None = None) -> None:
        """Sets one tensor; strides None: row-major without gaps."""
        self.items[index].data, self.items[index].type = address, kind
        if strides is not None:
            self._strides[index] = lib.int64s(strides)
            self.items[index].strides = ctypes.cast(self._strides[index], ctypes.POINTER(ctypes.c_int64))


class Optimizer(lib.Handle):
    """When to nowcast and what to do with it, for one run."""

    _KINDS = {lib.NOWCAST: "nowcast", lib.LOOKED: "looked", lib.REFUSED: "refused"}

    def __init__(self, network: Network, nowcaster: Nowcaster, settings: lib.Settings) -> None:
        self._network = network
        super().__init__(
            "nino_optimizer_create",
            "nino_optimizer_destroy",
            network.pointer,
            nowcaster.pointer,
            ctypes.byref(settings),
        )

    @property
    def needs_gradients(self) -> bool:
        return bool(lib.call("nino_optimizer_needs_gradients", self.pointer))

    @property
    def needs_weights(self) -> bool:
        return bool(lib.call("nino_optimizer_needs_weights", self.pointer))

    @property
    def completed_steps(self) -> int:
        return lib.call("nino_optimizer_completed_steps", self.pointer)

    @property
    def memory(self) -> int:
        return lib.call("nino_optimizer_memory", self.pointer)

    @property
    def steps_to_state(self) -> int:
        return lib.call("nino_optimizer_steps_to_state", self.pointer)

    def record(self, weights: Arrays | None) -> None:
        lib.check("nino_optimizer_record", self.pointer, weights.items if weights else None)

    def record_mean(self, mean: Arrays, steps: int) -> None:
        lib.check("nino_optimizer_record_mean", self.pointer, mean.items, steps)

    def nowcast(self, weights: Arrays, loss: Callable[[], float] | None) -> Event:
        callbacks, event = lib.Callbacks(loss), lib.Event()
        callbacks.check(
            "nino_optimizer_nowcast",
            self.pointer,
            weights.items,
            callbacks.loss,
            None,
            ctypes.byref(callbacks.watch),
            ctypes.byref(event),
        )
        name = self._network.parameters[event.parameter].name if event.parameter >= 0 else None
        return Event(self._KINDS[event.kind], event.horizon, name)

    def evaluation_weights(self, weights: Arrays, loss: Callable[[], float], outputs: Arrays) -> None:
        callbacks = lib.Callbacks(loss)
        callbacks.check(
            "nino_optimizer_evaluation_weights", self.pointer, weights.items, callbacks.loss, None, outputs.items
        )

    def undo(self, weights: Arrays) -> None:
        lib.check("nino_optimizer_undo", self.pointer, weights.items)

    def forget(self) -> None:
        lib.check("nino_optimizer_forget", self.pointer)

    def save(self) -> bytes:
        return lib.take("nino_optimizer_save", self.pointer)

    def restore(self, data: bytes) -> None:
        lib.check("nino_optimizer_restore", self.pointer, data, len(data))
