"""Runs that are made once: results go to a file, and what stands there is not made again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Finished:
    """One JSON object a line, each a run's settings with its results."""

    def __init__(self, path: str | None) -> None:
        self._path = Path(path) if path else None
        self.runs: list[dict[str, Any]] = []
        if self._path and self._path.is_file():
            self.runs = [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines()]

    def make(self, settings: dict[str, Any], run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The run of these settings: from the file, or made, printed and added to it."""
        for found in self.runs:
            if settings.items() <= found.items():
                return found
        made = settings | run()
        line = json.dumps(made)
        print(line, flush=True)
        if self._path:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        self.runs.append(made)
        return made
