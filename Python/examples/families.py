"""What two networks that no plugin knows come to after some steps: AdamW, its exponential mean, and nowcasts.

    python families.py --text FILE [--out families.jsonl] [--tasks resnet mistral] [--seeds 1000 2000] [--steps 5000]
                       [--period 1000] [--threads 1]

`resnet` is a small residual network on FashionMNIST (accuracy on the test images), `mistral` one of transformers with
3 layers of width 64 on the bytes of a text (loss on its last tenth). All see the same batches from the same initial
weights at one constant learning rate. They are looked at every 250 steps and at the end, the mean of AdamW's weights
in the run of AdamW; the weights that are looked at get the batch statistics of 20 training batches of their own,
whoever made them. Prints one JSON object a run; one that stands in the file of --out is not made again.
"""

import argparse
import copy
import time
from pathlib import Path

import nino.torch
import numpy as np
import torch
import transformers
from fashion_mnist import FashionMNIST
from finished import Finished
from torch import nn
from torch.nn import functional

EVALUATION, DECAY = 250, 0.995


class Block(nn.Module):
    """Two convolutions beside a shortcut; `stride` halves the image, with a 1x1 convolution in the shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if stride > 1:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return functional.relu(y + self.shortcut(x))


class ResNet(nn.Module):
    """Three blocks of 16, 32 and 64 channels on images of 28 by 28."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.bn = nn.Conv2d(1, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16)
        self.blocks = nn.Sequential(Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2))
        self.head = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.blocks(functional.relu(self.bn(self.stem(x))))
        return self.head(x.mean((2, 3)))


class Images:
    """A small residual network learns FashionMNIST."""

    learning_rate, weight_decay, horizon = 1e-3, 0.01, 20

    def __init__(self, _text: Path | None) -> None:
        self._data = FashionMNIST()
        self.batch = self._data.batch
        self.example = self._data.train[0][:2]

    def model(self) -> nn.Module:
        return ResNet()

    def loss(self, model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        return functional.cross_entropy(model(batch[0]), batch[1])

    def metric(self, model: nn.Module) -> float:
        return self._data.accuracy(model)


class Bytes:
    """Mistral with 3 layers of width 64 learns windows of 64 bytes, 32 at a time."""

    learning_rate, weight_decay, horizon = 1e-3, 0.01, 10
    window, size = 64, 32

    def __init__(self, text: Path | None) -> None:
        if text is None:
            raise SystemExit("families.py: --text: expected a file for task mistral to learn, found none")
        data = torch.from_numpy(np.fromfile(text, np.uint8)).long()
        cut = len(data) * 9 // 10
        self._train, self._test = data[:cut], data[cut:]
        self.example = {"input_ids": data[: self.window][None].repeat(2, 1)}

    def model(self) -> nn.Module:
        return transformers.MistralForCausalLM(
            transformers.MistralConfig(
                vocab_size=256,
                hidden_size=64,
                intermediate_size=192,
                num_hidden_layers=3,
                num_attention_heads=4,
                num_key_value_heads=2,
                max_position_embeddings=self.window,
            )
        )

    def batch(self, seed: int, step: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed * 1_000_000 + step)
        return self._windows(self._train, self.size, generator)

    def loss(self, model: nn.Module, batch: torch.Tensor) -> torch.Tensor:
        return model(input_ids=batch, labels=batch, use_cache=False).loss

    def metric(self, model: nn.Module) -> float:
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            losses = [self.loss(model, self._windows(self._test, 128, generator)).item() for _ in range(16)]
        return sum(losses) / len(losses)

    def _windows(self, data: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
        starts = torch.randint(len(data) - self.window, (count, 1), generator=generator)
        return data[starts + torch.arange(self.window)]


TASKS = {"resnet": Images, "mistral": Bytes}


class Training:
    """One run of a task, with nowcasts or with AdamW alone; then the mean of its weights is looked at as well."""

    def __init__(self, task: Images | Bytes, seed: int, steps: int, nowcasts: bool, period: int) -> None:
        torch.manual_seed(seed)
        self.task, self.seed, self.steps, self.nowcasts = task, seed, steps, nowcasts
        self.model = task.model()
        self.shown = copy.deepcopy(self.model)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=task.learning_rate, weight_decay=task.weight_decay
        )
        if nowcasts:
            self.optimizer = nino.torch.NiNo(
                self.optimizer,
                self.model,
                task.example,
                period=period,
                max_train_steps=steps,
                horizon=task.horizon,
            )
        self.mean = {name: tensor.detach().clone() for name, tensor in self.model.named_parameters()}

    def loss(self, step: int) -> torch.Tensor:
        return self.task.loss(self.model, self.task.batch(self.seed, step))

    def judged(self, step: int) -> torch.Tensor:
        """The mean loss of four batches from `step` on."""
        return torch.stack([self.loss(step + index) for index in range(4)]).mean()

    def step(self, number: int) -> None:
        if self.nowcasts and not self.optimizer.need_grads:
            self.optimizer.step(lambda: self.judged(number))
            return
        self.optimizer.zero_grad()
        self.loss(number).backward()
        self.optimizer.step(*([lambda: None] if self.nowcasts else []))
        with torch.no_grad():
            for name, tensor in self.model.named_parameters():
                self.mean[name].lerp_(tensor, 1 - DECAY)

    def metric(self, weights: dict[str, torch.Tensor], step: int) -> float:
        """Of these weights, with batch statistics of their own."""
        self.shown.load_state_dict(self.model.state_dict() | weights)
        norms = [module for module in self.shown.modules() if isinstance(module, nn.BatchNorm2d)]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
        if norms:
            self.shown.train()
            with torch.no_grad():
                for index in range(20):
                    self.shown(self.task.batch(self.seed, max(0, step - 20) + index)[0])
        return self.task.metric(self.shown.eval())

    def run(self) -> dict:
        names = ["nino"] if self.nowcasts else ["adamw", f"ema {DECAY}"]
        curves, jumps, start = {name: [] for name in names}, 0, time.perf_counter()
        for number in range(self.steps):
            jump = self.nowcasts and not self.optimizer.need_grads
            self.step(number)
            jumps += jump and self.optimizer.last_event.kind == "nowcast"
            if (number + 1) % EVALUATION and number + 1 < self.steps:
                continue
            own = {name: tensor.detach() for name, tensor in self.model.named_parameters()}
            if self.nowcasts:
                shown = [self.optimizer.evaluation_weights(lambda: self.judged(number + 1))]  # noqa: B023
            else:
                shown = [own, self.mean]
            for name, weights in zip(names, shown, strict=True):
                curves[name].append(round(self.metric(weights, number + 1), 5))
        return {"jumps": jumps, "seconds": round(time.perf_counter() - start), "curves": curves}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, help="a file for task mistral to learn")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1000, 2000])
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--out", help="a file that results are added to")
    parser.add_argument("--period", type=int, default=1000, help="steps between nowcasts")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    nino.set_threads(arguments.threads)
    finished = Finished(arguments.out)
    for name in arguments.tasks:
        task = TASKS[name](arguments.text)
        for seed in arguments.seeds:
            for nowcasts in (False, True):
                settings = {"task": name, "seed": seed, "steps": arguments.steps, "nowcasts": nowcasts}
                settings |= {"period": arguments.period} if nowcasts else {}
                made = (task, seed, arguments.steps, nowcasts, arguments.period)
                finished.make(settings, lambda made=made: Training(*made).run())


if __name__ == "__main__":
    main()
