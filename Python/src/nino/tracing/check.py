"""Compares a program's outputs with the model's."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils import _pytree as pytree

from .errors import ExportError
from .inputs import Example
from .outputs import output_of
from .tensorfile import read_tensors, write_tensors


def checker(model: nn.Module, example: Example) -> tuple[Callable | None, str]:
    """A function that compares, or None and the reason why there is nothing to compare."""
    if any(p.is_meta for p in model.parameters()):
        return None, "not checked against PyTorch: the model is on the meta device and has no values"
    if find_executable() is None:
        return None, "not checked against PyTorch: no nino executable in the package, in NINO or on the PATH"

    def check(program: Any, tolerance: float) -> float:
        found, largest = run_host(program, model, example), 0.0
        for name, expected in _reference(example, program).items():
            # A loss may be next to nothing, of differences of larger numbers.
            scale = max(np.abs(expected).max(), 1 if name == "loss" else 1e-30)
            error = float(np.abs(found[name].reshape(expected.shape) - expected).max() / scale)
            if not error <= tolerance:
                what = "loss" if name == "loss" else "output"
                raise ExportError(
                    f"{program.name}: the host's {what} differs from PyTorch's by {error:.1e} of the largest, more "
                    f"than {tolerance:.0e}; please report the model"
                )
            largest = max(largest, error)
        return largest

    return check, ""


def find_executable() -> str | None:
    """The command line program: in the variable NINO, within this package, or on the PATH."""
    beside = Path(__file__).resolve().parent.parent / "_prefix" / "bin" / "nino"
    named = os.environ.get("NINO")
    return named or (str(beside) if beside.exists() else shutil.which("nino"))


def run_host(program: Any, model: nn.Module, example: Example) -> dict[str, np.ndarray]:
    """The host's outputs for the model's weights on the example."""
    weights = {name: tensor.detach().float().cpu().numpy() for name, tensor in _stored(program, model).items()}
    inputs = {name: tensor.detach().cpu().numpy() for name, tensor in example.host_values().items()}
    wanted = {entry["name"] for entry in program.document["inputs"]}
    with tempfile.TemporaryDirectory() as folder:
        paths = {
            name: os.path.join(folder, name)
            for name in ("p.nino.json", "w.safetensors", "i.safetensors", "o.safetensors")
        }
        program.save(paths["p.nino.json"])
        write_tensors(paths["w.safetensors"], weights)
        write_tensors(paths["i.safetensors"], {name: array for name, array in inputs.items() if name in wanted})
        command = [find_executable(), "forward", "--config", paths["p.nino.json"], "--weights", paths["w.safetensors"]]
        command += ["--inputs", paths["i.safetensors"], "--out", paths["o.safetensors"], "--quiet"]
        run = subprocess.run(command, check=False, capture_output=True, text=True)
        if run.returncode != 0:
            raise ExportError(f"{program.name}: {run.stderr.strip() or run.stdout.strip()}")
        return read_tensors(paths["o.safetensors"])


def _stored(program: Any, model: nn.Module) -> dict[str, torch.Tensor]:
    names = {entry["name"] for kind in ("parameters", "buffers") for entry in program.document[kind]}
    return {name: tensor for name, tensor in model.state_dict().items() if name in names}


def _reference(example: Example, program: Any) -> dict[str, np.ndarray]:
    """The model's own main output, and its loss where it has one, computed in float32."""
    module = example.module
    if any(p.dtype != torch.float32 for p in module.parameters()):
        module = copy.deepcopy(module).float()
    modes = [(m, m.training) for m in module.modules()]
    args, kwargs = pytree.tree_map(
        lambda x: x.float() if isinstance(x, torch.Tensor) and x.dtype.is_floating_point else x,
        (example.args, example.kwargs),
    )
    module.eval()
    try:
        with torch.no_grad():
            output = module(*args, **kwargs)
    finally:
        for m, mode in modes:
            m.training = mode
    own = output["outputs"] if example.prefix else output
    results = {"logits": output_of(own, program.main)}
    # The host computes a loss where labels are given, and by no other name.
    if program.loss is not None and "labels" in (entry["name"] for entry in program.document["inputs"]):
        results["loss"] = output_of(output, program.loss)
    return {name: x.float().cpu().numpy() for name, x in results.items()}
