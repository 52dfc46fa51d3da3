"""What a model's neural graph is, and whether its symmetries hold."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ._program import run


@dataclass(frozen=True)
class Verification:
    """What `nino verify` found: one mapping for each line of its report."""

    holds: bool
    reports: list[dict[str, Any]]

    def __bool__(self) -> bool:
        return self.holds


@dataclass(frozen=True)
class Graph:
    """A model's neural graph.

    Attributes:
        summary: counts of nodes, edges, parameters and edges by type.
    """

    summary: dict[str, Any]
    _page: str

    def html(self) -> str:
        """A page that draws the blocks as an adjacency matrix, with a table of all blocks."""
        return self._page

    def save(self, path: str | os.PathLike) -> None:
        """Writes that page."""
        Path(path).write_text(self._page, encoding="utf-8")

    def _repr_html_(self) -> str:
        import html

        return f'<iframe srcdoc="{html.escape(self._page, quote=True)}" width="100%" height="640"></iframe>'


def verify(model: Any, example: Any = None, *, trials: int = 3, seed: int = 1000) -> Verification:
    """Proves the permutation symmetries of a model: of its function, its neural graph and its nowcast.

    Args:
        model: a config (path, name, JSON text or mapping), a traced program, or a PyTorch module.
        example: an example of the module's input, where no plugin knows its config; see `nino.torch.export`.
        trials: random elements of each permutation group.
        seed: of those draws.

    Raises:
        NinoError: no plugin for the config, or a model that cannot be traced.
        PluginError: the plugin misbehaved.
    """
    with _config(model, example) as config:
        output, status = run(
            ["verify", "--config", config, "--json", "--trials", str(trials), "--seed", str(seed)], accept=(0, 1)
        )
    return Verification(status == 0, [json.loads(line) for line in output.splitlines()])


def graph(model: Any, example: Any = None) -> Graph:
    """The neural graph of a model; arguments and errors as for `verify`."""
    with _config(model, example) as config, tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "graph.html"
        output, _ = run(["graph", "--config", config, "--json", "--html", str(page)])
        return Graph(json.loads(output), page.read_text(encoding="utf-8"))


@contextmanager
def _config(model: Any, example: Any) -> Iterator[str]:
    """A path or name that the program takes for the model."""
    if isinstance(model, str | os.PathLike) and not os.fspath(model).lstrip().startswith("{"):
        yield os.fspath(model)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.nino.json"
        if isinstance(model, Mapping):
            path.write_text(json.dumps(model), encoding="utf-8")
        elif isinstance(model, str | os.PathLike):
            path.write_text(os.fspath(model), encoding="utf-8")
        elif hasattr(model, "save") and hasattr(model, "document"):
            model.save(path)
        else:
            from .torch.networks import write_config

            write_config(model, example, path)
        yield str(path)
