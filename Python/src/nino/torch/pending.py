"""The mean of a state under way, formed where the weights lie."""

from typing import Any

import torch

from .. import _library as lib
from .._handles import Arrays, Optimizer
from ..errors import NinoError
from .weights import Weights


class PendingMean:
    """The mean of the weights before the steps that the library has not been told of yet.

    It spares a copy of all weights to the processor's memory at every step: the library gets the mean once a state is
    complete.

    Args:
        device: where it is kept; None: where each of the weights lies.

    Attributes:
        steps: how many it is the mean of.
    """

    def __init__(self, weights: Weights, optimizer: Optimizer, device: torch.device | None) -> None:
        self._weights, self._optimizer, self._device = weights, optimizer, device
        self.steps = 0
        self._mean: list[torch.Tensor] = []

    def add(self) -> None:
        """Adds the weights as they are; hands the mean over where that completes a state."""
        self.steps += 1
        tensors = [tensor.detach() for tensor in self._weights.tensors]
        if self.steps == 1:
            self._mean = [t.to(self._device or t.device, torch.float32, copy=True) for t in tensors]
        else:
            for mean, tensor in zip(self._mean, tensors, strict=True):
                mean.lerp_(tensor.to(mean), 1 / self.steps)
        if self.steps == self._optimizer.steps_to_state:
            self.hand_over()

    def hand_over(self) -> None:
        """Tells the library of the steps so far."""
        if self.steps == 0:
            return
        copies = [mean.to("cpu") for mean in self._mean]
        arrays = Arrays(len(copies))
        for index, copy in enumerate(copies):
            arrays.put(index, copy.data_ptr(), lib.F32, copy.stride())
        self._optimizer.record_mean(arrays, self.steps)
        self.steps, self._mean = 0, []

    def save(self) -> dict[str, Any]:
        return {"steps": self.steps, "mean": [mean.to("cpu", copy=True) for mean in self._mean]}

    def restore(self, saved: dict[str, Any]) -> None:
        """
        Raises:
            NinoError: the mean of other weights.
        """
        tensors, mean = self._weights.tensors, saved["mean"]
        if saved["steps"] and [m.shape for m in mean] != [t.shape for t in tensors]:
            raise NinoError("state_dict: mean: expected that of the model's weights, found another")
        self.steps = saved["steps"]
        self._mean = [m.to(self._device or t.device, copy=True) for m, t in zip(mean, tensors, strict=False)]


def usable_device(name: str | torch.device | None) -> torch.device | None:
    """A device for `history_device`.

    Raises:
        NinoError: there is none of this name, or it holds no numbers.
    """
    if name is None:
        return None
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, NotImplementedError, ValueError) as failure:
        reason = str(failure).splitlines()[0]
        raise NinoError(f"history_device: expected a device that holds numbers here, found {name}: {reason}") from None
    return device
