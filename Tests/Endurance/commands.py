"""Every command once, on small inputs: for a build with a sanitizer, which ends a command that does wrong.

    NINO=.build-address/release/nino python3 Tests/Endurance/commands.py

Exit status 1 if a command failed. `make sanitize` runs it.
"""

import os
import subprocess
import sys
import tempfile

import work


def commands(place):
    """Commands beside those of work.py; `place` gives paths in a folder."""
    config, history = place("wide.json"), [place(f"history/state_{number}.safetensors") for number in range(5)]
    step = ["step", "--config", config, "--history", *history, "--quiet"]
    yield ["plugins"]
    yield ["configs"]
    yield ["verify", "--trials", "1", "--trust"]
    yield ["verify", "--trials", "1"]
    yield ["graph", "--config", config, "--out", place("graph.safetensors"), "--html", place("graph.html")]
    yield ["explore", "--config", place("config.json"), "--html", place("page.html"), "--files", place("page")]
    forward = ["forward", "--config", place("page/config.json"), "--weights", place("page/weights.safetensors")]
    yield [*forward, "--inputs", place("page/inputs.safetensors"), "--out", place("logits.safetensors")]
    yield ["convert", history[0], place("copy.safetensors")]
    yield [*step, "--k", "1,2,4", "--out", place("a.safetensors"), "--threads", "4"]
    yield [*step, "--k", "1", "--subgraph", "--memory", "0", "--out", place("b.safetensors"), "--threads", "4"]
    for method in ("linefit", "average", "rank1"):
        yield [*step, "--k", "1", "--method", method, "--out", place(f"{method}.safetensors")]


def main():
    failed = []
    with tempfile.TemporaryDirectory(prefix="nino-commands-") as folder:
        tasks = work.make(folder)

        def run(name, arguments):
            result = subprocess.run([work.NINO, *arguments], capture_output=True, text=True)
            print(f"{name:10}  {'passed' if result.returncode == 0 else 'FAILED'}", flush=True)
            if result.returncode != 0:
                failed.append(name)
                print(f"    nino {' '.join(arguments)}: status {result.returncode}\n{result.stderr[-6000:]}")

        for arguments in commands(lambda name: os.path.join(folder, name)):
            run(arguments[0], arguments)
        for name, task in tasks.items():
            try:
                task()
                print(f"{name:10}  passed", flush=True)
            except AssertionError as error:
                failed.append(name)
                print(f"{name:10}  FAILED\n    {str(error)[-6000:]}")
    print(f"{len(failed)} commands failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
