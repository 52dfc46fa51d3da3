"""`NiNo`: any optimizer of PyTorch, with nowcasts."""

import inspect
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from .._handles import Event
from .._library import Interrupts
from ..errors import NinoError
from .distributed import processes, run_for
from .networks import chosen_parameters, network_for, unwrapped
from .run import Progress, Run, Settings
from .sharding import whole

_FORMAT = 1


class NiNo(Progress, torch.optim.Optimizer):
    """Wraps an optimizer: now and then, instead of a step of its own, the weights are nowcast.

    Every `period` / 5 steps the weights are recorded as they are before that step's update (or as they were on average
    since the record before, for a nowcaster trained on means). The step that would record the fifth state needs no
    gradients: `need_grads` is False, and `step` nowcasts.

    Args:
        base_opt: the optimizer that takes all other steps. Its state is left as it is.
        model: the module whose parameters it trains; compiled and distributed ones too.
        example: an example of the module's input, on which it is traced, where no plugin knows `model.config`: a
            mapping, a tuple or one tensor. Targets behind the inputs are left out.
        period: steps in which five states are recorded, at least 5.
        max_train_steps: length of the whole run, which the horizons of `policy="schedule"` are spread over.
        policy: "search" judges means and nowcasts by the closure given to `step`, jumps where that costs little, and
            takes nothing that does not help; "schedule" is the paper's: once a period the nowcast takes the place of
            the weights, far ahead at first and near at the end; "near" does so with the nowcast one state ahead. None:
            "search" if the first `step` is given a closure, else "near", as nothing then says whether a nowcast helped.
        horizon: states that the first nowcast looks ahead, with "search" the most that any does; None: as many as the
            nowcaster can.
        ckpt: the nowcaster: "nino" ships, "linefit" and "average" need no weights and no graph, else a path.
        subgraph: cut the graph between layers and nowcast each part by itself.
        edge_sample_ratio: pass messages along this share of the edges only; None or 0: along all.
        config: a config (path, name, JSON text or mapping), a traced program or a `nino.Network` instead of
            `model.config`.
        parameters: which parameters may be nowcast: names, or a function of name and tensor. None: all that the base
            optimizer trains. Others, and frozen ones, are left alone.
        history_device: where the mean of a state under way is formed; None: where the weights lie, which spares a copy
            of them at every step. Finished states lie in the processor's memory, where the library computes.
        seed: chooses the edges of `edge_sample_ratio`.
        states: "snapshot": the weights as they are at the step that records them; "mean": their mean since the record
            before. None: a snapshot with "schedule", else what the nowcaster was trained on.
        plugin_path: folders with plugins, searched first.
        trust: load plugins without looking first in a child process what they do.

    Attributes:
        base: the wrapped optimizer.
        last_event: what the last nowcast did; None before the first.

    Raises:
        NinoError: no plugin knows the model and no example is given; a setting out of its range.
    """

    # A GradScaler hands its scale to a fused optimizer, but here it would set it on the wrapper, unseen by the base: it
    # shall unscale the gradients itself.
    _step_supports_amp_scaling = False

    def __init__(
        self,
        base_opt: Any,
        model: torch.nn.Module,
        example: Any = None,
        *,
        period: int = 1000,
        max_train_steps: int = 10_000,
        policy: str | None = None,
        horizon: int | None = None,
        ckpt: str | os.PathLike | None = None,
        subgraph: bool = False,
        edge_sample_ratio: float | None = None,
        config: Any = None,
        parameters: Sequence[str] | Callable[[str, torch.Tensor], bool] | None = None,
        history_device: str | torch.device | None = None,
        seed: int = 0,
        states: str | None = None,
        plugin_path: Sequence[str] = (),
        trust: bool = False,
    ) -> None:
        self.base = base_opt
        self.last_event: Event | None = None
        self._model = unwrapped(model)
        self._settings = Settings(
            ckpt or "nino",
            period,
            max_train_steps,
            horizon,
            subgraph,
            edge_sample_ratio,
            seed,
            states,
            history_device,
        )
        self._network = network_for(self._settings.nowcaster, self._model, example, config, plugin_path, trust)
        self._chosen = chosen_parameters(self._model, self.base.param_groups, parameters)
        self._processes = processes()
        self._policy = policy
        # The policy may depend on the first step; that settings are right does not.
        self._run: Run | None = self._start(policy or "search")
        self._is_open = policy is None
        self._closure_is_needed = _needs_closure(base_opt)

    def _start(self, policy: str) -> Run:
        return run_for(self._processes, self._network, self._model, self._chosen, policy, self._settings)

    # What a torch.optim.Optimizer has.

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        return self.base.param_groups

    @param_groups.setter
    def param_groups(self, groups: list[dict[str, Any]]) -> None:
        self.base.param_groups = groups

    @property
    def state(self) -> Any:
        return self.base.state

    @state.setter
    def state(self, state: Any) -> None:
        self.base.state = state

    @property
    def defaults(self) -> dict[str, Any]:
        return self.base.defaults

    def __getattr__(self, name: str) -> Any:
        # Whatever else the base optimizer offers, such as train() and eval() of Schedule-Free.
        if name.startswith("__") or "base" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.base, name)

    def __repr__(self) -> str:
        return f"NiNo ({self._run.policy}, step {self.completed_steps}) of {self.base!r}"

    def zero_grad(self, set_to_none: bool = True) -> None:
        self.base.zero_grad(set_to_none=set_to_none)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Gives the base optimizer more parameters; they are trained, and not nowcast."""
        self.base.add_param_group(param_group)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Takes one step: of the base optimizer, or a nowcast where `need_grads` says so.

        Args:
            closure: returns the loss on the present batch; called on a nowcast step only, several times, unless the
                base optimizer itself demands one.

        Returns:
            What the base optimizer's step returns; None for a nowcast.

        Raises:
            NinoError: a search without a closure; weights and states are then as they were.
            KeyboardInterrupt: Ctrl-C during a nowcast; weights and states are as they were, or the step is complete.
        """
        self._settle(closure)
        if self.need_grads:
            self._run.record()
            return self.base.step(closure) if self._closure_is_needed else self.base.step()
        with Interrupts():
            self.last_event = self._run.nowcast(closure)
        for message in self._warnings(closure):
            warnings.warn(message, stacklevel=2)
        return None

    def _warnings(self, closure: Callable[[], Any] | None) -> Iterator[str]:
        """What is to be said of the nowcast just made."""
        event = self.last_event
        if event.kind == "refused" and event.parameter is None:
            yield f"step {self.completed_steps}: the loss was not finite: nothing was nowcast"
        elif event.kind == "refused":
            yield f"step {self.completed_steps}: the nowcast of {event.parameter} was not finite, and is left out"
        # Without a step, so that it is shown once.
        if closure is not None and self._policy is None and self._run.policy == "near":
            yield (
                "the closure judges nothing: the first step had none, which chose policy='near'; give the closure at "
                "every step, or policy='search'"
            )

    def _settle(self, closure: Callable[[], Any] | None) -> None:
        """Chooses the policy that was left open, at the first step."""
        if not self._is_open:
            return
        self._is_open = False
        if closure is None and self._run.policy == "search":
            self._run = self._start("near")

    def undo(self) -> None:
        """Returns to the weights from before the last nowcast that replaced them; states are recorded anew.

        Raises:
            NinoError: there was none, or it was taken back already.
        """
        with Interrupts():
            self._run.undo()

    def evaluation_weights(self, closure: Callable[[], Any]) -> dict[str, torch.Tensor]:
        """The best weights that the run has to show: those that training stands at, or means and nowcasts that a
        search has found to be better on the closure's batch.

        Returns:
            Parameters by their names in the model, to load into a copy of it.
        """
        copies = {name: whole(tensor).clone() for name, tensor in self._model.named_parameters()}
        with Interrupts():
            return self._run.evaluation_weights(closure, copies)

    def state_dict(self) -> dict[str, Any]:
        """The base optimizer's state, and under "nino" recorded states, counters and settings."""
        return {
            "base": self.base.state_dict(),
            "nino": {
                "format": _FORMAT,
                "policy": self._run.policy,
                "is_open": self._is_open,
                "period": self._settings.period,
                "state": self._run.save(),
            },
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes up a run, which then goes on as if it had not been interrupted.

        Raises:
            NinoError: not a state of this class, or one of another model or other settings; nothing has then changed.
        """
        if not isinstance(state_dict.get("nino"), dict) or "base" not in state_dict:
            raise NinoError("state_dict: expected the keys base and nino, found a state of another optimizer")
        saved = state_dict["nino"]
        if self._policy not in (None, saved["policy"]):
            raise NinoError(f"state_dict: policy: expected {self._policy}, found {saved['policy']}")
        run = self._start(saved["policy"])
        run.restore(saved["state"])
        self.base.load_state_dict(state_dict["base"])
        self._run, self._is_open = run, saved["is_open"]


def _needs_closure(base: Any) -> bool:
    """Whether an optimizer's step cannot do without a closure, as that of LBFGS."""
    try:
        closure = inspect.signature(base.step).parameters.get("closure")
    except (TypeError, ValueError):
        return False
    return closure is not None and closure.default is inspect.Parameter.empty
