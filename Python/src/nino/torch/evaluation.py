"""Losses of candidates: on the same batch, with the same draws, and without a trace left in the module."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from .sharding import reshard


class Evaluation:
    """Evaluates a closure on a module whose buffers, gradients and random generators stay as they are.

    Every call of one nowcast sees the same buffers and draws the same numbers, so that candidates differ in their
    weights alone, dropout and the statistics of batch norm included.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        self._model = model
        # Closures of other optimizers run a backward pass as well; whether this one does shows at its first call.
        self._needs_gradients = False

    @contextmanager
    def of(self, closure: Callable[[], Any] | None) -> Iterator[Callable[[], float]]:
        """Gives the closure as a function of no arguments that returns a number."""
        buffers = [(buffer, buffer.detach().clone()) for buffer in self._model.buffers()]
        gradients = [(parameter, parameter.grad) for parameter in self._model.parameters()]
        generators = _Generators()

        def reset() -> None:
            with torch.no_grad():
                for buffer, kept in buffers:
                    buffer.copy_(kept)
            generators.restore()

        def evaluate() -> float:
            try:
                return self._loss(closure, reset)
            finally:
                reshard(self._model)

        try:
            yield evaluate
        finally:
            reset()
            for parameter, gradient in gradients:
                parameter.grad = gradient

    def _loss(self, closure: Callable[[], Any], reset: Callable[[], None]) -> float:
        """What the closure returns, without gradients unless it runs a backward pass."""
        reset()
        if not self._needs_gradients:
            try:
                with torch.no_grad():
                    return number(closure())
            except RuntimeError as failure:
                if "does not require grad" not in str(failure):
                    raise
                self._needs_gradients = True
            # The attempt has drawn numbers and moved buffers.
            reset()
        for parameter in self._model.parameters():
            parameter.grad = None
        with torch.enable_grad():
            return number(closure())


def number(loss: Any) -> float:
    """A loss as a number."""
    return loss.item() if isinstance(loss, torch.Tensor) else float(loss)


class _Generators:
    """The states of the random generators that a forward pass draws from."""

    def __init__(self) -> None:
        self._cpu = torch.get_rng_state()
        self._cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else None

    def restore(self) -> None:
        torch.set_rng_state(self._cpu)
        if self._cuda is not None:
            torch.cuda.set_rng_state_all(self._cuda)
