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
from .pending import PendingMean, usable_device
from .weights import Weights

POLICIES = {"schedule": lib.SCHEDULE, "search": lib.SEARCH, "near": lib.NEAR}
STATES = {"snapshot": lib.SNAPSHOT, "mean": lib.MEAN}


class Progress:
    """What a run tells of itself, passed on by those who hold one."""

    _run: Any

    @property
    def need_grads(self) -> bool:
        """False if the next step is a nowcast: then no forward and backward pass is needed."""
        return self._run.need_grads

    @property
    def completed_steps(self) -> int:
        """Steps so far, nowcasts among them."""
        return self._run.completed_steps

    @property
    def memory(self) -> int:
        """Bytes that recorded states take at most, in the processor's memory."""
        return self._run.memory


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
        history_device: str | torch.device | None = None,
    ) -> None:
        if states is not None and states not in STATES:
            raise NinoError(f"states: expected snapshot or mean, found {states}")
        self.nowcaster, self.states = nowcaster, states
        self.period, self.max_train_steps, self.horizon = period, max_train_steps, horizon
        self.subgraph, self.edge_sample_ratio, self.seed = subgraph, edge_sample_ratio, seed
        self.history_device = usable_device(history_device)

    def states_of(self, policy: str) -> str:
        """What a state is: "snapshot" or "mean"."""
        # The paper's schedule has the paper's states.
        return self.states or ("snapshot" if policy == "schedule" else Nowcaster(self.nowcaster).states)

    def structure(self, policy: str, is_trained: Sequence[int]) -> lib.Settings:
        flags = (ctypes.c_uint8 * max(1, len(is_trained)))(*is_trained)
        # The authors' release takes 0 for all edges.
        return lib.Settings(
            POLICIES[policy],
            STATES[self.states_of(policy)],
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
        self._pending: PendingMean | None = None
        if settings.states_of(policy) == "mean" and self.weights.are_elsewhere:
            self._pending = PendingMean(self.weights, self._optimizer, settings.history_device)

    @property
    def need_grads(self) -> bool:
        return self._optimizer.needs_gradients

    @property
    def completed_steps(self) -> int:
        return self._optimizer.completed_steps + (self._pending.steps if self._pending else 0)

    @property
    def memory(self) -> int:
        return self._optimizer.memory

    @property
    def needs_weights(self) -> bool:
        """Whether `record` will look at the weights."""
        return self._optimizer.needs_weights

    def record(self) -> None:
        """Takes down the weights as they are before a step of the base optimizer."""
        if self._pending is not None:
            return self._pending.add()
        if not self._optimizer.needs_weights:
            return self._optimizer.record(None)
        self.weights.pull()
        return self._optimizer.record(self.weights.arrays)

    def demand(self, loss: Callable[[], Any] | None) -> None:
        """
        Raises:
            NinoError: a search has no closure to judge by.
        """
        if self.policy == "search" and loss is None:
            raise NinoError(
                f"step {self.completed_steps + 1}: a search needs a closure that returns the loss, found none"
            )

    def nowcast(self, loss: Callable[[], Any] | None) -> Event:
        """Takes the step that is a nowcast.

        Args:
            loss: of the module as it stands, on the same batch at every call; needed to search.

        Raises:
            Whatever `loss` raises, and KeyboardInterrupt; weights and states are then as they were.
        """
        self.demand(loss)
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
        if self._pending is None or self._pending.steps == 0:
            return self._evaluation_weights(loss, copies)
        # What is pending counts as well, and is pending again afterwards.
        saved = self.save()
        self._pending.hand_over()
        try:
            return self._evaluation_weights(loss, copies)
        finally:
            self.restore(saved)

    def _evaluation_weights(self, loss: Callable[[], Any], copies: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
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
        self._hand_over()
        self._optimizer.undo(self.weights.arrays)
        self.weights.push()

    def forget(self) -> None:
        """Records anew, as `undo` does, where the weights are others' affair."""
        self._hand_over()
        self._optimizer.forget()

    def _hand_over(self) -> None:
        if self._pending is not None:
            self._pending.hand_over()

    def save(self) -> dict[str, Any]:
        """All that the run depends on beside weights and base optimizer: bytes of the library, shape [count], and steps
        that it has not been told of."""
        state = torch.frombuffer(bytearray(self._optimizer.save()), dtype=torch.uint8)
        pending = self._pending.save() if self._pending is not None else {"steps": 0, "mean": []}
        return {"library": state, "pending": pending}

    def restore(self, saved: dict[str, Any]) -> None:
        """Takes up a run from what `save` gave.

        Raises:
            NinoError: the state of another model or other settings.
        """
        self._optimizer.restore(saved["library"].detach().cpu().numpy().tobytes())
        if self._pending is not None:
            self._pending.restore(saved["pending"])
        elif saved["pending"]["steps"]:
            raise NinoError("state_dict: expected weights elsewhere than here, as when it was saved, found them here")
