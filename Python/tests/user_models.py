"""Modules such as users write."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from families import VOCABULARY, ids, image
from torch import nn


class VAE(nn.Module):
    """An autoencoder with a code of means and deviations, noise left off."""

    def __init__(self):
        super().__init__()
        self.inward = nn.Sequential(nn.Conv2d(3, 6, 4, 2, 1), nn.ReLU(), nn.Conv2d(6, 9, 4, 2, 1), nn.ReLU())
        self.mean, self.deviation = nn.Linear(9 * 16, 5), nn.Linear(9 * 16, 5)
        self.spread = nn.Linear(5, 9 * 16)
        self.outward = nn.Sequential(
            nn.ConvTranspose2d(9, 6, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(6, 3, 4, 2, 1), nn.Sigmoid()
        )

    def forward(self, pixels):
        code = self.inward(pixels).flatten(1)
        code = self.mean(code) * torch.exp(0.5 * self.deviation(code))
        return self.outward(self.spread(code).view(-1, 9, 4, 4))


class WaveNet(nn.Module):
    """Gated causal convolutions with skip connections."""

    def __init__(self, width: int = 6, layers: int = 3):
        super().__init__()
        self.table = nn.Embedding(VOCABULARY, width)
        self.gates = nn.ModuleList([nn.Conv1d(width, 2 * width, 2, dilation=2**i) for i in range(layers)])
        self.out = nn.ModuleList([nn.Conv1d(width, width, 1) for _ in range(layers)])
        self.skip = nn.ModuleList([nn.Conv1d(width, 8, 1) for _ in range(layers)])
        self.head = nn.Conv1d(8, VOCABULARY, 1)

    def forward(self, words):
        x = self.table(words).transpose(1, 2)
        total = 0
        for i, (gate, out, skip) in enumerate(zip(self.gates, self.out, self.skip)):
            value, share = gate(F.pad(x, (2**i, 0))).chunk(2, 1)
            y = torch.tanh(value) * torch.sigmoid(share)
            total = total + skip(y)
            x = x + out(y)
        return self.head(F.relu(total)).transpose(1, 2)


class WordGRU(nn.Module):
    """A recurrent language model with tied tables."""

    def __init__(self, cell: str = "GRU"):
        super().__init__()
        self.table, self.memory = nn.Embedding(VOCABULARY, 12), getattr(nn, cell)(12, 12, 2, batch_first=True)
        self.head = nn.Linear(12, VOCABULARY)
        self.head.weight = self.table.weight

    def forward(self, words):
        return self.head(self.memory(self.table(words))[0])


class Attention(nn.Module):
    """PyTorch's attention module between two sequences."""

    def __init__(self):
        super().__init__()
        self.table, self.other = nn.Embedding(VOCABULARY, 12), nn.Linear(7, 12)
        self.attend = nn.MultiheadAttention(12, 3, batch_first=True)
        self.norm, self.head = nn.LayerNorm(12), nn.Linear(12, 5)

    def forward(self, words, features):
        x, y = self.table(words), self.other(features)
        return self.head(self.norm(x + self.attend(x, y, y, need_weights=False)[0]).mean(1))


class Experts(nn.Module):
    """A soft mixture of experts, stacked in one tensor."""

    def __init__(self, experts: int = 3):
        super().__init__()
        self.stem, self.router = nn.Linear(7, 10), nn.Linear(10, experts)
        self.up, self.down = (nn.Parameter(torch.randn(experts, a, b) * 0.3) for a, b in ((10, 6), (6, 10)))
        self.head = nn.Linear(10, 4)

    def forward(self, x):
        x = F.silu(self.stem(x))
        hidden = torch.relu(torch.einsum("bd,edh->beh", x, self.up))
        y = torch.einsum("beh,ehd->bed", hidden, self.down)
        return self.head(x + (y * self.router(x).softmax(-1)[..., None]).sum(1))


class ListedExperts(nn.Module):
    """The same with a module for each expert."""

    def __init__(self, experts: int = 3):
        super().__init__()
        self.router = nn.Linear(7, experts)
        self.experts = nn.ModuleList(
            [nn.Sequential(nn.Linear(7, 9), nn.GELU(), nn.Linear(9, 7)) for _ in range(experts)]
        )
        self.head = nn.Linear(7, 4)

    def forward(self, x):
        weights = self.router(x).softmax(-1)
        y = torch.stack([expert(x) for expert in self.experts], -1)
        return self.head((y * weights[:, None, :]).sum(-1))


class Excitation(nn.Module):
    """Residual blocks with squeeze and excitation."""

    def __init__(self, width: int = 8):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.convolution, self.norm = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.squeeze = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, 3, 1), nn.SiLU(), nn.Conv2d(3, width, 1), nn.Sigmoid()
        )
        self.head = nn.Linear(width, 5)

    def forward(self, pixels):
        x = self.stem(pixels)
        y = F.relu(self.norm(self.convolution(x)))
        return self.head((x + y * self.squeeze(y)).mean((2, 3)))


class Normed(nn.Module):
    """Weight norm and spectral scale on linear and convolutional layers."""

    def __init__(self):
        super().__init__()
        norm = nn.utils.parametrizations.weight_norm
        self.convolution, self.up = norm(nn.Conv1d(4, 6, 3, padding=1)), norm(nn.Linear(6, 9))
        self.head = nn.Linear(9, 3)

    def forward(self, x):
        return self.head(torch.tanh(self.up(torch.tanh(self.convolution(x)).mean(-1))))


class EinsumAttention(nn.Module):
    """Attention in einsums over weights with head axes of their own."""

    def __init__(self, width: int = 12, heads: int = 3, size: int = 5):
        super().__init__()
        self.table = nn.Embedding(VOCABULARY, width)
        self.query, self.key, self.value = (nn.Parameter(torch.randn(width, heads, size) * 0.3) for _ in range(3))
        self.out, self.head = nn.Parameter(torch.randn(heads, size, width) * 0.3), nn.Linear(width, 4)

    def forward(self, words):
        x = self.table(words)
        q, k, v = (torch.einsum("btd,dhe->bhte", x, weight) for weight in (self.query, self.key, self.value))
        weights = (torch.einsum("bhte,bhse->bhts", q, k) / q.shape[-1] ** 0.5).softmax(-1)
        y = torch.einsum("bhts,bhse->bthe", weights, v)
        return self.head((x + torch.einsum("bthe,hed->btd", y, self.out)).mean(1))


class Reshapes(nn.Module):
    """Channels and positions that change places: patches by reshape, an outer product, a grouped sum."""

    def __init__(self):
        super().__init__()
        self.patch, self.mix = nn.Linear(3 * 16, 12), nn.Linear(12, 12)
        self.head = nn.Linear(4 * 3, 5)

    def forward(self, pixels):
        b = pixels.shape[0]
        x = pixels.reshape(b, 3, 4, 4, 4, 4).permute(0, 2, 4, 1, 3, 5).reshape(b, 16, 48)
        x = torch.relu(self.patch(x)).reshape(b, 16, 4, 3)
        y = torch.sigmoid(self.mix(x.flatten(2))).reshape(b, 16, 4, 3)
        return self.head((x * y).mean(1).flatten(1))


class ResidualMLP(nn.Module):
    """Blocks whose skip changes the width, a gate by softmax, a learned temperature."""

    def __init__(self):
        super().__init__()
        self.first, self.skip, self.gate = nn.Linear(7, 10), nn.Linear(7, 10, bias=False), nn.Linear(10, 10)
        self.scale, self.temperature = nn.Parameter(torch.ones(10)), nn.Parameter(torch.tensor(1.5))
        self.head = nn.Linear(10, 3)

    def forward(self, x):
        y = F.gelu(self.first(x)) * self.scale + self.skip(x)
        return self.head(y * (self.gate(y) / self.temperature).softmax(-1))


class Video(nn.Module):
    """Convolutions over time, height and width."""

    def __init__(self):
        super().__init__()
        self.stem, self.head = nn.Conv3d(3, 6, 3, padding=1), nn.Linear(6, 4)

    def forward(self, frames):
        return self.head(torch.relu(self.stem(frames)).mean((2, 3, 4)))


OWN = {
    "VAE": lambda: (VAE(), {"pixels": image(16)}),
    "WaveNet": lambda: (WaveNet(), {"words": ids()}),
    "GRU": lambda: (WordGRU(), {"words": ids()}),
    "RNN": lambda: (WordGRU("RNN"), {"words": ids()}),
    "nn.MultiheadAttention": lambda: (Attention(), {"words": ids(), "features": torch.randn(2, 5, 7)}),
    "soft experts": lambda: (Experts(), {"x": torch.randn(2, 7)}),
    "listed experts": lambda: (ListedExperts(), {"x": torch.randn(2, 7)}),
    "excitation": lambda: (Excitation(), {"pixels": image(16)}),
    "weight norm": lambda: (Normed(), {"x": torch.randn(2, 4, 11)}),
    "einsum attention": lambda: (EinsumAttention(), {"words": ids()}),
    "reshapes": lambda: (Reshapes(), {"pixels": image(16)}),
    "residual MLP": lambda: (ResidualMLP(), {"x": torch.randn(2, 7)}),
}
