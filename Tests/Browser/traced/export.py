"""Writes the traced programs that the browser tests explore: a residual network, a mixture of experts, a T5.

PYTHONPATH=Python/tests python3 Tests/Browser/traced/export.py     (the wheel, PyTorch 2.13, transformers 5.24)
"""

from pathlib import Path

import torch
import torchvision_ops  # noqa: F401
import transformers
from nino.tracing import export
from torch import nn

FOLDER = Path(__file__).parent


class Block(nn.Module):
    """Two convolutions beside a path of one, as in torchvision's ResNet."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False))

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (y + self.downsample(x)).relu()


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(6)
        self.layer1 = Block(6, 6, 1)
        self.layer2 = Block(6, 8, 2)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.bn1(self.conv1(x)).relu(), 3, stride=2, padding=1)
        return self.fc(self.layer2(self.layer1(x)).mean((2, 3)))


def mixtral():
    return transformers.MixtralForCausalLM(
        transformers.MixtralConfig(
            vocab_size=23,
            hidden_size=16,
            intermediate_size=12,
            num_hidden_layers=1,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=32,
            num_local_experts=4,
            num_experts_per_tok=2,
            sliding_window=None,
            use_cache=False,
        )
    )


def t5():
    return transformers.T5ForConditionalGeneration(
        transformers.T5Config(
            vocab_size=19,
            d_model=12,
            d_kv=3,
            d_ff=10,
            num_layers=1,
            num_heads=4,
            use_cache=False,
            decoder_start_token_id=0,
        )
    )


def main() -> None:
    torch.manual_seed(0)
    ids = torch.tensor([[1, 4, 9, 2, 7], [3, 3, 10, 5, 6]])
    cases = {
        "resnet": (ResNet(), {"x": torch.randn(2, 3, 12, 12)}),
        "mixtral": (mixtral(), {"input_ids": ids}),
        "t5": (t5(), {"input_ids": ids, "decoder_input_ids": ids}),
    }
    for name, (model, inputs) in cases.items():
        program = export(model.eval(), kwargs=inputs, longest=16)
        program.save(FOLDER / f"{name}.nino.json")
        print(name, program.note)


if __name__ == "__main__":
    main()
