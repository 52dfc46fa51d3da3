"""The example of docs/pytorch.md runs as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "pytorch.md"


def test_the_example_runs_and_learns(tmp_path):
    pytest.importorskip("nino.tracing")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert blocks[0].startswith("import torch\n")
    script = tmp_path / "example.py"
    script.write_text(blocks[0])
    result = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=900)
    assert result.returncode == 0, result.stderr
    lines = [line for line in result.stdout.splitlines() if "loss" in line]
    losses = [float(re.search(r"loss ([0-9.]+)", line)[1]) for line in lines]
    assert len(losses) == 6 and losses[-1] < losses[0] < 2.4
    assert any("nowcast" in line or "looked" in line for line in lines)
