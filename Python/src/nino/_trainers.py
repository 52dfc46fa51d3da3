"""What callbacks of trainers share: a run, and a few batches to judge by."""

import copy
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from ._library import Interrupts
from .torch.distributed import processes, run_for
from .torch.evaluation import number
from .torch.networks import chosen_parameters, network_for, unwrapped
from .torch.run import Settings


class Nowcasts:
    """Nowcasts of a training loop that computes gradients at every step: they come between its steps.

    Args:
        batches: how many are kept to judge candidates by.
        settings: further ones of `nino.torch.NiNo`; `max_train_steps` is the trainer's unless given.
    """

    def __init__(
        self,
        *,
        batches: int = 2,
        example: Any = None,
        config: Any = None,
        parameters: Any = None,
        policy: str | None = None,
        ckpt: str | os.PathLike | None = None,
        plugin_path: Sequence[str] = (),
        trust: bool = False,
        **settings: Any,
    ) -> None:
        # What is wrong with a setting is said before the trainer begins its work.
        self._settings = Settings(ckpt or "nino", **settings)
        self._knows_length = "max_train_steps" in settings
        self._network = (example, config, plugin_path, trust)
        self._parameters, self._policy = parameters, policy
        self.batches: deque = deque(maxlen=batches)
        self._run = None
        self._saved: dict[str, Any] | None = None

    @property
    def run(self) -> Any:
        """The run under way; None before training."""
        return self._run

    def start(self, model: torch.nn.Module, optimizer: Any, max_train_steps: int, has_loss: bool) -> None:
        """Begins a run, or takes up the one that was loaded."""
        model = unwrapped(model)
        network = network_for(self._settings.nowcaster, model, *self._network)
        policy = self._policy or ("search" if has_loss else "near")
        if not self._knows_length:
            self._settings.max_train_steps = max_train_steps
        chosen = chosen_parameters(model, optimizer.param_groups, self._parameters)
        self._run = run_for(processes(), network, model, chosen, policy, self._settings)
        if self._saved is not None:
            self._run.restore(self._saved["state"])
            self.batches.extend(self._saved["batches"])
            self._saved = None

    def keep(self, batch: Any) -> None:
        """Keeps a batch to judge by; the oldest goes."""
        self.batches.append(copied(batch))

    def before_step(self) -> None:
        """Records the weights before a step of the optimizer."""
        self._run.record()

    def after_step(self, loss: Callable[[Any], Any]) -> None:
        """Nowcasts if it is time.

        Args:
            loss: of the model on a batch.
        """
        if self._run.need_grads:
            return

        def mean() -> float:
            return sum(number(loss(batch)) for batch in self.batches) / len(self.batches)

        with Interrupts():
            self._run.nowcast(mean if self._run.policy == "search" else None)

    def state_dict(self) -> dict[str, Any]:
        if self._run is None:
            return self._saved or {}
        return {"state": self._run.save(), "batches": list(self.batches)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Has the next `start` take up a run."""
        self._saved = state or None


def copied(batch: Any) -> Any:
    """A batch that nobody changes: tensors copied, mappings and lists as plain ones."""
    if isinstance(batch, torch.Tensor):
        return batch.detach().clone()
    if isinstance(batch, Mapping):
        return {key: copied(value) for key, value in batch.items()}
    if isinstance(batch, list | tuple):
        return type(batch)(copied(value) for value in batch) if type(batch) in (list, tuple) else copied(list(batch))
    return copy.copy(batch)
