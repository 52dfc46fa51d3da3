"""One training run as the library sees it: when to nowcast, and what to do with it."""

import ctypes
import os
from collections.abc import Callable, Sequence
from typing import Any

import torch

from .. import _library as lib
from .._handles import Arrays, Event, Network, Nowcaster, Optimizer
from ..errors import NinoError
from .evaluation import Evaluation
from .weights import Weights

POLICIES = {"schedule": lib.SCHEDULE, "search": lib.SEARCH, "near": lib.NEAR}
STATES = {None: lib.OF_NOWCASTER, "snapshot": lib.SNAPSHOT, "mean": lib.MEAN}


class Settings:
    """What a run asks of the library; see `NiNo`."""

    def __init__(
        self,
        nowcaster: str | os.PathLike = "nino",
        period: int = 1000,
        max_train_steps: int = 10_000,
        horizon: int | None = None,
        subgraph: bool = False,
        edge_sample_ratio: float | None = None,
        seed: int = 0,
        states: str | None = None,
    ) -> None:
        if states not in STATES:
            raise NinoError(f"states: expected snapshot or mean, found {states}")
        self.nowcaster, self.states = nowcaster, states
        self.period, self.max_train_steps, self.horizon = period, max_train_steps, horizon
        self.subgraph, self.edge_sample_ratio, self.seed = subgraph, edge_sample_ratio, seed

    def structure(self, policy: str, is_trained: Sequence[int]) -> lib.Settings:
        # The paper's schedule has the paper's states.
        states = self.states or ("snapshot" if policy == "schedule" else None)
        flags = (ctypes.c_uint8 * max(1, len(is_trained)))(*is_trained)
        # The authors' release takes 0 for all edges.
        return lib.Settings(
            POLICIES[policy],
            STATES[states],
            int(self.subgraph),
            self.period,
            self.max_train_steps,
            self.horizon or 0,
            self.edge_sample_ratio or 1.0,
            self.seed,
            ctypes.cast(flags, ctypes.POINTER(ctypes.c_uint8)),
        )


class Run:
    """The states of one run and what is done with them.

    Args:
        network: what is trained.
        model: the module that holds its parameters.
        chosen: the tensors that may be nowcast.
        policy: a key of `POLICIES`.
    """

    def __init__(
        self, network: Network, model: torch.nn.Module, chosen: Sequence[torch.Tensor], policy: str, settings: Settings
    ) -> None:
        if policy not in POLICIES:
            raise NinoError(f"policy: expected {', '.join(POLICIES)}, found {policy}")
        self.policy = policy
        self.weights = Weights(network, model, chosen)
        if not any(self.weights.is_trained):
            raise NinoError("parameters: expected at least one that the optimizer trains, found none")
        self._optimizer = Optimizer(
            network, Nowcaster(settings.nowcaster), settings.structure(policy, self.weights.is_trained)
        )
        self._evaluation = Evaluation(model)

    @property
    def need_grads(self) -> bool:
        return self._optimizer.needs_gradients

    @property
    def completed_steps(self) -> int:
        return self._optimizer.completed_steps

    @property
    def memory(self) -> int:
        return self._optimizer.memory

    def record(self) -> None:
        """Takes down the weights as they are before a step of the base optimizer."""
        if not self._optimizer.needs_weights:
            return self._optimizer.record(None)
        self.weights.pull()
        return self._optimizer.record(self.weights.arrays)

    def nowcast(self, loss: Callable[[], Any] | None) -> Event:
        """Takes the step that is a nowcast.

        Args:
            loss: of the module as it stands, on the same batch at every call; needed to search.

        Raises:
            Whatever `loss` raises, and KeyboardInterrupt; weights and states are then as they were.
        """
        if self.policy == "search" and loss is None:
            raise NinoError(
                f"step {self.completed_steps + 1}: a search needs a closure that returns the loss, found none"
            )
        self.weights.pull()
        kept = self.weights.keep()
        replaced = False
        with self._evaluation.of(loss) as evaluate:

            def judge() -> float:
                self.weights.push()
                return evaluate()

            try:
                event = self._optimizer.nowcast(self.weights.arrays, judge if loss is not None else None)
                replaced = event.kind == "nowcast"
            finally:
                if not replaced:
                    self.weights.give_back(kept)
        if replaced:
            self.weights.push()
        return event

    def evaluation_weights(self, loss: Callable[[], Any], copies: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The best weights that the run has to show.

        Args:
            copies: the model's parameters by name, which are written.
        """
        self.weights.pull()
        kept = self.weights.keep()
        outputs = [torch.empty(tensor.shape, dtype=torch.float32) for tensor in self.weights.tensors]
        arrays = Arrays(len(outputs))
        for index, output in enumerate(outputs):
            arrays.put(index, output.data_ptr(), lib.F32)
        with self._evaluation.of(loss) as evaluate:

            def judge() -> float:
                self.weights.push()
                return evaluate()

            try:
                self._optimizer.evaluation_weights(self.weights.arrays, judge, arrays)
            finally:
                self.weights.give_back(kept)
        for name, output in zip(self.weights.names, outputs, strict=True):
            if name in copies:
                copies[name].copy_(output)
        return copies

    def undo(self) -> None:
        """Returns to the weights from before the last nowcast that replaced them."""
        self.weights.pull()
        self._optimizer.undo(self.weights.arrays)
        self.weights.push()

    def forget(self) -> None:
        """Records anew, as `undo` does, where the weights are others' affair."""
        self._optimizer.forget()

    def save(self) -> torch.Tensor:
        """All that the run depends on beside weights and base optimizer: bytes, shape [count]."""
        return torch.frombuffer(bytearray(self._optimizer.save()), dtype=torch.uint8)

    def restore(self, state: torch.Tensor) -> None:
        """Takes up a run from what `save` gave.

        Raises:
            NinoError: the state of another model or other settings.
        """
        self._optimizer.restore(state.detach().cpu().numpy().tobytes())
