"""Five commands that keep their work, small enough to be run hundreds of times, and what each leaves in the end."""

import json
import os
import random
import signal
import struct
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NINO = os.environ.get("NINO", os.path.join(ROOT, ".build/release/nino"))

GPT2 = {"model_type": "gpt2", "vocab_size": 256, "n_positions": 64, "n_embd": 8, "n_layer": 1, "n_head": 2}
PLAN = {
    "families": [
        {
            "name": "tiny",
            "task": "text",
            "learning_rate": [0.001, 0.01],
            "weight_decay": 0.01,
            "batch_size": 4,
            "steps": 64,
            "interval": 4,
            "config": {**GPT2, "n_embd": {"one_of": [4, 8]}},
        }
    ]
}


def nino(arguments):
    result = subprocess.run([NINO, *arguments], capture_output=True, text=True)
    assert result.returncode == 0, f"nino {' '.join(arguments)}: status {result.returncode}\n{result.stderr}"


def kill_at(arguments, seconds):
    """Runs a command and kills it after some time; whether it was still running then."""
    process = subprocess.Popen([NINO, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    running = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return running


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def files(folder):
    """All files in a folder, by their path in it."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            found[os.path.relpath(path, folder)] = path
    return found


def is_whole(path):
    """Whether a safetensors file is as long as its header says."""
    data = contents(path)
    if len(data) < 8:
        return False
    (length,) = struct.unpack("<Q", data[:8])
    if len(data) < 8 + length:
        return False
    header = json.loads(data[8 : 8 + length])
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    return len(data) == 8 + length + max(ends, default=0)


class Work:
    """One command: how it begins, how it goes on after a kill, and the bytes that it must end with."""

    def __init__(self, name, folder, begin, go_on, results, is_replaced=False):
        self.name, self.folder, self.begin, self.go_on = name, folder, begin, go_on
        # Names of files whose bytes are the result, and whether one of an earlier step may stand there before.
        self.results, self.is_replaced = results, is_replaced
        start = time.monotonic()
        nino(self.begin(self.out("whole")))
        self.seconds = time.monotonic() - start
        self.expected = self.found("whole")
        assert self.expected, f"{name}: left nothing"

    def out(self, name):
        return os.path.join(self.folder, name)

    def found(self, name):
        return {key: contents(path) for key, path in files(self.out(name)).items() if self.results(key)}

    def torn(self, name):
        """Files under their final names that are not whole."""
        named = {key: path for key, path in files(self.out(name)).items() if not os.path.basename(key).startswith(".")}
        return [key for key, path in named.items() if key.endswith(".safetensors") and not is_whole(path)]


def make(folder, text_bytes=4000):
    """The inputs of all five."""
    os.makedirs(folder, exist_ok=True)

    def place(name):
        return os.path.join(folder, name)

    source = random.Random(7)
    with open(place("text"), "wb") as file:
        file.write(bytes(source.randrange(32, 127) for _ in range(text_bytes)))
    for name, value in [("config.json", GPT2), ("plan.json", PLAN), ("wide.json", {**GPT2, "n_embd": 32})]:
        with open(place(name), "w") as file:
            json.dump(value, file)
    nino(["bench", "--config", place("wide.json"), "--keep", place("history"), "--tries", "1", "--threads", "1"])
    collect = ["collect", "--plan", place("plan.json"), "--text", place("text"), "--quiet", "--jobs", "1"]
    nino([*collect, "--runs", "2", "--out", place("collection")])
    history = [place(f"history/state_{number}.safetensors") for number in range(5)]
    step = ["step", "--config", place("wide.json"), "--history", *history, "--k", "4", "--quiet", "--threads", "1"]
    step += ["--checkpoint", place("history/nino.safetensors"), "--journal-every", "0"]
    task = ["--task", "text", "--text", place("text"), "--config", place("config.json"), "--quiet", "--context", "32"]
    task += ["--steps", "60", "--period", "20", "--eval-every", "10", "--batch", "4"]
    meta = ["meta-train", "--data", place("collection"), "--hidden", "8", "--steps", "8", "--trajectories", "2"]
    meta += ["--slices", "2", "--hold-out", "2", "--eval-every", "2", "--starts", "1", "--quiet"]

    def in_folder(out, name):
        os.makedirs(out, exist_ok=True)
        return os.path.join(out, name)

    def is_model(name):
        return name.endswith("model.safetensors")

    def stepping(out):
        return [*step, "--out", in_folder(out, "o.safetensors")]

    def training(out):
        return ["train", *task, "--nowcaster", "linefit", "--save", out]

    def resuming(out):
        has_begun = os.path.exists(os.path.join(out, "checkpoint.safetensors"))
        return ["train", *task, "--nowcaster", "linefit", "--resume", out] if has_begun else training(out)

    def comparing(out):
        return ["compare", *task, "--nowcasters", "none,linefit", "--save", out]

    def collecting(out):
        return [*collect, "--runs", "3", "--out", out]

    def learning(out):
        return [*meta, "--out", in_folder(out, "ck.safetensors")]

    def learning_on(out):
        # What a kill left half written has a hidden name, and is nothing to go on from.
        has_begun = os.path.exists(os.path.join(out, "ck.training.safetensors"))
        return learning(out) + (["--resume"] if has_begun else [])

    return {
        "step": lambda: Work(
            "step", place("step"), stepping, lambda out: [*stepping(out), "--resume"], lambda name: name[0] != "."
        ),
        "train": lambda: Work("train", place("train"), training, resuming, is_model),
        "compare": lambda: Work("compare", place("compare"), comparing, comparing, is_model),
        "collect": lambda: Work(
            "collect", place("collect"), collecting, collecting, lambda name: name.endswith(".safetensors")
        ),
        "meta-train": lambda: Work(
            "meta-train", place("meta"), learning, learning_on, lambda name: name == "ck.safetensors", is_replaced=True
        ),
    }
