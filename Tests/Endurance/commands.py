"""Every command, on small inputs: for a build with a sanitizer, which ends a command that does wrong.

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


def on_threads(place):
    """What shares most work among threads, on inputs that are large enough to be shared."""
    config, states = place("wide.json"), [place(f"history/state_{number}.safetensors") for number in range(5)]
    task = ["--task", "text", "--text", place("text"), "--config", config, "--context", "64", "--batch", "16"]
    task += ["--steps", "25", "--period", "5", "--eval-every", "10"]
    yield ["train", *task, "--nowcaster", "nino", "--averages", "ema:0.9,lawa:2", "--save", place("run")]
    yield ["train", "--task", "fm-16", "--steps", "12", "--period", "5", "--eval-every", "12", "--nowcaster", "nino"]
    yield ["compare", *task, "--nowcasters", "none,nino,linefit", "--seeds", "1,2", "--save", place("runs")]
    collect = ["collect", "--plan", place("plan.json"), "--text", place("text"), "--out", place("many")]
    yield [*collect, "--runs", "6", "--jobs", "4"]
    meta = ["meta-train", "--data", place("many"), "--hidden", "32", "--steps", "4", "--trajectories", "4"]
    meta += ["--slices", "2", "--hold-out", "3", "--eval-every", "2", "--starts", "1"]
    yield [*meta, "--out", place("learnt.safetensors")]
    yield ["backtest", "--config", config, "--history", *states, place("a-k1.safetensors"), "--steps", "0,1,2,3,4,5"]
    for method in ("mean", "ties", "nino"):
        merge = ["merge", "--base", states[0], "--models", *states[1:4], "--method", method, "--config", config]
        yield [*merge, "--out", place(f"merged-{method}.safetensors")]
    verify = ["verify", "--trials", "1"]
    yield [*verify, "--trust"]
    yield verify


def main():
    failed = []
    with tempfile.TemporaryDirectory(prefix="nino-commands-") as folder:
        tasks = work.make(folder)

        def run(name, arguments):
            result = subprocess.run([work.NINO, *arguments], capture_output=True, text=True)
            print(f"{name:21}  {'passed' if result.returncode == 0 else 'FAILED'}", flush=True)
            if result.returncode != 0:
                failed.append(name)
                print(f"    nino {' '.join(arguments)}: status {result.returncode}\n{result.stderr[-6000:]}")

        def place(name):
            return os.path.join(folder, name)

        for arguments in commands(place):
            run(arguments[0], arguments)
        for arguments in on_threads(place):
            run(f"{arguments[0]}, 4 threads", [*arguments, "--threads", "4"])
        for name, task in tasks.items():
            try:
                task()
                print(f"{name:21}  passed", flush=True)
            except AssertionError as error:
                failed.append(name)
                print(f"{name:21}  FAILED\n    {str(error)[-6000:]}")
    print(f"{len(failed)} commands failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
