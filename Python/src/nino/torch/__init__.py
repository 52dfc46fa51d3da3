"""Nowcasting in PyTorch: `NiNo` wraps any optimizer, `export` writes any model down as a traced program."""

from typing import Any

from .optimizer import NiNo

__all__ = ["ExportError", "NiNo", "Program", "export"]


def __getattr__(name: str) -> Any:
    # Tracing imports much of torch that wrapping an optimizer does not need.
    if name in ("export", "Program", "ExportError"):
        from .. import tracing

        return getattr(tracing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
