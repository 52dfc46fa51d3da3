"""More modules such as users write, each with an idea that the others have not."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from families import VOCABULARY, ids, image
from sequence_modules import (
    AttentionPool,
    CellLoop,
    Conformer,
    GraphAttention,
    GraphConvolution,
    Latents,
    LinearAttention,
    RelativeAttention,
    Selective,
    Seq2Seq,
    SpatialGate,
    Stacked,
    TopKExperts,
)
from torch import nn


class Coupling(nn.Module):
    """A normalizing flow: halves that scale and shift each other."""

    def __init__(self):
        super().__init__()
        self.nets = nn.ModuleList(
            [nn.Sequential(nn.Linear(4, 9), nn.Tanh(), nn.Linear(9, 8)) for _ in range(3)]
        )  # fmt: skip

    def forward(self, x):
        total = 0
        a, b = x.chunk(2, -1)
        for net in self.nets:
            scale, shift = net(a).chunk(2, -1)
            scale = torch.tanh(scale)
            a, b = b * scale.exp() + shift, a
            total = total + scale.sum(-1)
        return torch.cat([a, b, total[:, None]], -1)


class Masked(nn.Conv2d):
    """A convolution that sees what lies above and to the left (PixelCNN)."""

    def __init__(self, *args, first: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        mask = torch.ones_like(self.weight)
        middle = mask.shape[2] // 2
        mask[:, :, middle, middle + (not first) :] = 0
        mask[:, :, middle + 1 :] = 0
        self.register_buffer("mask", mask)

    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)


class Film(nn.Module):
    """Features of an image scaled and shifted by a text."""

    def __init__(self, width: int = 8):
        super().__init__()
        self.table, self.memory = nn.Embedding(VOCABULARY, 6), nn.GRU(6, 7, batch_first=True)
        self.stem, self.norm = nn.Conv2d(3, width, 3, 2, 1), nn.BatchNorm2d(width, affine=False)
        self.film, self.mix = nn.Linear(7, 2 * width), nn.Conv2d(width, width, 3, padding=1)
        self.head = nn.Linear(width, 4)

    def forward(self, pixels, words):
        scale, shift = self.film(self.memory(self.table(words))[0][:, -1]).chunk(2, -1)
        x = self.norm(self.stem(pixels)) * (1 + scale[..., None, None]) + shift[..., None, None]
        return self.head((x + self.mix(F.relu(x))).mean((2, 3)))


class TiedAutoencoder(nn.Module):
    """The decoder is the encoder's weight transposed."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(6, 9) * 0.3)
        self.up, self.down = nn.Parameter(torch.randn(6)), nn.Parameter(torch.randn(9))

    def forward(self, x):
        return F.linear(torch.tanh(F.linear(x, self.weight, self.up)), self.weight.t(), self.down)


class Factors(nn.Module):
    """Users and items as rows of tables, their product and a deep part (neural collaborative filtering)."""

    def __init__(self, width: int = 6):
        super().__init__()
        self.users, self.items = nn.Embedding(11, width), nn.Embedding(13, width)
        self.deep = nn.Sequential(nn.Linear(2 * width, 9), nn.ReLU(), nn.Linear(9, width))
        self.head = nn.Linear(2 * width, 1)

    def forward(self, users, items):
        u, i = self.users(users), self.items(items)
        return self.head(torch.cat([u * i, self.deep(torch.cat([u, i], -1))], -1))


class TwoTowers(nn.Module):
    """Two encoders whose normed outputs are compared, with a learned temperature."""

    def __init__(self):
        super().__init__()
        self.left = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 6))
        self.right = nn.Sequential(nn.Linear(7, 9), nn.ReLU(), nn.Linear(9, 6))
        self.temperature = nn.Parameter(torch.tensor(1.5))

    def forward(self, left, right):
        a, b = F.normalize(self.left(left), dim=-1), F.normalize(self.right(right), dim=-1)
        return a @ b.t() * self.temperature.exp()


class Dueling(nn.Module):
    """A value and advantages from one body (two heads that are joined)."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 10), nn.ReLU(), nn.Linear(10, 8), nn.ReLU())
        self.value, self.advantage = nn.Linear(8, 1), nn.Linear(8, 4)

    def forward(self, x):
        x = self.body(x)
        advantage = self.advantage(x)
        return self.value(x) + advantage - advantage.mean(-1, keepdim=True)


class ActorCritic(nn.Module):
    """Two outputs, from a shared body."""

    def __init__(self):
        super().__init__()
        self.body, self.actor, self.critic = nn.Linear(6, 10), nn.Linear(10, 4), nn.Linear(10, 1)

    def forward(self, x):
        x = torch.tanh(self.body(x))
        return self.actor(x), self.critic(x)


class Waves(nn.Module):
    """Sines of what layers compute, over encoded coordinates (SIREN, NeRF)."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(12, 9), nn.Linear(9, 9), nn.Linear(9 + 12, 9)])
        self.head = nn.Linear(9, 4)

    def forward(self, x):
        powers = 2.0 ** torch.arange(2)
        angles = (x.unsqueeze(-1) * powers).flatten(1)
        code = torch.cat([angles.sin(), angles.cos()], -1)
        y = torch.sin(self.layers[1](torch.sin(3 * self.layers[0](code))))
        return self.head(torch.sin(self.layers[2](torch.cat([y, code], -1))))


class Highway(nn.Module):
    """Layers with gates of their own, parametric ReLU, maxout, batch norm over a vector."""

    def __init__(self):
        super().__init__()
        self.first, self.norm, self.act = nn.Linear(7, 10), nn.BatchNorm1d(10), nn.PReLU(10)
        self.change, self.gate, self.max = nn.Linear(10, 10), nn.Linear(10, 10), nn.Linear(10, 12)
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        x = self.act(self.norm(self.first(x)))
        gate = torch.sigmoid(self.gate(x))
        x = gate * torch.tanh(self.change(x)) + (1 - gate) * x
        return self.head(self.max(x).unflatten(-1, (6, 2)).amax(-1))


class Shuffled(nn.Module):
    """Subpixel convolution (ESPCN) over instance-normed features."""

    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 8, 5, padding=2), nn.InstanceNorm2d(8, affine=True)
        self.second = nn.Conv2d(8, 12, 3, padding=1)

    def forward(self, pixels):
        return F.pixel_shuffle(self.second(torch.tanh(self.norm(self.first(pixels)))), 2)


class Bilinear(nn.Module):
    """PyTorch's bilinear layer."""

    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(5, 6), nn.Linear(4, 7)
        self.join, self.head = nn.Bilinear(6, 7, 8), nn.Linear(8, 3)

    def forward(self, a, b):
        return self.head(torch.relu(self.join(torch.relu(self.left(a)), torch.relu(self.right(b)))))


class Unfolded(nn.Module):
    """Patches by nn.Unfold."""

    def __init__(self):
        super().__init__()
        self.patches, self.head = nn.Linear(3 * 16, 9), nn.Linear(9, 4)

    def forward(self, pixels):
        return self.head(torch.relu(self.patches(F.unfold(pixels, 4, stride=4).transpose(1, 2))).mean(1))


class Spectral(nn.Module):
    """Spectral norm on layers, layer norm over a whole image."""

    def __init__(self):
        super().__init__()
        norm = nn.utils.parametrizations.spectral_norm
        self.first, self.second = norm(nn.Conv2d(3, 6, 3, 2, 1)), norm(nn.Linear(6, 5))
        self.norm, self.head = nn.LayerNorm([6, 8, 8]), nn.Linear(5, 3)

    def forward(self, pixels):
        return self.head(F.leaky_relu(self.second(self.norm(self.first(pixels)).mean((2, 3)))))


def _sequence(*shape: int) -> dict:
    return {"x": torch.randn(*shape)}


def _graph() -> dict:
    return {"nodes": torch.randn(2, 7, 6), "adjacency": (torch.rand(2, 7, 7) > 0.5).float()}


def _pixel_cnn():
    layers = [Masked(1, 8, 5, padding=2, first=True), nn.ReLU(), Masked(8, 8, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(8, 4, 1)), {"input": torch.randn(2, 1, 8, 8)}


MORE = {
    "graph convolution": lambda: (GraphConvolution(), _graph()),
    "graph attention": lambda: (GraphAttention(), _graph()),
    "top-k experts": lambda: (TopKExperts(), {"words": ids()}),
    "relative attention": lambda: (RelativeAttention(), {"words": ids()}),
    "linear attention": lambda: (LinearAttention(), _sequence(2, 6, 7)),
    "learned latents": lambda: (Latents(), _sequence(2, 6, 7)),
    "GRU cell in a loop": lambda: (CellLoop(), _sequence(2, 4, 5)),
    "LSTM cell in a loop": lambda: (CellLoop("LSTMCell"), _sequence(2, 4, 5)),
    "selective state space": lambda: (Selective(), {"words": ids(8)}),
    "coupling flow": lambda: (Coupling(), _sequence(2, 8)),
    "PixelCNN": _pixel_cnn,
    "FiLM": lambda: (Film(), {"pixels": image(16), "words": ids()}),
    "tied autoencoder": lambda: (TiedAutoencoder(), _sequence(2, 9)),
    "collaborative filtering": lambda: (
        Factors(),
        {"users": torch.randint(11, (4,)), "items": torch.randint(13, (4,))},
    ),
    "two towers": lambda: (TwoTowers(), {"left": torch.randn(4, 5), "right": torch.randn(4, 7)}),
    "dueling heads": lambda: (Dueling(), _sequence(2, 6)),
    "actor and critic": lambda: (ActorCritic(), _sequence(2, 6)),
    "sines": lambda: (Waves(), _sequence(4, 3)),
    "highway, maxout": lambda: (Highway(), _sequence(4, 7)),
    "conformer": lambda: (Conformer(), _sequence(2, 9, 6)),
    "spatial gate": lambda: (SpatialGate(), _sequence(2, 7, 6)),
    "subpixel convolution": lambda: (Shuffled(), {"pixels": image(8)}),
    "attention pooling": lambda: (AttentionPool(), _sequence(2, 6, 5)),
    "nn.Bilinear": lambda: (Bilinear(), {"a": torch.randn(2, 5), "b": torch.randn(2, 4)}),
    "sequence to sequence": lambda: (Seq2Seq(), {"source": ids(9), "target": ids(7)}),
    "nn.Unfold": lambda: (Unfolded(), {"pixels": image(16)}),
    "spectral norm": lambda: (Spectral(), {"pixels": image(16)}),
    "nn.Transformer layers": lambda: (Stacked(), {"source": ids(9), "target": ids(7)}),
}
