"""Small random models with example inputs: of transformers and torchvision, and modules such as users write."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
import torchvision
import transformers
from torch import nn

WORDS = 41
_TEXT = {
    "vocab_size": WORDS,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "max_position_embeddings": 32,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_GROUPED = _TEXT | {"num_key_value_heads": 2}


def ids(length: int = 9) -> torch.Tensor:
    return torch.randint(3, WORDS - 1, (2, length))


def image(size: int = 32) -> torch.Tensor:
    return torch.randn(2, 3, size, size)


class Tagger(nn.Module):
    """A recurrent layer in both directions."""

    def __init__(self):
        super().__init__()
        self.table, self.memory = nn.Embedding(WORDS, 8), nn.GRU(8, 6, 2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(12, 5)

    def forward(self, words):
        return self.head(self.memory(self.table(words))[0])


class LastState(nn.Module):
    """An LSTM whose last state is read."""

    def __init__(self):
        super().__init__()
        self.memory, self.head = nn.LSTM(4, 6), nn.Linear(6, 3)

    def forward(self, x):
        return self.head(self.memory(x.transpose(0, 1))[1][0][-1])


class Causal(nn.Module):
    """Dilated convolutions over a sequence."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv1d(4, 4, 3, dilation=2**i) for i in range(2)])

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            x = x + F.leaky_relu(layer(F.pad(x, (2 * 2**i, 0))))
        return x.mean(-1)


class Encoder(nn.Module):
    """A table of sines in a buffer of the state_dict, PyTorch's own encoder."""

    def __init__(self, width: int = 8):
        super().__init__()
        angles = torch.arange(32)[:, None] * torch.exp(torch.arange(0, width, 2) * (-math.log(1e4) / width))
        self.register_buffer("positions", torch.stack([angles.sin(), angles.cos()], -1).flatten(1))
        self.table = nn.Embedding(WORDS, width)
        self.layers = nn.TransformerEncoder(nn.TransformerEncoderLayer(width, 2, 12, batch_first=True), 1)

    def forward(self, words):
        return self.layers(self.table(words) + self.positions[: words.shape[1]])


class EncoderDecoder(nn.Module):
    """PyTorch's own transformer: cross attention, a causal mask, tied tables."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(WORDS, 8)
        self.body = nn.Transformer(8, 2, 1, 1, 12, batch_first=True)
        self.head = nn.Linear(8, WORDS)
        self.head.weight = self.table.weight

    def forward(self, source, target):
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        return self.head(self.body(self.table(source), self.table(target), tgt_mask=mask))


class Products(nn.Module):
    """Attention written as products, with a mask in a buffer."""

    def __init__(self, width: int = 8):
        super().__init__()
        self.words, self.positions = nn.Embedding(WORDS, width), nn.Embedding(32, width)
        self.norm, self.attend, self.out = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.register_buffer("mask", torch.tril(torch.ones(32, 32))[None, None], persistent=False)

    def forward(self, words):
        batch, length = words.shape
        x = self.words(words) + self.positions(torch.arange(length))
        q, k, v = (
            part.view(batch, length, 2, -1).transpose(1, 2) for part in self.attend(self.norm(x)).split(x.shape[-1], 2)
        )
        scores = (q @ k.transpose(-2, -1)) / math.sqrt(k.shape[-1])
        scores = scores.masked_fill(self.mask[:, :, :length, :length] == 0, -math.inf)
        return x + self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, -1))


class Squeeze(nn.Module):
    """Squeeze and excitation, adaptive pooling of sizes that do not divide."""

    def __init__(self):
        super().__init__()
        self.stem, self.down, self.up = nn.Conv2d(3, 6, 3, padding=1), nn.Linear(6, 2), nn.Linear(2, 6)
        self.head, self.drop = nn.Linear(6 * 9, 4), nn.Dropout(0.5)

    def forward(self, pixels):
        x = F.hardswish(self.stem(pixels))
        gate = torch.sigmoid(self.up(F.relu(self.down(x.mean((2, 3))))))
        return self.head(self.drop(F.adaptive_avg_pool2d(x * gate[:, :, None, None], 3).flatten(1)))


class Autoencoder(nn.Module):
    """Transposed convolutions, instance norm, resizing."""

    def __init__(self):
        super().__init__()
        self.inward = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.InstanceNorm2d(4), nn.ELU())
        self.outward = nn.ConvTranspose2d(4, 4, 4, 2, 1, groups=2)
        self.last, self.slope = nn.Conv2d(4, 3, 1), nn.PReLU(4)

    def forward(self, pixels):
        x = self.slope(self.outward(self.inward(pixels)))
        return self.last(F.interpolate(x, scale_factor=2) + F.interpolate(x, (32, 32), mode="bilinear"))


class Contraction(nn.Module):
    """An einsum over heads."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 5, 4))

    def forward(self, x):
        return torch.einsum("bd,hde->bhe", x, self.weight).logsumexp(-1)


class Writer(nn.Module):
    """Writes into slices of a fresh tensor and of a computed one."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 3), nn.Linear(4, 2)

    def forward(self, x):
        y = x.new_zeros(x.shape[0], 6)
        y[:, :3] = self.first(x)
        y[:, 4:] = self.second(x)
        y[:, 3] = 2.0
        return y * y.sum(1, keepdim=True)


def _vit():
    model = torchvision.models.VisionTransformer(32, 8, 1, 4, 16, 24, num_classes=5)
    # It begins with zeros, and with outputs that are zero.
    nn.init.normal_(model.heads.head.weight)
    return model


def _resnet():
    return torchvision.models.ResNet(torchvision.models.resnet.Bottleneck, [1, 1, 0, 0], 5, groups=2, width_per_group=4)


def _convnext():
    blocks = [
        torchvision.models.convnext.CNBlockConfig(8, 12, 1),
        torchvision.models.convnext.CNBlockConfig(12, None, 1),
    ]
    return torchvision.models.convnext.ConvNeXt(blocks, num_classes=5)


def _t5():
    return transformers.T5ForConditionalGeneration(
        transformers.T5Config(
            vocab_size=WORDS, d_model=16, d_kv=4, d_ff=24, num_layers=1, num_heads=4, decoder_start_token_id=0
        )
    )


def _language(name: str, **settings):
    kind = getattr(transformers, f"{name}ForCausalLM", None) or getattr(transformers, f"{name}LMHeadModel")
    return kind(getattr(transformers, f"{name}Config")(**settings))


MODELS = {
    "gpt2": lambda: (
        _language("GPT2", vocab_size=WORDS, n_positions=32, n_embd=16, n_layer=1, n_head=4),
        {"input_ids": ids()},
    ),
    "llama": lambda: (_language("Llama", **_GROUPED), {"input_ids": ids()}),
    "gemma2": lambda: (_language("Gemma2", **_GROUPED, head_dim=4, sliding_window=4), {"input_ids": ids()}),
    "mixtral": lambda: (
        _language("Mixtral", **_GROUPED, num_local_experts=4, num_experts_per_tok=2),
        {"input_ids": ids()},
    ),
    "bloom": lambda: (_language("Bloom", vocab_size=WORDS, hidden_size=16, n_layer=1, n_head=4), {"input_ids": ids()}),
    "phi": lambda: (_language("Phi", **_TEXT), {"input_ids": ids()}),
    "mpt": lambda: (
        _language("Mpt", vocab_size=WORDS, d_model=16, n_heads=4, n_layers=1, max_seq_len=32),
        {"input_ids": ids()},
    ),
    "mamba": lambda: (
        _language("Mamba", vocab_size=WORDS, hidden_size=8, state_size=4, num_hidden_layers=1, pad_token_id=0),
        {"input_ids": ids(5)},
    ),
    "t5": lambda: (_t5(), {"input_ids": ids(), "decoder_input_ids": ids(6)}),
    "bert": lambda: (transformers.BertModel(transformers.BertConfig(**_TEXT)), {"input_ids": ids()}),
    "vit": lambda: (_vit(), {"x": image()}),
    "swin": lambda: (
        torchvision.models.SwinTransformer([4, 4], 8, [2], [2], [4, 4], num_classes=5),
        {"x": image()},
    ),
    "resnet": lambda: (_resnet(), {"x": image()}),
    "convnext": lambda: (_convnext(), {"x": image()}),
    "tagger": lambda: (Tagger(), {"words": ids()}),
    "last state": lambda: (LastState(), {"x": torch.randn(2, 7, 4)}),
    "causal": lambda: (Causal(), {"x": torch.randn(2, 4, 11)}),
    "encoder": lambda: (Encoder(), {"words": ids()}),
    "encoder-decoder": lambda: (EncoderDecoder(), {"source": ids(), "target": ids(6)}),
    "products": lambda: (Products(), {"words": ids()}),
    "squeeze": lambda: (Squeeze(), {"pixels": image(16)}),
    "autoencoder": lambda: (Autoencoder(), {"pixels": image(16)}),
    "writer": lambda: (Writer(), {"x": torch.randn(2, 4)}),
    "contraction": lambda: (Contraction(), {"x": torch.randn(2, 5)}),
}
