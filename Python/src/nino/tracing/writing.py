"""Turns a finished graph into a document."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sympy

from .errors import ExportError
from .graph import Constant, Graph, Operation, Value
from .sizes import SizeNames


class Writer:
    """Numbers the live operations and collects the constants that they read."""

    def __init__(self, names: SizeNames, batch: set[sympy.Symbol]):
        self.names = names
        self.batch = batch
        """Symbols along which no constant may vary: the batch."""
        self.entries: list[dict[str, Any]] = []
        self.constants: dict[str, np.ndarray] = {}
        self.used: set[str] = set()
        self.limits: dict[str, int] = {}
        self._numbers: dict[int, int] = {}
        self._constant_names: dict[tuple, str] = {}

    def operations(self, graph: Graph, outputs: list[Value]) -> list[dict[str, Any]]:
        """The operations that the outputs need, as they stand in a file."""
        written = []
        for operation in graph.live(outputs):
            self._numbers[id(operation)] = len(written)
            written.append(self._operation(operation))
        return written

    def reference(self, value: Value) -> int | str:
        """How an operation's input or an output names the value."""
        if isinstance(value, Constant):
            return self._constant(value)
        if value.operation is not None:
            return self._numbers[id(value.operation)]
        self.used.add(value.name)
        return value.name

    def _operation(self, operation: Operation) -> dict[str, Any]:
        entry: dict[str, Any] = {"op": operation.name}
        entry["inputs"] = [self.reference(value) for value in operation.inputs]
        attributes = {key: self._attribute(value) for key, value in operation.attributes.items()}
        for key, value in attributes.items():
            if isinstance(value, float) and not math.isfinite(value):
                where = f'module "{operation.module}"' if operation.module else "the model"
                raise ExportError(f"{where}: {operation.name}: {key}: expected a finite number, found {value}")
        if attributes:
            entry["attributes"] = attributes
        entry["shape"] = [self.names.encode(size) for size in operation.result.shape]
        if operation.module:
            entry["module"] = operation.module
        self._limit(operation)
        return entry

    def _limit(self, operation: Operation) -> None:
        """A slice of a table up to an open size: the table says how large that may be."""
        end = operation.attributes.get("end")
        if operation.name != "slice" or not isinstance(end, sympy.Expr):
            return
        size = operation.inputs[0].shape[operation.attributes["axis"]]
        symbols = list(end.free_symbols)
        if isinstance(size, int) and len(symbols) == 1 and end - symbols[0] == operation.attributes["start"]:
            self._restrict(symbols[0], size - int(end - symbols[0]))

    def _restrict(self, symbol: sympy.Symbol, most: int) -> None:
        name = self.names.encode(symbol)
        self.limits[name] = min(most, self.limits.get(name, most))

    def _attribute(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [self.names.encode(item) for item in value]
        return value if isinstance(value, (str, float)) else self.names.encode(value)

    def _constant(self, constant: Constant) -> str:
        array = np.ascontiguousarray(constant.largest, dtype=np.float32)
        key = (constant.shape, array.shape, array.tobytes())
        if key in self._constant_names:
            return self._constant_names[key]
        name = f"constant.{len(self._constant_names)}"
        entry: dict[str, Any] = {"name": name, "shape": [self.names.encode(size) for size in constant.shape]}
        if any(not isinstance(size, int) for size in constant.shape):
            entry["stored"] = list(array.shape)
            for size, stored in zip(constant.shape, array.shape):
                self._note_open_size(size, stored)
        self._constant_names[key] = name
        self.entries.append(entry)
        self.constants[name] = array
        return name

    def _note_open_size(self, size: Any, stored: int) -> None:
        if isinstance(size, int):
            return
        if size.free_symbols & self.batch:
            raise ExportError("a constant differs from example to example of a batch; compute it from an input")
        if isinstance(size, sympy.Symbol):
            self._restrict(size, stored)
