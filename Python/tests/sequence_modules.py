"""Modules such as users write for sequences, sets and graphs, each with an idea that the others have not."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from families import VOCABULARY
from torch import nn


class GraphConvolution(nn.Module):
    """Two layers of messages along a normed adjacency matrix that is an input."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.loop = nn.Linear(6, 9), nn.Linear(9, 9), nn.Linear(9, 9, bias=False)
        self.head = nn.Linear(9, 3)

    def forward(self, nodes, adjacency):
        share = adjacency / adjacency.sum(-1, keepdim=True).clamp(min=1)
        x = torch.relu(share @ self.first(nodes))
        x = torch.relu(share @ self.second(x) + self.loop(x))
        return self.head(x.mean(1))


class GraphAttention(nn.Module):
    """Scores of pairs from one vector for each end, masked by an adjacency matrix (GAT)."""

    def __init__(self, heads: int = 2, size: int = 4):
        super().__init__()
        self.shape = heads, size
        self.map = nn.Linear(6, heads * size, bias=False)
        self.source, self.target = (nn.Parameter(torch.randn(heads, size) * 0.3) for _ in range(2))
        self.head = nn.Linear(heads * size, 3)

    def forward(self, nodes, adjacency):
        x = self.map(nodes).unflatten(-1, self.shape)
        scores = (x * self.source).sum(-1).unsqueeze(2) + (x * self.target).sum(-1).unsqueeze(1)
        scores = F.leaky_relu(scores, 0.2).masked_fill((adjacency == 0).unsqueeze(-1), -1e9)
        y = torch.einsum("bijh,bjhd->bihd", scores.softmax(2), x).flatten(2)
        return self.head(F.elu(y).mean(1))


class TopKExperts(nn.Module):
    """The two best of four experts for each token, all computed and weighted."""

    def __init__(self, width: int = 8, experts: int = 4):
        super().__init__()
        self.table, self.router = nn.Embedding(VOCABULARY, width), nn.Linear(width, experts)
        self.up = nn.Parameter(torch.randn(experts, width, 10) * 0.3)
        self.down = nn.Parameter(torch.randn(experts, 10, width) * 0.3)
        self.head = nn.Linear(width, 5)

    def forward(self, words):
        x = self.table(words)
        best, places = self.router(x).topk(2, -1)
        share = torch.zeros_like(self.router(x)).scatter(-1, places, best.softmax(-1))
        hidden = F.gelu(torch.einsum("btd,edh->bteh", x, self.up))
        y = torch.einsum("bteh,ehd,bte->btd", hidden, self.down, share)
        return self.head((x + y).mean(1))


class RelativeAttention(nn.Module):
    """Attention written out, with a learned bias for each distance and a gate on its output."""

    def __init__(self, width: int = 12, heads: int = 3, length: int = 16):
        super().__init__()
        self.heads, self.table = heads, nn.Embedding(VOCABULARY, width)
        self.qkv, self.gate, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width), nn.Linear(width, width)
        self.bias = nn.Parameter(torch.randn(heads, 2 * length - 1) * 0.3)
        index = torch.arange(length)
        self.register_buffer("distance", index[:, None] - index[None] + length - 1, persistent=False)
        self.head = nn.Linear(width, VOCABULARY)

    def forward(self, words):
        x = self.table(words)
        length = x.shape[1]
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
        scores = scores + self.bias[:, self.distance[:length, :length]]
        y = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2) * torch.sigmoid(self.gate(x))
        return self.head(x + self.out(y))


class LinearAttention(nn.Module):
    """Attention without softmax: keys and values are summed up first (elu + 1)."""

    def __init__(self, width: int = 12, heads: int = 3):
        super().__init__()
        self.heads, self.inward = heads, nn.Linear(7, width)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out, self.head = nn.Linear(width, width), nn.Linear(width, 4)

    def forward(self, x):
        x = self.inward(x)
        q, k, v = (f(x).unflatten(-1, (self.heads, -1)) for f in (self.query, self.key, self.value))
        q, k = F.elu(q) + 1, F.elu(k) + 1
        summed = torch.einsum("bthd,bthe->bhde", k, v)
        y = torch.einsum("bthd,bhde->bthe", q, summed) / torch.einsum("bthd,bhd->bth", q, k.sum(1)).unsqueeze(-1)
        return self.head((x + self.out(y.flatten(2))).mean(1))


class Latents(nn.Module):
    """Learned latents that read a sequence (Perceiver)."""

    def __init__(self, width: int = 12):
        super().__init__()
        self.inward, self.latents = nn.Linear(7, width), nn.Parameter(torch.randn(4, width) * 0.3)
        self.read = nn.MultiheadAttention(width, 3, batch_first=True)
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 5)

    def forward(self, x):
        x = self.inward(x)
        latents = self.latents.expand(x.shape[0], -1, -1)
        latents = latents + self.read(latents, x, x, need_weights=False)[0]
        return self.head(self.norm(latents).mean(1))


class CellLoop(nn.Module):
    """A cell of PyTorch called in a loop over time."""

    def __init__(self, cell: str = "GRUCell"):
        super().__init__()
        self.cell, self.head = getattr(nn, cell)(5, 8), nn.Linear(8, 3)

    def forward(self, x):
        state = x.new_zeros(x.shape[0], 8)
        state = (state, state) if isinstance(self.cell, nn.LSTMCell) else state
        for step in range(x.shape[1]):
            state = self.cell(x[:, step], state)
        return self.head(state[0] if isinstance(state, tuple) else state)


class Selective(nn.Module):
    """A state-space layer written as a loop over time, with steps of its own for each channel."""

    def __init__(self, width: int = 6, state: int = 4):
        super().__init__()
        self.table, self.inward = nn.Embedding(VOCABULARY, width), nn.Linear(width, 2 * width)
        self.step, self.read = nn.Linear(width, width), nn.Linear(width, 2 * state)
        self.decay, self.skip = nn.Parameter(torch.rand(width, state)), nn.Parameter(torch.ones(width))
        self.out, self.head = nn.Linear(width, width), nn.Linear(width, VOCABULARY)

    def forward(self, words):
        residual = self.table(words)
        x, gate = self.inward(residual).chunk(2, -1)
        x = F.silu(x)
        step = F.softplus(self.step(x))
        write, read = self.read(x).chunk(2, -1)
        state, outputs = torch.zeros_like(x[:, 0]).unsqueeze(-1) * self.decay, []
        for t in range(8):
            keep = torch.exp(-step[:, t].unsqueeze(-1) * F.softplus(self.decay))
            state = keep * state + (step[:, t] * x[:, t]).unsqueeze(-1) * write[:, t].unsqueeze(1)
            outputs.append((state * read[:, t].unsqueeze(1)).sum(-1) + self.skip * x[:, t])
        y = torch.stack(outputs, 1) * F.silu(gate[:, :8])
        return self.head(residual[:, :8] + self.out(y))


class Conformer(nn.Module):
    """A gated depthwise convolution between halves of a feed-forward layer."""

    def __init__(self, width: int = 8):
        super().__init__()
        self.inward, self.up, self.back = nn.Linear(6, width), nn.Linear(width, 12), nn.Linear(12, width)
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(3)])
        self.point, self.deep = nn.Conv1d(width, 2 * width, 1), nn.Conv1d(width, width, 5, padding=2, groups=width)
        self.mix, self.batch = nn.Conv1d(width, width, 1), nn.BatchNorm1d(width)
        self.head = nn.Linear(width, 5)

    def forward(self, x):
        x = self.inward(x)
        x = x + 0.5 * self.back(F.silu(self.up(self.norms[0](x))))
        y = F.glu(self.point(self.norms[1](x).transpose(1, 2)), 1)
        x = x + self.mix(F.silu(self.batch(self.deep(y)))).transpose(1, 2)
        return self.head(self.norms[2](x))


class SpatialGate(nn.Module):
    """A gate over positions (gMLP) and residual branches that start at zero."""

    def __init__(self, width: int = 8, length: int = 7):
        super().__init__()
        self.inward, self.up, self.down = nn.Linear(6, width), nn.Linear(width, 12), nn.Linear(6, width)
        self.norm, self.gate_norm, self.spread = nn.LayerNorm(width), nn.LayerNorm(6), nn.Linear(length, length)
        self.zero, self.head = nn.Parameter(torch.zeros(1)), nn.Linear(width, 3)

    def forward(self, x):
        x = self.inward(x)
        a, b = F.gelu(self.up(self.norm(x))).chunk(2, -1)
        b = self.spread(self.gate_norm(b).transpose(1, 2)).transpose(1, 2)
        return self.head((x + self.zero * self.down(a * b)).mean(1))


class Seq2Seq(nn.Module):
    """An encoder's last state starts a decoder that attends to the encoder."""

    def __init__(self, width: int = 8):
        super().__init__()
        self.source, self.target = nn.Embedding(VOCABULARY, 6), nn.Embedding(VOCABULARY, 6)
        self.encoder = nn.LSTM(6, width, batch_first=True)
        self.decoder = nn.LSTM(6, width, batch_first=True)
        self.head = nn.Linear(2 * width, VOCABULARY)

    def forward(self, source, target):
        memory, state = self.encoder(self.source(source))
        y, _ = self.decoder(self.target(target), state)
        context = (y @ memory.transpose(1, 2)).softmax(-1) @ memory
        return self.head(torch.cat([y, context], -1))


def _stack(kind: str):
    layer = getattr(nn, f"Transformer{kind}Layer")(12, 3, 20, 0.0, batch_first=True)
    return getattr(nn, f"Transformer{kind}")(layer, 2)


class Stacked(nn.Module):
    """PyTorch's encoder and decoder layers."""

    def __init__(self):
        super().__init__()
        self.table, self.encoder, self.decoder = nn.Embedding(VOCABULARY, 12), _stack("Encoder"), _stack("Decoder")
        self.head = nn.Linear(12, VOCABULARY)

    def forward(self, source, target):
        memory = self.encoder(self.table(source))
        return self.head(self.decoder(self.table(target), memory))


class AttentionPool(nn.Module):
    """A weighted mean of a set, weights by a small network (deep sets with attention)."""

    def __init__(self):
        super().__init__()
        self.embed, self.score = nn.Sequential(nn.Linear(5, 9), nn.ReLU()), nn.Linear(9, 1)
        self.head = nn.Linear(18, 4)

    def forward(self, x):
        x = self.embed(x)
        weights = self.score(x).softmax(1)
        return self.head(torch.cat([(weights * x).sum(1), x.amax(1)], -1))
