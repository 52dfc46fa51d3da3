"""What becomes of models that have no plugin: the table of docs/traced.md.

    python Python/tests/family_table.py [--others] [NAME …]

Each model is exported and compared with PyTorch, its groups and graph are derived and proven by `nino verify`, and a
nowcast of five states is written and loaded back.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torchvision_ops  # noqa: F401
from families import FAMILIES
from other_models import OTHERS
from nino.tracing import ExportError, export
from nino.tracing.check import find_executable
from nino.tracing.tensorfile import read_tensors, write_tensors


@dataclass
class Row:
    """One line of the table; what was not reached is None."""

    name: str
    parameters: int | None = None
    logits: float | None = None
    groups: int | None = None
    holds: bool | None = None
    caught: int | None = None
    controls: int | None = None
    sample: str = ""
    nowcast: bool | None = None
    seconds: float = 0
    failure: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Everything was reached and holds."""
        return bool(self.holds and self.nowcast) and self.caught == self.controls and not self.failure

    def line(self) -> str:
        """As in a Markdown table."""
        if self.logits is None:
            return f"| {self.name} | refused: {self.failure} |"
        proofs = "" if self.holds is None else "hold" if self.holds else "FAIL"
        controls = "" if self.controls is None else f"{self.caught} of {self.controls}"
        cells = [
            self.name,
            f"{self.parameters:,}",
            f"{self.logits:.0e}",
            f"{self.groups}{self.sample}" if self.groups is not None else self.failure,
            proofs,
            controls,
            {None: "", True: "yes", False: "NO"}[self.nowcast],
            f"{self.seconds:.1f}",
        ]
        return f"| {' | '.join(cells)} |"


HEADER = """| model | parameters | logits | groups | proofs | controls | nowcast | seconds |
|---|---|---|---|---|---|---|---|"""


def measure(name: str, make, proofs: bool = True) -> Row:
    """Everything about one model; without proofs, all but these."""
    row, start = Row(name), time.monotonic()
    torch.manual_seed(0)
    model, inputs = make()
    model.eval()
    with torch.no_grad():
        for parameter in model.parameters():  # some start as zeros, where errors do not show
            parameter.add_(torch.randn_like(parameter), alpha=0.02)
    row.parameters = sum(p.numel() for p in model.parameters())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.nino.json"
        try:
            program = export(model, kwargs=inputs, check=False)
            program.save(path)
            row.logits = program.check()
            if proofs:
                _verify(row, path)
            _nowcast(row, path, model, program)
        except (ExportError, RuntimeError) as error:
            row.failure = str(error)
    row.seconds = time.monotonic() - start
    return row


def _run(*arguments: str | Path) -> str:
    command = [find_executable(), *map(str, arguments)]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    if run.returncode > 1 or (run.returncode and not run.stdout):
        raise RuntimeError(run.stderr.strip().removeprefix("nino: "))
    return run.stdout


def _verify(row: Row, path: Path) -> None:
    report = json.loads(_run("verify", "--config", path, "--json", "--quiet"))
    proofs = [group for group in report["groups"] if group.get("group")]
    row.groups, row.holds = len(proofs), not report["failures"]
    row.caught = sum(group["controls"]["caught"] for group in proofs)
    row.controls = sum(group["controls"]["total"] for group in proofs)
    row.notes = [failure["message"] for failure in report["failures"]]
    row.notes += [f"open: {text}" for group in proofs for text in group["controls"]["inconclusive"]]
    if "sampling" in report:
        row.groups, row.sample = report["sampling"]["all_groups"], f" ({row.groups} tried)"


def _nowcast(row: Row, path: Path, model: torch.nn.Module, program) -> None:
    """Five states on a line with noise; the nowcast must load, be finite, and differ from the newest."""
    state = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    weights = {name: tensor.float().numpy() for name, tensor in state.items() if tensor.is_floating_point()}
    generator = torch.Generator().manual_seed(1)
    drifts = {}  # one for all names of a tied tensor
    for tensor in state.values():
        drifts.setdefault(tensor.data_ptr(), torch.randn(tensor.shape, generator=generator).numpy() * 0.01)
    drift = {name: drifts[state[name].data_ptr()] for name in weights}
    files = [path.with_name(f"state_{number}.safetensors") for number in range(5)]
    for number, file in enumerate(files):
        write_tensors(file, {name: array + number * drift[name] for name, array in weights.items()})
    out = path.with_name("nowcast.safetensors")
    _run("step", "--config", path, "--history", *files, "--steps", "0,1,2,3,4", "--k", "4", "--out", out, "--quiet")
    found = {name: torch.from_numpy(array.copy()) for name, array in read_tensors(out).items()}
    whole = model.state_dict()  # with the versions of modules, which some ask for
    missing, unexpected = whole.keys() - found.keys(), found.keys() - whole.keys()
    whole.update(found)
    model.load_state_dict(whole, strict=not unexpected)
    newest = read_tensors(files[-1])
    row.nowcast = (
        not unexpected
        and all(not state[name].is_floating_point() for name in missing)
        and all(bool(tensor.isfinite().all()) for tensor in found.values())
        and any(not torch.equal(found[name], torch.from_numpy(newest[name].copy())) for name in program.parameters)
    )


def main() -> int:
    """Prints the table; status 1 if a model does not get through."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--others", action="store_true", help="models that are not among the 34")
    parser.add_argument("--no-proofs", action="store_true", help="export, outputs and nowcast alone")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(HEADER, flush=True)
    rows = []
    for name in options.names or (OTHERS if options.others else FAMILIES):
        rows.append(measure(name, {**FAMILIES, **OTHERS}[name], proofs=not options.no_proofs))
        print(rows[-1].line(), flush=True)
        for note in rows[-1].notes + ([rows[-1].failure] if rows[-1].logits is not None else []):
            if note:
                print(f"    {name}: {note}", file=sys.stderr, flush=True)
    print(f"{sum(row.is_whole for row in rows)} of {len(rows)}", file=sys.stderr)
    return 0 if all(row.is_whole for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
