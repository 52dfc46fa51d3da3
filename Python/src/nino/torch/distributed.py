"""Runs of several processes: the first nowcasts, all judge, and all get the same weights."""

import json
import struct
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.distributed as dist

from .._handles import Event, Network
from .evaluation import Evaluation
from .run import Progress, Run, Settings
from .sharding import is_sharded
from .weights import Weights

# What the first process tells the others.
_JUDGE, _DONE, _FAILED = 0, 1, 2
_KINDS = ("nowcast", "looked", "refused")


def processes() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def run_for(
    count: int,
    network: Network,
    model: torch.nn.Module,
    chosen: Sequence[torch.Tensor],
    policy: str,
    settings: Settings,
) -> "Run | SharedRun":
    """A run of this process alone, or its part of one of several; one alone may hold all of what is sharded."""
    if count == 1 and not any(is_sharded(tensor) for tensor in chosen):
        return Run(network, model, chosen, policy, settings)
    return SharedRun(network, model, chosen, policy, settings)


class SharedRun(Progress):
    """A run whose weights several processes hold, all alike or each a part.

    The first process records states and nowcasts. All evaluate the closure, each on its own batch, and what counts is
    the mean. A process that is not the first keeps count of the steps with a run of a single weight, for which the same
    rules say when a nowcast is due.
    """

    def __init__(
        self, network: Network, model: torch.nn.Module, chosen: Sequence[torch.Tensor], policy: str, settings: Settings
    ) -> None:
        self.policy = policy
        self._is_first = dist.get_rank() == 0
        self._names = [parameter.name for parameter in network.parameters]
        if self._is_first:
            self._run = Run(network, model, chosen, policy, settings)
            self._weights = self._run.weights
        else:
            self._weights = Weights(network, model, chosen)
            self._run = _counting_run(policy, settings)
        self._evaluation = Evaluation(model)

    def record(self) -> None:
        """As `Run.record`, to be called in all processes."""
        if not self._is_first and self._run.needs_weights:
            self._weights.take_part()
        self._run.record()

    def nowcast(self, loss: Callable[[], Any] | None) -> Event:
        """As `Run.nowcast`, to be called in all processes."""
        self._run.demand(loss)
        if not self._is_first:
            event = self._follow(loss)
            # The counter's own nowcast is of no account but for the step it takes.
            self._run.nowcast((lambda: 0.0) if loss is not None else None)
            return event
        try:
            with self._evaluation.of(loss) as evaluate:
                event = self._run.nowcast(self._judged(evaluate) if loss is not None else None)
        except BaseException:
            self._tell(_FAILED)
            raise
        place = self._names.index(event.parameter) if event.parameter is not None else -1
        self._tell(_DONE, _KINDS.index(event.kind), event.horizon, place)
        if event.kind == "nowcast":
            self._weights.share()
        return event

    def evaluation_weights(self, loss: Callable[[], Any], copies: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """As `Run.evaluation_weights`, to be called in all processes."""
        if not self._is_first:
            self._follow(loss)
        else:
            try:
                with self._evaluation.of(loss) as evaluate:
                    copies = self._run.evaluation_weights(self._judged(evaluate), copies)
            except BaseException:
                self._tell(_FAILED)
                raise
            self._tell(_DONE, _KINDS.index("looked"))
        for tensor in copies.values():
            dist.broadcast(tensor, 0)
        return copies

    def undo(self) -> None:
        """As `Run.undo`, to be called in all processes."""
        if self._is_first:
            try:
                self._run.undo()
            except BaseException:
                self._tell(_FAILED)
                raise
            self._tell(_DONE)
        else:
            self._weights.take_part()
            if self._told()[0] == _FAILED:
                raise _failure()
            self._run.forget()
        self._weights.share()

    def save(self) -> dict[str, Any]:
        return self._run.save()

    def restore(self, saved: dict[str, Any]) -> None:
        if self._is_first:
            return self._run.restore(saved)
        self._run.restore({"library": _of_one_weight(saved["library"]), "pending": {"steps": 0, "mean": []}})
        for _ in range(saved["pending"]["steps"]):
            self._run.record()
        return None

    def _judged(self, evaluate: Callable[[], float]) -> Callable[[], float]:
        """The mean of all processes' losses of the first one's weights."""

        def judge() -> float:
            self._tell(_JUDGE)
            self._weights.share()
            return self._mean(evaluate)

        return judge

    def _follow(self, loss: Callable[[], Any] | None) -> Event:
        """Does what the first process asks for while it nowcasts. Returns what became of that."""
        self._weights.take_part()
        kept = self._weights.keep(every=True)
        replaced = False
        try:
            with self._evaluation.of(loss) as evaluate:
                while True:
                    command, kind, horizon, place = self._told()
                    if command == _FAILED:
                        raise _failure()
                    if command == _DONE:
                        replaced = _KINDS[kind] == "nowcast"
                        break
                    self._weights.share()
                    self._mean(evaluate)
        finally:
            if not replaced:
                self._weights.give_back(kept)
        if replaced:
            self._weights.share()
        return Event(_KINDS[kind], horizon, self._names[place] if place >= 0 else None)

    @property
    def _device(self) -> torch.device:
        return self._weights.tensors[0].device

    def _tell(self, command: int, kind: int = 0, horizon: int = 0, place: int = -1) -> None:
        dist.broadcast(torch.tensor([command, kind, horizon, place], device=self._device), 0)

    def _told(self) -> tuple[int, int, int, int]:
        message = torch.zeros(4, dtype=torch.int64, device=self._device)
        dist.broadcast(message, 0)
        return tuple(message.tolist())

    def _mean(self, evaluate: Callable[[], float]) -> float:
        """Of all processes; not a number where one of them fails, so that none waits for it."""
        loss, failure = float("nan"), None
        try:
            loss = evaluate()
        except BaseException as raised:
            failure = raised
        total = torch.tensor([loss], dtype=torch.float64, device=self._device)
        dist.all_reduce(total)
        if failure is not None:
            raise failure
        return total.item() / dist.get_world_size()


def _failure() -> Exception:
    return RuntimeError("the first process could not go on; see its message")


def _counting_run(policy: str, settings: Settings) -> Run:
    """A run of one weight that counts steps as that of the first process does."""
    counter = torch.nn.Linear(1, 1, bias=False)
    own = Settings(
        "linefit", settings.period, settings.max_train_steps, settings.horizon, states=settings.states_of(policy)
    )
    return Run(Network.of_shapes({"weight": (1, 1)}), counter, list(counter.parameters()), policy, own)


def _of_one_weight(state: torch.Tensor) -> torch.Tensor:
    """The counters of a saved state, with a single weight in place of each vector."""
    data = state.detach().cpu().numpy().tobytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
    for index, entry in enumerate(tensors.values()):
        entry["shape"], entry["data_offsets"] = [1], [4 * index, 4 * index + 4]
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    made = struct.pack("<Q", len(text)) + text + bytes(4 * len(tensors))
    return torch.frombuffer(bytearray(made), dtype=torch.uint8)
