"""modded-nanoGPT as of the record of 3 November 2024, in float32: written for zoo.py from the description of the
architecture."""

from types import SimpleNamespace

import torch
from torch import nn
from torch.nn import functional


def norm(x):
    return x / (x.square().mean(-1, keepdim=True) + torch.finfo(x.dtype).eps).sqrt()


def turn(x):
    """Element i of a head and element i + width/2, as one complex number, by -t · 10000^(-2i/width) at position t; x
    [B, T, heads, width]."""
    half = x.shape[-1] // 2
    angles = torch.outer(torch.arange(x.shape[1]).float(), 1e4 ** (-torch.arange(half) / half))
    turned = torch.complex(x[..., :half], x[..., half:]) * torch.polar(torch.ones_like(angles), -angles)[:, None]
    return torch.cat([turned.real, turned.imag], -1)


def weights(**shapes):
    return nn.ModuleDict({name: nn.Linear(*shape, bias=False) for name, shape in shapes.items()})


class NanoGPT(nn.Module):
    def __init__(self, vocab_size, n_layer, n_head, n_embd):
        super().__init__()
        self.heads, square = n_head, (n_embd, n_embd)
        blocks = nn.ModuleList(
            nn.ModuleDict(
                dict(
                    attn=weights(c_q=square, c_k=square, c_v=square, c_proj=square),
                    mlp=weights(c_fc=(n_embd, 4 * n_embd), c_proj=(4 * n_embd, n_embd)),
                )
            )
            for _ in range(n_layer)
        )
        self.transformer = nn.ModuleDict(dict(wte=nn.Embedding(vocab_size, n_embd), h=blocks))
        self.lm_head = nn.Linear(n_embd, vocab_size, bias=False)

    def attention(self, x, layer):
        q, k, v = (layer[name](x).unflatten(-1, (self.heads, -1)) for name in ("c_q", "c_k", "c_v"))
        q, k = turn(norm(q)), turn(norm(k))
        scores = torch.einsum("bthd,bshd->bhts", q, k) / q.shape[-1] ** 0.5
        future = torch.ones(x.shape[1], x.shape[1]).triu(1).bool()
        mixed = torch.einsum("bhts,bshd->bthd", scores.masked_fill(future, -torch.inf).softmax(-1), v)
        return layer["c_proj"](mixed.flatten(-2))

    def forward(self, input_ids, labels):
        x = norm(self.transformer["wte"](input_ids))
        for block in self.transformer["h"]:
            x = x + self.attention(norm(x), block["attn"])
            x = x + block["mlp"]["c_proj"](block["mlp"]["c_fc"](norm(x)).relu().square())
        logits = self.lm_head(norm(x))
        return SimpleNamespace(
            logits=logits, loss=functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        )
