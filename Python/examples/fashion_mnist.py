"""FashionMNIST from the files of Debian's package dataset-fashion-mnist."""

import gzip
from pathlib import Path

import numpy as np
import torch
from torch import nn

FOLDER = Path("/usr/share/datasets/fashion-mnist")


def read(name: str) -> torch.Tensor:
    """An IDX file of bytes."""
    data = gzip.decompress((FOLDER / name).read_bytes())
    sizes = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=4 + 4 * len(sizes)).reshape(sizes).copy())


def images(name: str) -> torch.Tensor:
    """[count, 1, 28, 28], with mean 0 and deviation 1 over the training images."""
    return ((read(name).float() / 255 - 0.2860) / 0.3530).unsqueeze(1)


class FashionMNIST:
    """60,000 images to learn and 10,000 to test."""

    def __init__(self) -> None:
        self.train = images("train-images-idx3-ubyte.gz"), read("train-labels-idx1-ubyte.gz").long()
        self.test = images("t10k-images-idx3-ubyte.gz"), read("t10k-labels-idx1-ubyte.gz").long()
        self._pass: tuple[int, int] | None = None

    def batch(self, seed: int, step: int, size: int = 128) -> tuple[torch.Tensor, torch.Tensor]:
        """Of an order that is drawn anew for each pass over the images."""
        batches = len(self.train[1]) // size
        if self._pass != (seed, step // batches):
            self._pass = (seed, step // batches)
            generator = torch.Generator().manual_seed(seed * 1000 + step // batches)
            self._order = torch.randperm(len(self.train[1]), generator=generator)
        rows = self._order[step % batches * size :][:size]
        return self.train[0][rows], self.train[1][rows]

    def accuracy(self, model: nn.Module) -> float:
        """On the images to test."""
        parts = zip(*(tensor.split(2000) for tensor in self.test), strict=True)
        with torch.no_grad():
            hits = [model(x).argmax(1).eq(y).sum().item() for x, y in parts]
        return sum(hits) / len(self.test[1])
