"""Follows a model with ``torch.export``."""

from __future__ import annotations

import contextlib
import io
import logging
import traceback
import warnings
from collections.abc import Iterator

import torch
from torch import nn
from torch.export import Dim, ExportedProgram
from torch.nn.modules import transformer

from . import experts
from .errors import ExportError
from .inputs import Example


@contextlib.contextmanager
def as_for_export(model: nn.Module) -> Iterator[None]:
    """Evaluation mode, no caches of keys and values in the output, experts without control flow."""
    modes = [(module, module.training) for module in model.modules()]
    configs = list({id(c): c for c in (getattr(m, "config", None) for m in model.modules()) if c is not None}.values())
    wanted = {"use_cache": False} | ({"_experts_implementation": experts.NAME} if experts.register() else {})
    before = [(c, key, getattr(c, key)) for c in configs for key in wanted if hasattr(c, key)]
    model.eval()
    for config, key, _ in before:
        setattr(config, key, wanted[key])
    # PyTorch's own transformer looks into a mask for whether it is causal, to choose a faster kernel.
    detect = transformer._detect_is_causal_mask
    transformer._detect_is_causal_mask = lambda mask, is_causal=None, size=None: bool(is_causal)
    try:
        yield
    finally:
        transformer._detect_is_causal_mask = detect
        for module, mode in modes:
            module.training = mode
        for config, key, value in before:
            setattr(config, key, value)


def follow(example: Example, length: bool = True) -> ExportedProgram:
    """The graph of PyTorch's operations, before any decomposition.

    Args:
        example: with the module.
        length: whether the length of texts stays open.
    Raises:
        ExportError: with the user's module and line.
    """
    shapes = example.dynamic(Dim.AUTO, length)
    try:
        with torch.no_grad(), _quiet():
            return torch.export.export(
                example.module, example.args, example.kwargs, dynamic_shapes=shapes, strict=False
            )
    except Exception as error:
        raise ExportError(_reason(error, example)) from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No output of torch.export, which prints a whole graph before it raises."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    nowhere = io.StringIO()
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(nowhere), contextlib.redirect_stdout(nowhere):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def _reason(error: Exception, example: Example) -> str:
    """One line of what torch.export says, with the user's module and line."""
    text = str(error)
    first = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    paths = {id(module): name for name, module in example.module.named_modules()}
    where = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = frame.f_locals.get("self")
        if id(module) in paths and "/torch/" not in frame.f_code.co_filename:
            path = paths[id(module)].removeprefix(example.prefix)
            name = f'module "{path}"' if path else "the model"
            where = f"{name} ({type(module).__name__}), {frame.f_code.co_filename}:{line}: "
    if "data-dependent" in text.lower() or "DataDependent" in type(error).__name__:
        return f"{where}control flow depends on data; write it with torch.where or masks ({first})"
    return f"{where}torch.export cannot follow the model: {first}"
