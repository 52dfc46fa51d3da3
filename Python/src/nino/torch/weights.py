"""The parameters of a module as the library sees them."""

from collections.abc import Sequence

import torch
import torch.distributed as dist

from .. import _library as lib
from .._handles import Arrays, Network
from ..errors import NinoError
from .sharding import distribute, is_sharded, whole

_KINDS = {torch.float32: lib.F32, torch.float16: lib.F16, torch.bfloat16: lib.BF16}


class Weights:
    """A module's parameters in the order of a network.

    What lies in the processor's memory in a type the library knows is read and written in place. Anything else goes
    through a copy there: `pull` before the library reads, `push` after it has written. What is sharded over processes
    is put together by `pull`, which all of them have to call, and given out again by `distribute`.

    Args:
        network: the list of parameters.
        model: a module whose parameters it is, under the network's names.
        chosen: the tensors that may be written.

    Attributes:
        tensors: the module's parameters in the network's order.
        is_trained: 1 for each that may be written: one that is trained and chosen, at the first of its names.
        arrays: the same for the library.
    """

    def __init__(self, network: Network, model: torch.nn.Module, chosen: Sequence[torch.Tensor]) -> None:
        named = dict(model.named_parameters(remove_duplicate=False))
        names = list(named)
        places = network.match(names)[: len(network.parameters)]
        self.names = [names[place] for place in places]
        self.tensors = [named[name] for name in self.names]
        for tensor, parameter, name in zip(self.tensors, network.parameters, self.names, strict=True):
            if tuple(tensor.shape) != parameter.shape:
                raise NinoError(f"{name}: expected shape {list(parameter.shape)}, found {list(tensor.shape)}")
            is_dense = type(tensor.data) is torch.Tensor or is_sharded(tensor)
            if not tensor.is_floating_point() or not is_dense:
                raise NinoError(f"{name}: expected a dense tensor of real numbers, found {type(tensor.data).__name__}")
        self.is_trained = self._trained(chosen)
        self.arrays = Arrays(len(self.tensors))
        self._addresses: list[int | None] = [None] * len(self.tensors)
        self._copies: dict[int, torch.Tensor] = {}

    @property
    def are_elsewhere(self) -> bool:
        """Whether some go through copies, and none is sharded."""
        directly = [self._direct(index) for index in range(len(self.tensors))]
        return not all(directly) and not any(is_sharded(tensor) for tensor in self.tensors)

    def _direct(self, index: int) -> bool:
        tensor = self.tensors[index]
        return tensor.device.type == "cpu" and tensor.dtype in _KINDS and not is_sharded(tensor)

    def pull(self) -> None:
        """Has the arrays show the parameters as they are now."""
        for index, tensor in enumerate(self.tensors):
            if self._direct(index):
                address = tensor.data_ptr()
                if index in self._copies or address != self._addresses[index]:
                    self._copies.pop(index, None)
                    self._addresses[index] = address
                    self.arrays.put(index, address, _KINDS[tensor.dtype], tensor.stride())
                continue
            if index not in self._copies:
                copy = torch.empty(tensor.shape, dtype=torch.float32, device="cpu")
                self._copies[index] = copy
                self.arrays.put(index, copy.data_ptr(), lib.F32, copy.stride())
            self._copies[index].copy_(whole(tensor))

    def take_part(self) -> None:
        """What the other processes have to call while the first pulls."""
        for tensor in self.tensors:
            if is_sharded(tensor):
                whole(tensor)

    def push(self) -> None:
        """Takes into the parameters what the library wrote to copies, but for what is sharded."""
        with torch.no_grad():
            for index, copy in self._copies.items():
                if self.is_trained[index] and not is_sharded(self.tensors[index]):
                    self.tensors[index].copy_(copy)

    def share(self) -> None:
        """Has all processes, which have to call this, take the weights of the first one."""
        with torch.no_grad():
            for index, tensor in enumerate(self.tensors):
                if not is_sharded(tensor):
                    dist.broadcast(tensor.data, 0)
                elif self.is_trained[index]:
                    copy = self._copies.get(index)
                    distribute(torch.empty(tensor.shape) if copy is None else copy, tensor)

    def keep(self, every: bool = False) -> dict[int, torch.Tensor]:
        """What a copy in float32 could not give back bit for bit, and parts of what is sharded; or every tensor."""
        return {
            index: tensor.detach().clone()
            for index, tensor in enumerate(self.tensors)
            if every or index in self._copies or is_sharded(tensor)
        }

    def give_back(self, kept: dict[int, torch.Tensor]) -> None:
        with torch.no_grad():
            for index, tensor in kept.items():
                self.tensors[index].copy_(tensor)

    def _trained(self, chosen: Sequence[torch.Tensor]) -> list[int]:
        ids, seen, flags = {id(tensor) for tensor in chosen}, set(), []
        for tensor in self.tensors:
            flags.append(int(tensor.requires_grad and id(tensor) in ids and id(tensor) not in seen))
            seen.add(id(tensor))
        return flags
