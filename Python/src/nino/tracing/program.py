"""A traced program: one JSON object."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .tensorfile import write_tensors

_LARGE = 1024
"""Numbers of a constant that may go into a file of its own."""
_MANY = 180_000
"""Numbers whose text is a million characters long."""


@dataclass
class Program:
    """A model as ``docs/traced.md`` describes it.

    Attributes:
        document: the JSON object, but for the values of constants.
        constants: those values by name, float32.
        note: one line on what was checked, or why not.
        main: name in the model's output of what the program calls ``logits``.
        loss: name of what it calls ``loss`` in the output of the model, or of the model with its loss function; None if
            there is none there.
    """

    document: dict[str, Any]
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    note: str = ""
    main: str = "output"
    loss: str | None = None
    _checker: Any = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The name of the model's class."""
        return self.document["name"]

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters, in ``named_parameters()`` order."""
        return [parameter["name"] for parameter in self.document["parameters"]]

    def json(self) -> str:
        """The whole program as one JSON text, all constants within."""
        return _text(self.document | {"constants": [self._inline(entry) for entry in self.document["constants"]]})

    def save(self, path: str | os.PathLike, *, beside: bool | None = None) -> None:
        """Writes the program as ``NAME.nino.json``; the file is there as a whole or not at all.

        Args:
            path: of the file.
            beside: whether constants of more than 1024 numbers go into ``NAME.nino.safetensors`` in the same folder,
                which has to go with the program; by default only where they would make a text of more than a million
                characters.
        """
        path = Path(path)
        large = {name: array for name, array in self.constants.items() if array.size > _LARGE}
        if beside is None:
            beside = sum(array.size for array in large.values()) > _MANY
        tensors = path.with_name(path.name.removesuffix(".json") + ".safetensors")
        text = self.json()
        if beside and large:
            write_tensors(tensors, large)
            entries = [entry if entry["name"] in large else self._inline(entry) for entry in self.document["constants"]]
            text = _text(self.document | {"constants_file": tensors.name, "constants": entries})
        partial = path.with_name(path.name + ".part")
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)

    def check(self, tolerance: float = 1e-5) -> float:
        """Compares the host's outputs on the example with PyTorch's.

        Args:
            tolerance: largest difference allowed, relative to the largest output.
        Returns:
            The largest difference, relative to the largest output.
        Raises:
            ExportError: if it is above the tolerance, naming both, or if there is nothing to compare with.
        """
        from .errors import ExportError

        if self._checker is None:
            raise ExportError(f"{self.name}: nothing to compare with: {self.note}")
        return self._checker(self, tolerance)

    def _inline(self, entry: dict[str, Any]) -> dict[str, Any]:
        array = self.constants[entry["name"]]
        if array.size <= 16 and np.isfinite(array).all():
            return entry | {"values": [float(x) for x in array.reshape(-1)]}
        return entry | {"data": base64.b64encode(array.astype("<f4").tobytes()).decode()}


def _text(document: dict[str, Any]) -> str:
    """One entry a line in the long lists."""
    lines = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            items = ",\n  ".join(json.dumps(item) for item in value)
            lines.append(f'"{key}": [\n  {items}\n]')
        else:
            lines.append(f'"{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"
