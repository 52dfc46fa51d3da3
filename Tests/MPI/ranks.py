"""Steps that ranks share: on one machine, across a slow link, and after a rank was killed. Compares every byte with one
process, and says what each took.

    python3 Tests/MPI/ranks.py [--seed 1] [--kills 5] [--rate 100mbit] [--models gpt2-3x64:f32,llama-6x384:bf16]

Exit status 1 if anything differs. Needs root for the link: two network namespaces whose link tc shapes.
"""

import argparse
import filecmp
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

import link

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
NINO = os.environ.get("NINO", os.path.join(ROOT, ".build/release/nino"))
MEASURED = [sys.executable, os.path.join(HERE, "measured.py")]
LAUNCH = ["mpirun", "--oversubscribe", "--bind-to", "none"]
# Containers are root's, and have fewer processors than ranks.
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


# Room that `--plan-only` counts for a thread (docs/scaling.md), and what the measure of a whole process is off by.
THREAD_BYTES = 25 << 20
SLACK = 12e6


class Failure(Exception):
    pass


def run(command):
    result = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)
    if result.returncode != 0:
        raise Failure(f"{' '.join(command)}: status {result.returncode}\n{result.stderr}")
    return result.stdout


class Step:
    """A step on five synthetic states of a model, with the network that ships."""

    def __init__(self, folder, name):
        self.config, self.dtype = name.split(":")
        self.folder = os.path.join(folder, self.config)
        run([NINO, "bench", "--config", self.config, "--dtype", self.dtype, "--keep", self.folder, "--draw-only"])

    def path(self, name):
        return os.path.join(self.folder, name)

    def command(self, out, *options):
        states = [self.path(f"state_{index}.safetensors") for index in range(5)]
        return [NINO, "step", "--config", self.config, "--history", *states, "--k", "4", "--memory", "0", "--json",
                "--out", self.path(out), *options]  # fmt: skip

    def measure(self, launch, out, *options):
        """What nino says of a step, and what each of its processes took."""
        measures = self.path("measures")
        subprocess.run(["rm", "-rf", measures], check=True)
        os.mkdir(measures)
        ranks = ["--mpi"] if launch else ["--no-mpi"]
        result = json.loads(run([*launch, *MEASURED, measures, *self.command(out, *ranks, *options)]))
        each = []
        for name in sorted(os.listdir(measures)):
            with open(os.path.join(measures, name)) as file:
                each.append(json.load(file))
        return result, each

    def forecast(self, count, *options):
        """What `--plan-only` says each rank needs."""
        lines = run([NINO, "step", "--config", self.config, "--plan-only", "--ranks", str(count), "--json", *options])
        return [json.loads(line) for line in lines.splitlines()]

    def same(self, out, what):
        if not filecmp.cmp(self.path("whole.safetensors"), self.path(out), shallow=False):
            raise Failure(f"{self.config}, {what}: other bytes than one process")


def line(what, result, each):
    seconds = sum(rank["seconds"] for rank in each)
    print(
        f"  {what:24} {result['seconds']:8.2f} {seconds:12.2f} {result['sent_bytes'] / 1e6:9.2f} "
        + ", ".join(f"{rank['peak_bytes'] / 1e6:.0f}" for rank in each),
        flush=True,
    )


def check_memory(step, empty):
    """What a rank takes beside the program must be what was forecast, for a network of width 128: threads may use less
    than the room that is meant for them, and some pages of the program come and go."""
    network = ["--checkpoint", step.path("nino.safetensors")]
    for count in (1, 2, 4):
        launch = [*LAUNCH, "-n", str(count)]
        threads = max(1, os.cpu_count() // count)
        program = min(rank["peak_bytes"] for rank in empty.measure(launch, "shared.safetensors")[1])
        _, each = step.measure(launch, "shared.safetensors", *network)
        for rank, forecast in zip(each, step.forecast(count, "--threads", str(threads), *network), strict=True):
            found, expected = rank["peak_bytes"] - program, forecast["memory_bytes"]
            print(
                f"  rank of {count}: {found / 1e6:.0f} MB beside the program, {expected / 1e6:.0f} forecast", flush=True
            )
            if not expected - threads * THREAD_BYTES - SLACK <= found <= expected + SLACK:
                raise Failure(f"{step.config}: expected {expected} bytes on a rank of {count}, found {found}")


def share(step, wire):
    """One process, then one to four ranks, then two beyond a link."""
    print(f"{step.config}, {step.dtype}    seconds   processor s   sent MB   peak MB of each", flush=True)
    line("one process", *step.measure([], "whole.safetensors"))
    for count in range(1, 5):
        result, each = step.measure([*LAUNCH, "-n", str(count)], "shared.safetensors")
        step.same("shared.safetensors", f"{count} ranks")
        line(f"{count} ranks", result, each)
    if wire is None:
        return
    before = wire.bytes_sent()
    result, each = step.measure(wire.launch(), "shared.safetensors")
    step.same("shared.safetensors", "two namespaces")
    line(f"2 beyond {wire.rate}", result, each)
    print(f"    on the wire: {(wire.bytes_sent() - before) / 1e6:.2f} MB", flush=True)


def ranks_of(out):
    """Processes that write to a file, as (process, rank)."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            with open(f"/proc/{process}/environ", "rb") as file:
                variables = dict(word.split(b"=", 1) for word in file.read().split(b"\0") if b"=" in word)
        except OSError:
            continue
        if words[0].decode() == NINO and out.encode() in words and b"OMPI_COMM_WORLD_RANK" in variables:
            found.append((int(process), int(variables[b"OMPI_COMM_WORLD_RANK"])))
    return found


def strike(step, out, count, begins, ends, source):
    """Kills one rank of a step at a random moment; which and when, or None if all was over by then."""
    path = step.path(out)
    moment = source.uniform(begins, ends)
    job = subprocess.Popen(
        [*LAUNCH, "-n", str(count), *step.command(out, "--resume", "--journal-every", "0")],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(moment)
    victims = sorted(rank for _, rank in ranks_of(path))
    victim = source.choice(victims) if victims else None
    for process, rank in ranks_of(path):
        if rank == victim:
            os.kill(process, signal.SIGKILL)
    status = job.wait()
    end = time.monotonic() + 5
    while ranks_of(path):
        if time.monotonic() > end:
            raise Failure(f"{step.config}: ranks live on after rank {victim} was killed")
        time.sleep(0.05)
    return None if status == 0 else (victim, moment)


def kill(step, kills, source):
    """Kills ranks at random moments; another number of ranks goes on to the same bytes."""
    # Seconds after its start in which a step works.
    working = {}
    for count in (2, 3, 4):
        started = time.monotonic()
        result, _ = step.measure([*LAUNCH, "-n", str(count)], "shared.safetensors")
        end = time.monotonic() - started
        working[count] = (end - result["seconds"], end)
    hits = 0
    while hits < kills:
        before = source.choice([2, 3, 4])
        after = source.choice([count for count in (1, 2, 3, 4) if count != before])
        struck = strike(step, "killed.safetensors", before, *working[before], source)
        if struck is None:
            step.same("killed.safetensors", f"{before} ranks, over before one was killed")
            continue
        hits += 1
        command = step.command("killed.safetensors", "--resume")
        started = time.monotonic()
        result = subprocess.run(
            [*LAUNCH, "-n", str(after), *command], capture_output=True, text=True, env=ENVIRONMENT
        )  # fmt: skip
        seconds = time.monotonic() - started
        if result.returncode != 0:
            raise Failure(f"{step.config}: {after} ranks after {before}: {result.stderr}")
        what = f"rank {struck[0]} of {before} killed after {struck[1]:.2f} s, taken up by {after}"
        step.same("killed.safetensors", what)
        left = [name for name in os.listdir(step.folder) if name.startswith(".killed")]
        if left:
            raise Failure(f"{step.config}: {what}: {left} are left")
        os.remove(step.path("killed.safetensors"))
        kept = "going on" if "going on" in result.stderr else "from the start"
        print(f"  {what}: {kept}, {seconds:.2f} s, the same bytes", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--rate", default="100mbit")
    parser.add_argument("--models", default="gpt2-3x64:f32,llama-6x384:bf16")
    options = parser.parse_args()
    try:
        wire = link.Link(options.rate)
    except link.Missing as reason:
        print(f"skipped two ranks beyond a link of {options.rate}: {reason}", flush=True)
        wire = None
    try:
        with tempfile.TemporaryDirectory(prefix="nino-ranks-") as folder:
            steps = [Step(folder, name) for name in options.models.split(",")]
            for step in steps:
                share(step, wire)
            print("memory", flush=True)
            check_memory(steps[0], Step(folder, "llama-tiny:f32"))
            print(f"kills, seed {options.seed}, {steps[0].config}", flush=True)
            kill(steps[0], options.kills, random.Random(options.seed))
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    finally:
        if wire:
            wire.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
