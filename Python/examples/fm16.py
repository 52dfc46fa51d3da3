"""How many steps a small convolutional network takes to an accuracy on FashionMNIST, with and without nowcasts.

    python fm16.py [--seeds 1000 2000 3000] [--target 0.895] [--steps 10000] [--nowcaster nino]

Prints one JSON object a run. Both optimizers see the same batches from the same initial weights; the accuracy on the
test images is looked at every 50 steps, with a nowcaster that of the weights it has to show.
"""

import argparse
import gzip
import json
import time
from pathlib import Path

import nino.torch
import numpy as np
import torch
from torch import nn
from torch.nn import functional

FOLDER = Path("/usr/share/datasets/fashion-mnist")
CONFIG = {
    "model_type": "cnn",
    "hidden": [16, 32, 32],
    "in_channels": 1,
    "image_size": 28,
    "num_classes": 10,
    "kernel_size": 3,
}
BATCH, PERIOD, EVALUATION = 128, 1000, 50


class Convolutional(nn.Module):
    """16, 32 and 32 channels under the names that the plugin for convolutional networks knows."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(32, 10),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(x)


def read(name: str) -> torch.Tensor:
    """An IDX file of bytes."""
    data = gzip.decompress((FOLDER / name).read_bytes())
    sizes = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=4 + 4 * len(sizes)).reshape(sizes).copy())


def images(name: str) -> torch.Tensor:
    """[count, 1, 28, 28], with mean 0 and deviation 1 over the training images."""
    return ((read(name).float() / 255 - 0.2860) / 0.3530).unsqueeze(1)


class Data:
    def __init__(self) -> None:
        self.train = images("train-images-idx3-ubyte.gz"), read("train-labels-idx1-ubyte.gz").long()
        self.test = images("t10k-images-idx3-ubyte.gz"), read("t10k-labels-idx1-ubyte.gz").long()

    def batch(self, seed: int, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Of an order that is drawn anew for each pass over the images."""
        passes = len(self.train[1]) // BATCH
        if getattr(self, "_pass", None) != (seed, step // passes):
            self._pass = (seed, step // passes)
            generator = torch.Generator().manual_seed(seed * 1000 + step // passes)
            self._order = torch.randperm(len(self.train[1]), generator=generator)
        rows = self._order[step % passes * BATCH :][:BATCH]
        return self.train[0][rows], self.train[1][rows]


def accuracy(model: nn.Module, data: Data) -> float:
    with torch.no_grad():
        hits = [model(x).argmax(1).eq(y).sum().item() for x, y in zip(*(t.split(2000) for t in data.test), strict=True)]
    return sum(hits) / len(data.test[1])


def run(data: Data, seed: int, steps: int, target: float, nowcaster: str | None) -> dict:
    torch.manual_seed(seed)
    model, shown = Convolutional(), Convolutional()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.006, weight_decay=0)
    if nowcaster:
        optimizer = nino.torch.NiNo(
            optimizer, model, config=CONFIG, period=PERIOD, max_train_steps=steps, horizon=20, ckpt=nowcaster
        )

    def loss_at(step: int, count: int = 1) -> torch.Tensor:
        losses = []
        for index in range(step, step + count):
            x, y = data.batch(seed, index)
            losses.append(functional.cross_entropy(model(x), y))
        return torch.stack(losses).mean()

    times = {"steps": 0.0, "wrapper": 0.0, "search": 0.0}
    reached, best, jumps = None, 0.0, 0
    for step in range(steps):
        start = time.perf_counter()
        if nowcaster and not optimizer.need_grads:
            optimizer.step(lambda step=step: loss_at(step, 4))
            jumps += optimizer.last_event.kind == "nowcast"
            times["search"] += time.perf_counter() - start
        else:
            optimizer.zero_grad()
            loss_at(step).backward()
            middle = time.perf_counter()
            optimizer.step(*([lambda: None] if nowcaster else []))
            times["wrapper"] += time.perf_counter() - middle
            times["steps"] += middle - start
        if (step + 1) % EVALUATION == 0:
            if nowcaster:
                shown.load_state_dict(optimizer.evaluation_weights(lambda step=step: loss_at(step + 1, 4)))
            found = accuracy(shown if nowcaster else model, data)
            best = max(best, found)
            if found >= target and reached is None:
                reached = step + 1
                break
    return {
        "seed": seed,
        "nowcaster": nowcaster,
        "steps_to_target": reached,
        "best": best,
        "jumps": jumps,
        "seconds": {name: round(seconds, 2) for name, seconds in times.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1000, 2000, 3000])
    parser.add_argument("--target", type=float, default=0.895)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--nowcaster", default="nino")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    data = Data()
    for seed in arguments.seeds:
        for nowcaster in (None, arguments.nowcaster):
            print(json.dumps(run(data, seed, arguments.steps, arguments.target, nowcaster)), flush=True)


if __name__ == "__main__":
    main()
