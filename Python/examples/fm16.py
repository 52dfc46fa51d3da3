"""How many steps a small convolutional network takes to an accuracy on FashionMNIST, with and without nowcasts.

    python fm16.py [--seeds 1000 2000 3000] [--target 0.895] [--steps 10000] [--out fm16.jsonl] [--threads 1]

Prints one JSON object a run, with the steps to the target and to accuracies below it. Both optimizers see the same
batches from the same initial weights; the accuracy on the test images is looked at every 50 steps, with a nowcaster
that of the weights it has to show. `seconds` says what a run spends its time on, without those looks: passes forward
and backward, steps of AdamW, passes of the search, and the wrapper's own work. A run that stands in the file of --out
is not made again.
"""

import argparse
import time
from collections.abc import Callable

import nino.torch
import torch
from fashion_mnist import FashionMNIST
from finished import Finished
from torch import nn
from torch.nn import functional

CONFIG = {
    "model_type": "cnn",
    "hidden": [16, 32, 32],
    "in_channels": 1,
    "image_size": 28,
    "num_classes": 10,
    "kernel_size": 3,
}
PERIOD, EVALUATION = 1000, 50
LEVELS = (0.85, 0.86, 0.87, 0.88, 0.885, 0.89, 0.895)


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


class Stopwatch:
    """Seconds spent in functions that do not call each other."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, function: Callable) -> Callable:
        def call(*args, **kwargs):
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - start

        return call


class Training:
    """One run. `nowcaster` None: AdamW alone."""

    def __init__(self, data: FashionMNIST, seed: int, steps: int, nowcaster: str | None) -> None:
        torch.manual_seed(seed)
        self.data, self.seed, self.steps = data, seed, steps
        self.model, self.shown = Convolutional(), Convolutional()
        self.passes, self.base, self.search, self.optimizing = (Stopwatch() for _ in range(4))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.006, weight_decay=0)
        self.optimizer.step = self.base.timed(self.optimizer.step)
        self.nowcasts = nowcaster is not None
        if self.nowcasts:
            self.optimizer = nino.torch.NiNo(
                self.optimizer,
                self.model,
                config=CONFIG,
                period=PERIOD,
                max_train_steps=steps,
                horizon=20,
                ckpt=nowcaster,
            )

    def loss(self, step: int, count: int = 1) -> torch.Tensor:
        losses = []
        for index in range(step, step + count):
            x, y = self.data.batch(self.seed, index)
            losses.append(functional.cross_entropy(self.model(x), y))
        return torch.stack(losses).mean()

    def step(self, number: int) -> None:
        if self.nowcasts and not self.optimizer.need_grads:
            closure = self.search.timed(lambda: self.loss(number, 4))
            self.optimizing.timed(self.optimizer.step)(closure)
            return
        self.optimizer.zero_grad()
        self.passes.timed(lambda: self.loss(number).backward())()
        # The closure is not called; that there is one asks for a search.
        self.optimizing.timed(self.optimizer.step)(*([lambda: None] if self.nowcasts else []))

    def accuracy(self, step: int) -> float:
        weights = self.model.state_dict()
        if self.nowcasts:
            weights = self.optimizer.evaluation_weights(lambda: self.loss(step, 4))
        self.shown.load_state_dict(weights)
        return self.data.accuracy(self.shown)

    def run(self, target: float) -> dict:
        reached, best, jumps = None, 0.0, 0
        steps_to: dict[str, int] = {}
        for number in range(self.steps):
            jump = self.nowcasts and not self.optimizer.need_grads
            self.step(number)
            jumps += jump and self.optimizer.last_event.kind == "nowcast"
            if (number + 1) % EVALUATION == 0:
                found = self.accuracy(number + 1)
                best = max(best, found)
                steps_to |= {str(at): number + 1 for at in LEVELS if at <= found and str(at) not in steps_to}
                if found >= target:
                    reached = number + 1
                    break
        own = self.optimizing.seconds - self.base.seconds - self.search.seconds
        others = self.passes.seconds + self.base.seconds + self.search.seconds
        seconds = {"passes": self.passes, "base": self.base, "search": self.search}
        return {
            "steps_to_target": reached,
            "steps_to": steps_to,
            "best": best,
            "jumps": jumps,
            "seconds": {name: round(watch.seconds, 2) for name, watch in seconds.items()} | {"wrapper": round(own, 2)},
            "wrapper_share": round(own / others, 4),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1000, 2000, 3000])
    parser.add_argument("--target", type=float, default=0.895)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--nowcaster", default="nino")
    parser.add_argument("--out", help="a file that results are added to")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    nino.set_threads(arguments.threads)
    data, finished = FashionMNIST(), Finished(arguments.out)
    for seed in arguments.seeds:
        for nowcaster in (None, arguments.nowcaster):
            settings = {
                "seed": seed,
                "nowcaster": nowcaster,
                "steps": arguments.steps,
                "target": arguments.target,
            }
            finished.make(
                settings,
                lambda seed=seed, nowcaster=nowcaster: Training(data, seed, arguments.steps, nowcaster).run(
                    arguments.target
                ),
            )


if __name__ == "__main__":
    main()
