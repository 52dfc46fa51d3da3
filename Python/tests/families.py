"""The 34 families of docs/traced.md, tiny and with random weights: a model and an example of its inputs by name."""

from __future__ import annotations

import torch
import torch.nn.functional as F
import torchvision
import transformers
from torch import nn

VOCABULARY = 41
TEXT = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_GROUPED = TEXT | {"num_key_value_heads": 2}
VISION = {
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 32,
    "patch_size": 8,
}


def ids(length: int = 16) -> torch.Tensor:
    return torch.randint(3, VOCABULARY - 1, (2, length))


def image(size: int = 32) -> torch.Tensor:
    return torch.randn(2, 3, size, size)


class Mixer(nn.Module):
    """Layers over positions and layers over channels, in turn."""

    def __init__(self, width: int = 20, positions: int = 16, layers: int = 2):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 8, 8)
        self.blocks = nn.ModuleList([self._block(width, positions) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 10)

    @staticmethod
    def _block(width: int, positions: int) -> nn.ModuleDict:
        return nn.ModuleDict(
            {
                "norm1": nn.LayerNorm(width),
                "up1": nn.Linear(positions, 9),
                "down1": nn.Linear(9, positions),
                "norm2": nn.LayerNorm(width),
                "up2": nn.Linear(width, 24),
                "down2": nn.Linear(24, width),
            }
        )

    def forward(self, x):
        x = self.stem(x).flatten(2).transpose(1, 2)
        for block in self.blocks:
            mixed = block["down1"](F.gelu(block["up1"](block["norm1"](x).transpose(1, 2))))
            x = x + mixed.transpose(1, 2)
            x = x + block["down2"](F.gelu(block["up2"](block["norm2"](x))))
        return self.head(self.norm(x).mean(1))


class UNet(nn.Module):
    """Down and up again, with connections across."""

    def __init__(self, width: int = 8):
        super().__init__()
        self.down1, self.down2 = self._double(3, width), self._double(width, 2 * width)
        self.middle = self._double(2 * width, 4 * width)
        self.up2, self.merge2 = nn.ConvTranspose2d(4 * width, 2 * width, 2, 2), self._double(4 * width, 2 * width)
        self.up1, self.merge1 = nn.Upsample(scale_factor=2, mode="nearest"), self._double(3 * width, width)
        self.out = nn.Conv2d(width, 3, 1)

    @staticmethod
    def _double(inputs: int, outputs: int) -> nn.Sequential:
        layers = []
        for channels in (inputs, outputs):
            layers += [nn.Conv2d(channels, outputs, 3, padding=1), nn.GroupNorm(4, outputs), nn.SiLU()]
        return nn.Sequential(*layers)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        y = self.middle(F.max_pool2d(b, 2))
        y = self.merge2(torch.cat([self.up2(y), b], 1))
        return self.out(self.merge1(torch.cat([self.up1(y), a], 1)))


class WordLSTM(nn.Module):
    """A recurrent language model."""

    def __init__(self):
        super().__init__()
        self.table, self.memory = nn.Embedding(VOCABULARY, 10), nn.LSTM(10, 12, 2, batch_first=True)
        self.head = nn.Linear(12, VOCABULARY)

    def forward(self, x):
        return self.head(self.memory(self.table(x))[0])


def language(name: str, **settings):
    """A causal language model of transformers and an example."""
    kind = getattr(transformers, f"{name}ForCausalLM", None) or getattr(transformers, f"{name}LMHeadModel")
    return kind(getattr(transformers, f"{name}Config")(**settings)), {"input_ids": ids()}


def model(name: str, config: str, inputs: dict, **settings):
    """A model of transformers by the names of its classes."""
    return getattr(transformers, name)(getattr(transformers, f"{config}Config")(**settings)), inputs


def _t5():
    settings = {"vocab_size": VOCABULARY, "d_model": 16, "d_kv": 4, "d_ff": 24, "num_layers": 2, "num_heads": 4}
    inputs = {"input_ids": ids(), "decoder_input_ids": ids()}
    return model("T5ForConditionalGeneration", "T5", inputs, **settings, decoder_start_token_id=0)


def _whisper():
    settings = {f"{part}_{key}": value for part in ("encoder", "decoder") for key, value in _WHISPER.items()}
    settings |= {"vocab_size": VOCABULARY, "d_model": 16, "num_mel_bins": 16}
    settings |= {"max_source_positions": 32, "max_target_positions": 32, "pad_token_id": 0, "bos_token_id": 1}
    settings |= {"eos_token_id": 2, "decoder_start_token_id": 1}
    settings |= {"suppress_tokens": None, "begin_suppress_tokens": None}
    inputs = {"input_features": torch.randn(2, 16, 64), "decoder_input_ids": ids()}
    return model("WhisperForConditionalGeneration", "Whisper", inputs, **settings)


_WHISPER = {"layers": 2, "attention_heads": 4, "ffn_dim": 24}


def _clip():
    text = {key: value for key, value in TEXT.items() if key not in ("pad_token_id", "bos_token_id")}
    text["max_position_embeddings"] = 32
    inputs = {"input_ids": ids(), "pixel_values": image()}
    return model("CLIPModel", "CLIP", inputs, text_config=text, vision_config=VISION, projection_dim=12)


def _opt():
    settings = {key: value for key, value in TEXT.items() if key != "intermediate_size"}
    return language("OPT", **settings, ffn_dim=24, word_embed_proj_dim=16)


def _distilbert():
    settings = {"dim": 16, "hidden_dim": 24, "n_layers": 2, "n_heads": 4, "max_position_embeddings": 64}
    return model("DistilBertForMaskedLM", "DistilBert", {"input_ids": ids()}, vocab_size=VOCABULARY, **settings)


def _image_classifier(name: str):
    return model(f"{name}ForImageClassification", name, {"pixel_values": image()}, **VISION, num_labels=10)


def _convnext():
    Block = torchvision.models.convnext.CNBlockConfig
    return torchvision.models.ConvNeXt([Block(16, 32, 1), Block(32, None, 1)], num_classes=10), {"x": image()}


def vision(name: str, size: int = 64, **settings):
    """A model of torchvision and an example."""
    return getattr(torchvision.models, name)(num_classes=10, **settings), {"x": image(size)}


FAMILIES = {
    "GPT-2": lambda: language("GPT2", vocab_size=VOCABULARY, n_positions=64, n_embd=16, n_layer=2, n_head=4),
    "Llama": lambda: language("Llama", **_GROUPED),
    "Qwen3": lambda: language("Qwen3", **_GROUPED, head_dim=4),
    "Qwen2": lambda: language("Qwen2", **_GROUPED),
    "Mistral": lambda: language("Mistral", **_GROUPED, sliding_window=None),
    "Gemma 2": lambda: language("Gemma2", **_GROUPED, head_dim=4, sliding_window=8),
    "Gemma": lambda: language("Gemma", **_GROUPED, head_dim=4),
    "Phi-3": lambda: language("Phi3", **_GROUPED),
    "Phi": lambda: language("Phi", **TEXT),
    "OPT": _opt,
    "GPT-NeoX": lambda: language("GPTNeoX", **TEXT),
    "BLOOM": lambda: language("Bloom", vocab_size=VOCABULARY, hidden_size=16, n_layer=2, n_head=4),
    "Mixtral": lambda: language("Mixtral", **_GROUPED, num_local_experts=4, num_experts_per_tok=2),
    "Mamba": lambda: language(
        "Mamba", vocab_size=VOCABULARY, hidden_size=12, state_size=4, num_hidden_layers=2, pad_token_id=0
    ),
    "T5": _t5,
    "BERT": lambda: model("BertForMaskedLM", "Bert", {"input_ids": ids()}, **TEXT),
    "RoBERTa": lambda: model(
        "RobertaForMaskedLM", "Roberta", {"input_ids": ids()}, **TEXT | {"max_position_embeddings": 66}
    ),
    "DistilBERT": _distilbert,
    "ViT": lambda: _image_classifier("ViT"),
    "DeiT": lambda: _image_classifier("DeiT"),
    "ViT (torchvision)": lambda: (
        torchvision.models.VisionTransformer(32, 8, 2, 4, 16, 24, num_classes=10),
        {"x": image()},
    ),
    "Swin": lambda: (
        torchvision.models.SwinTransformer([4, 4], 12, [2, 2], [2, 4], [4, 4], num_classes=10),
        {"x": image(64)},
    ),
    "ConvNeXt": _convnext,
    "ResNet-18": lambda: vision("resnet18"),
    "MobileNet V2": lambda: vision("mobilenet_v2", width_mult=0.25),
    "MobileNet V3": lambda: vision("mobilenet_v3_small"),
    "EfficientNet-B0": lambda: vision("efficientnet_b0"),
    "VGG-11": lambda: vision("vgg11"),
    "DenseNet-121": lambda: vision("densenet121"),
    "MLP-Mixer": lambda: (Mixer(), {"x": image()}),
    "U-Net": lambda: (UNet(), {"x": image()}),
    "LSTM": lambda: (WordLSTM(), {"x": ids()}),
    "Whisper": _whisper,
    "CLIP": _clip,
}
