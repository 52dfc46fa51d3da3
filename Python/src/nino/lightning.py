"""A callback for the Trainer of Lightning."""

from contextlib import contextmanager
from typing import Any

import torch

try:
    from lightning.pytorch import Callback
except ImportError:
    from pytorch_lightning import Callback

from ._trainers import Nowcasts
from .errors import NinoError


class NiNoCallback(Callback):
    """Nowcasts between the steps of a Lightning `Trainer`.

    Candidates are judged by `training_step` on the last batches, which may therefore not take steps itself: with manual
    optimization, `configure_optimizers` gives a `nino.torch.NiNo` instead. What was recorded is saved in the trainer's
    checkpoints and taken up from there.

    Args:
        period: steps in which five states are recorded.
        batches: how many batches are kept to judge by.
        options: further ones of `nino.torch.NiNo`: policy, horizon, ckpt, config, example, subgraph, …; the length of
            the run is the trainer's where it has `max_steps`.
    """

    def __init__(self, period: int = 1000, *, batches: int = 2, **options: Any) -> None:
        self._nowcasts = Nowcasts(period=period, batches=batches, **options)

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        if not pl_module.automatic_optimization:
            raise NinoError(
                "automatic_optimization: expected True, as training_step judges candidates and may take no steps, "
                "found False; wrap the optimizer in nino.torch.NiNo instead"
            )
        steps = trainer.estimated_stepping_batches
        self._nowcasts.start(pl_module, trainer.optimizers[0], int(steps) if steps < 1e12 else 10_000, has_loss=True)

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        self._nowcasts.keep({"batch": batch, "index": batch_idx})

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        self._nowcasts.before_step()

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        with _silent(pl_module):
            self._nowcasts.after_step(lambda kept: _loss(pl_module, kept))

    def state_dict(self) -> dict[str, Any]:
        return self._nowcasts.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._nowcasts.load_state_dict(state_dict)


def _loss(module: Any, kept: dict[str, Any]) -> torch.Tensor:
    output = module.training_step(kept["batch"], kept["index"])
    return output["loss"] if isinstance(output, dict) else output


@contextmanager
def _silent(module: Any) -> Any:
    """What candidates log is of no account."""
    names = [name for name in ("log", "log_dict") if name not in module.__dict__]
    for name in names:
        setattr(module, name, lambda *args, **kwargs: None)
    try:
        yield
    finally:
        for name in names:
            delattr(module, name)
