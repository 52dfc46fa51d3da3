"""A callback for the Trainer of transformers."""

import uuid
import warnings
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from ._trainers import Nowcasts

_FILE = "nino.pt"
# Under which the trainer's saved state says whose checkpoint it is.
_KEY = "nino"


class NiNoCallback(TrainerCallback):
    """Nowcasts between the steps of a `Trainer`.

    Candidates are judged on the last batches that the model was given, as long as its output has a loss. What was
    recorded is saved in each checkpoint folder and taken up again when training is resumed from there.

    Args:
        period: steps in which five states are recorded.
        batches: how many batches are kept to judge by.
        options: further ones of `nino.torch.NiNo`: policy, horizon, ckpt, config, example, subgraph, …; the length of
            the run is the trainer's.
    """

    def __init__(self, period: int = 1000, *, batches: int = 2, **options: Any) -> None:
        self._nowcasts = Nowcasts(period=period, batches=batches, **options)
        self._model: torch.nn.Module | None = None
        self._hook: Any = None
        self._name = ""

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._model = kwargs["model"]
        if state.global_step > 0:
            self._load(args, state)
        # Saved in every checkpoint: callbacks are not told which one a training is resumed from.
        self._name = uuid.uuid4().hex
        state.stateful_callbacks[_KEY] = {"run": self._name, "folder": str(Path(args.output_dir).absolute())}
        self._nowcasts.start(self._model, kwargs["optimizer"], state.max_steps, has_loss=True)
        self._hook = self._model.register_forward_pre_hook(self._see, with_kwargs=True)

    def _see(self, module: torch.nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
        if module.training and torch.is_grad_enabled():
            self._nowcasts.keep({"args": list(args), "kwargs": kwargs})

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._nowcasts.before_step()

    def on_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._nowcasts.after_step(self._loss)

    def _loss(self, batch: dict[str, Any]) -> torch.Tensor:
        output = self._model(*batch["args"], **batch["kwargs"])
        loss = output.get("loss") if hasattr(output, "get") else None
        if loss is None:
            raise ValueError("nino: the model's output has no loss to judge by: give labels, or policy='near'")
        return loss.mean()

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if state.is_world_process_zero and folder.is_dir():
            torch.save(self._nowcasts.state_dict() | {"run": self._name}, folder / _FILE)

    def _load(self, args: Any, state: Any) -> None:
        """Takes up what lies in the checkpoint that the trainer has loaded, and nothing of another run."""
        mark = state.stateful_callbacks.get(_KEY, {})
        step = f"checkpoint-{state.global_step}"
        folders = [Path(args.output_dir) / step]
        if "folder" in mark:
            folders.insert(0, Path(mark["folder"]) / step)
        if isinstance(args.resume_from_checkpoint, str) and args.resume_from_checkpoint not in ("True", "true"):
            folders.insert(0, Path(args.resume_from_checkpoint))
        for path in (folder / _FILE for folder in folders):
            saved = torch.load(path, weights_only=True) if path.is_file() else None
            if saved is not None and saved.pop("run", None) == mark.get("run"):
                return self._nowcasts.load_state_dict(saved)
        places = ", ".join(dict.fromkeys(str(folder) for folder in folders))
        warnings.warn(
            f"{_FILE}: expected the states recorded so far in {places}, found none of this run: they begin anew; of a "
            "checkpoint that was moved, give the folder as resume_from_checkpoint of the TrainingArguments too"
        )
        return None

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self._hook is not None:
            self._hook.remove()
            self._hook = None
