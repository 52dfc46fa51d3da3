"""Writes PyTorch models down as traced programs (``docs/traced.md``)."""

from .errors import ExportError
from .export import export
from .program import Program

__all__ = ["ExportError", "Program", "export"]
