"""The program `nino` that comes with the package."""

import os
import subprocess
import sys
from collections.abc import Sequence

from ._library import PROGRAM, STOPPED
from .errors import NinoError, PluginError


def main() -> None:
    """The console script: becomes the program."""
    os.execv(PROGRAM, ["nino", *sys.argv[1:]])


def run(arguments: Sequence[str], accept: Sequence[int] = (0,)) -> tuple[str, int]:
    """Runs a command to its end.

    Returns:
        What it printed, and its exit status.

    Raises:
        NinoError, PluginError: with the last line of what it wrote to standard error.
    """
    result = subprocess.run([str(PROGRAM), *arguments], capture_output=True, text=True, check=False)
    if result.returncode in accept:
        return result.stdout, result.returncode
    if result.returncode == STOPPED:
        raise KeyboardInterrupt
    lines = result.stderr.strip().splitlines() or ["nino failed without saying why"]
    raise (PluginError if result.returncode == 3 else NinoError)(lines[-1].removeprefix("nino: "))
