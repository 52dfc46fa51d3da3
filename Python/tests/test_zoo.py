"""Architectures that have a plugin, through the exporter: the same groups, the same edges, the same nowcasts."""

import json
import subprocess
from pathlib import Path

import pytest
import torch
import transformers
from nino.tracing import export
from nino.tracing.check import find_executable
from nino.tracing.tensorfile import read_tensors, write_tensors
from torch import nn
from traced_models import WORDS, ids, image

_TEXT = {"vocab_size": WORDS, "hidden_size": 12, "intermediate_size": 20, "num_hidden_layers": 2}
_TEXT |= {"num_attention_heads": 3, "max_position_embeddings": 24}
_GROUPED = _TEXT | {"num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 4}
_PICTURE = {"hidden_size": 12, "intermediate_size": 20, "num_hidden_layers": 2, "num_attention_heads": 3}
_PICTURE |= {"image_size": 8, "patch_size": 4}
_NUMBERS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}


class Plain(nn.Module):
    """Layers under the name `fc`, as the plugins have them."""

    def __init__(self, *layers):
        super().__init__()
        self.fc = nn.Sequential(*layers)

    def forward(self, x):
        return self.fc(x)


def _mlp():
    config = {"model_type": "mlp", "hidden": [9, 7], "in_channels": 1, "image_size": 6, "num_classes": 5}
    linear = [nn.Linear(36, 9), nn.ReLU(), nn.Linear(9, 7), nn.ReLU(), nn.Linear(7, 5)]

    class Flat(Plain):
        def forward(self, x):
            return self.fc(x.flatten(1))

    return Flat(*linear), {"x": torch.randn(2, 1, 6, 6)}, config


def _cnn(batch_norm: bool = False):
    config = {"model_type": "cnn", "hidden": [4, 6], "in_channels": 1, "image_size": 9, "num_classes": 5}
    layers: list[nn.Module] = []
    for inputs, outputs, stride, padding in ((1, 4, 2, 0), (4, 6, 1, 1)):
        layers.append(nn.Conv2d(inputs, outputs, 3, stride, padding, bias=not batch_norm))
        layers += [nn.BatchNorm2d(outputs)] if batch_norm else []
        layers.append(nn.ReLU())
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 5)]
    config |= {"batch_norm": True, "bias": False} if batch_norm else {}
    return Plain(*layers), {"x": torch.randn(2, 1, 9, 9)}, config


def _published(name: str, config: str, inputs: dict, **settings):
    made = getattr(transformers, name)(getattr(transformers, f"{config}Config")(**settings))
    return made, inputs, made.config.to_dict() | {"architectures": [name]}


ZOO = {
    "mlp": _mlp,
    "cnn": _cnn,
    "cnn, batch norm": lambda: _cnn(batch_norm=True),
    "gpt2": lambda: _published(
        "GPT2LMHeadModel",
        "GPT2",
        {"input_ids": ids()},
        vocab_size=WORDS,
        n_embd=12,
        n_layer=2,
        n_head=3,
        n_positions=24,
        bos_token_id=1,
        eos_token_id=2,
    ),  # fmt: skip
    "llama": lambda: _published("LlamaForCausalLM", "Llama", {"input_ids": ids()}, **_GROUPED, **_NUMBERS),
    "qwen3": lambda: _published("Qwen3ForCausalLM", "Qwen3", {"input_ids": ids()}, **_GROUPED, **_NUMBERS),
    "vit": lambda: _published("ViTForImageClassification", "ViT", {"pixel_values": image(8)}, **_PICTURE, num_labels=5),
    "bert": lambda: _published("BertForMaskedLM", "Bert", {"input_ids": ids()}, **_TEXT, **_NUMBERS),
    "clip": lambda: _published(
        "CLIPVisionModelWithProjection", "CLIPVision", {"pixel_values": image(8)}, **_PICTURE, projection_dim=7
    ),
}


def _stored_names(model: nn.Module, folder: Path) -> dict[str, str]:
    """Names of tensors on disk by those in memory, where transformers has two; tied ones keep theirs."""
    if not hasattr(model, "save_pretrained"):
        return {}
    model.save_pretrained(folder / "published")
    stored = read_tensors(folder / "published" / "model.safetensors")
    found = {}
    state = model.state_dict()
    for name, tensor in state.items():
        if name not in stored:
            array = tensor.numpy()
            found |= {
                name: other
                for other, x in stored.items()
                if other not in state and x.shape == array.shape and (x == array).all()
            }
    return found


def _renamed(document: dict, names: dict[str, str]) -> dict:
    def change(value):
        if isinstance(value, dict):
            return {key: change(x) for key, x in value.items()}
        if isinstance(value, list):
            return [change(x) for x in value]
        return names.get(value, value) if isinstance(value, str) else value

    return change(document)


def _run(*arguments: str | Path) -> str:
    run = subprocess.run([find_executable(), *map(str, arguments)], check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


class Pair:
    """A traced program and a plugin's config of the same model, as files."""

    def __init__(self, folder: Path, name: str):
        torch.manual_seed(0)
        self.folder, (model, inputs, config) = folder, ZOO[name]()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter), alpha=0.02)
        program = export(model.eval(), kwargs=inputs)
        names = _stored_names(model, folder)
        self.document = _renamed(json.loads(program.json()), names)
        self.traced, self.config = folder / "traced.nino.json", folder / "config.json"
        self.traced.write_text(json.dumps(self.document))
        self.config.write_text(json.dumps(config, default=str))
        tensors = {names.get(key, key): x for key, x in model.state_dict().items() if x.is_floating_point()}
        self.states = [folder / f"state_{number}.safetensors" for number in range(5)]
        drift = {x.data_ptr(): 0.01 * torch.randn(x.shape) for x in tensors.values()}
        for number, file in enumerate(self.states):
            moved = {key: (x + number * drift[x.data_ptr()]).detach().numpy() for key, x in tensors.items()}
            write_tensors(file, moved)

    def differences(self, traced: Path | None = None) -> list[str]:
        """Of groups and graph; one line for all that is the same in each."""
        options = ("--config", traced or self.traced, "--against", self.config, "--json")
        return json.loads(_run("graph", *options))["against"]

    def nowcast(self, config: Path) -> dict:
        """By the network that ships."""
        out = self.folder / f"nowcast-{config.stem}.safetensors"
        options = ("--config", config, "--steps", "0,1,2,3,4", "--k", "5", "--out", out, "--quiet")
        _run("step", *options, "--history", *self.states)
        return read_tensors(out)


needs_program = pytest.mark.skipif(find_executable() is None, reason="no nino executable: set NINO")


@needs_program
@pytest.mark.parametrize("name", ZOO)
def test_same_groups_edges_and_nowcasts(name, tmp_path):
    pair = Pair(tmp_path, name)
    groups, *edges = pair.differences()
    assert groups.endswith("groups there and here") and int(groups.split()[0]) > 0
    assert len(edges) == 1, edges
    found, expected, newest = pair.nowcast(pair.traced), pair.nowcast(pair.config), read_tensors(pair.states[-1])
    trained = [entry["name"] for entry in pair.document["parameters"]]
    change = sum(float(((expected[key] - newest[key]) ** 2).sum()) for key in trained)
    difference = sum(float(((expected[key] - found[key]) ** 2).sum()) for key in trained)
    assert change > 0 and difference <= 1e-10 * change


@needs_program
def test_queries_for_keys_are_found(tmp_path):
    pair = Pair(tmp_path, "bert")
    path = "bert.encoder.layer.0.attention.self"
    swapped = {f"{path}.{a}.{kind}": f"{path}.{b}.{kind}" for kind in ("weight", "bias") for a, b in _SWAP}
    file = tmp_path / "swapped.nino.json"
    file.write_text(json.dumps(_renamed(pair.document, swapped)))
    assert any(f"{path}.query.weight" in line for line in pair.differences(file)[1:])


_SWAP = (("query", "key"), ("key", "query"))
