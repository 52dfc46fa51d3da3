"""Neuron interaction and nowcasting: see a network as a graph, predict its weights ahead, train it in fewer steps.

`nino.torch.NiNo` wraps an optimizer of PyTorch; `nino.transformers` and `nino.lightning` hold callbacks for their
trainers; `nino.nowcast` predicts the weights of five states in memory; `nino.verify` and `nino.graph` look at a model.
"""

from ._backtest import Backtest, backtest
from ._handles import Network, Tensor
from ._inspection import Graph, Verification, graph, verify
from ._library import call as _call
from ._nowcast import nowcast
from .errors import NinoError, PluginError

__all__ = [
    "Backtest",
    "Graph",
    "Network",
    "NinoError",
    "PluginError",
    "Tensor",
    "Verification",
    "backtest",
    "graph",
    "nowcast",
    "set_threads",
    "verify",
]
__version__ = _call("nino_library_version").decode()


def set_threads(threads: int) -> None:
    """Sets how many threads share the library's work, 1 to 1024; results do not depend on it.

    Raises:
        NinoError: another number.
    """
    from ._library import check

    check("nino_library_set_threads", threads)
