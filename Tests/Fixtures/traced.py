"""Writes traced/*.nino.json and traced.json: small exported programs with PyTorch's outputs for weights by formula.

    PYTHONPATH=Python/tests python3 Tests/Fixtures/traced.py        (the wheel, PyTorch 2.13, transformers 5.24)

Weights are 0.3 sin(1.7 k + n), plus 1 for vectors named weight, n the number of the tensor by name; float inputs are
sin(0.9 k). Tolerances in TracedTests.swift.
"""

import json
import math
from pathlib import Path

import torch
import torchvision_ops  # noqa: F401
import transformers
from nino.tracing import export
from torch import nn

FOLDER = Path(__file__).parent


class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.up, self.down = nn.Linear(9, 6), nn.Linear(6, 4, bias=False)

    def forward(self, x):
        return self.down(self.up(x.flatten(1)).relu())


class Waves(nn.Module):
    """Convolutions over a sequence, a recurrent layer, a norm without a weight, gates."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv1d(2, 4, 3, padding=2, dilation=2)
        self.depthwise = nn.Conv1d(4, 4, 3, padding="same", groups=4)
        self.norm = nn.GroupNorm(2, 4)
        self.memory = nn.GRU(4, 5, bidirectional=True, batch_first=True)
        self.head = nn.Linear(10, 3)

    def forward(self, x):
        x = nn.functional.glu(self.norm(self.depthwise(self.convolution(x))).repeat(1, 2, 1), 1)
        return self.head(self.memory(x.transpose(1, 2))[0].amax(1))


def gpt2():
    config = transformers.GPT2Config(vocab_size=11, n_positions=8, n_embd=8, n_layer=1, n_head=2)
    return transformers.GPT2LMHeadModel(config)


def llama():
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=11,
            hidden_size=8,
            intermediate_size=12,
            num_hidden_layers=1,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=16,
        )
    )


def fill(model: nn.Module) -> None:
    with torch.no_grad():
        for number, (name, parameter) in enumerate(sorted(model.named_parameters())):
            shift = 1.0 if parameter.dim() == 1 and name.endswith("weight") else 0.0
            values = [0.3 * math.sin(1.7 * k + number) + shift for k in range(parameter.numel())]
            parameter.copy_(torch.tensor(values).reshape(parameter.shape))


def waves(*shape: int) -> torch.Tensor:
    return torch.tensor([math.sin(0.9 * k) for k in range(math.prod(shape))]).reshape(shape)


def main() -> None:
    ids = torch.tensor([[1, 4, 9, 2, 7], [3, 3, 10, 0, 5]])
    cases = {
        "perceptron": (Perceptron(), {"x": waves(2, 1, 3, 3)}, "cross_entropy"),
        "waves": (Waves(), {"x": waves(2, 2, 7)}, None),
        "gpt2": (gpt2(), {"input_ids": ids}, "next_token"),
        "llama": (llama(), {"input_ids": ids}, None),
    }
    expected = {}
    for name, (model, inputs, loss) in cases.items():
        model.eval()
        fill(model)
        program = export(model, kwargs=inputs, loss=loss, longest=16, check=False)
        (FOLDER / "traced").mkdir(exist_ok=True)
        program.save(FOLDER / "traced" / f"{name}.nino.json")
        with torch.no_grad():
            output = model(**inputs)
        logits = output if isinstance(output, torch.Tensor) else output.logits
        expected[name] = {
            "inputs": {k: {"shape": list(v.shape), "values": v.flatten().tolist()} for k, v in inputs.items()},
            "logits": [round(value, 7) for value in logits.flatten().tolist()],
        }
    (FOLDER / "traced.json").write_text(json.dumps(expected) + "\n")


main()
