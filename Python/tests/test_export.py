"""Exports against PyTorch, through a second reading of the format; what cannot be carried is said in one line."""

import json

import interpreter
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from nino.tracing import ExportError, export
from nino.tracing.check import find_executable
from nino.tracing.outputs import output_of
from nino.tracing.tensorfile import read_tensors
from torch import nn
from traced_models import MODELS, ids

TOLERANCE = 1e-5
"""Of the largest output. Measured: at most 1e-6."""


def make(name):
    torch.manual_seed(0)
    model, inputs = MODELS[name]()
    with torch.no_grad():
        for parameter in model.parameters():  # some start as zeros, where errors do not show
            parameter.add_(torch.randn_like(parameter), alpha=0.02)
    return model.eval(), inputs


def output(model, inputs, program):
    with torch.no_grad():
        return output_of(model(**inputs), program.main)


def interpret(program, model, inputs):
    document = json.loads(program.json())
    names = {entry.get("argument", entry["name"]): entry["name"] for entry in document["inputs"]}
    given = {names[name]: value for name, value in inputs.items() if name in names}
    with torch.no_grad():
        return interpreter.run(document, model.state_dict(), given)["logits"]


def difference(found, expected):
    return float((found - expected).abs().max() / expected.abs().max())


def test_number_of_models():
    assert len(MODELS) == 24


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_those_of_the_model(name):
    model, inputs = make(name)
    program = export(model, kwargs=inputs, check=False)
    expected = output(model, inputs, program)
    assert difference(interpret(program, model, inputs), expected) < TOLERANCE
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.01)
    assert difference(interpret(program, model, inputs), expected) > TOLERANCE


@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma2", "bloom", "t5", "encoder-decoder", "products", "tagger"])
def test_other_batches_and_lengths(name):
    model, inputs = make(name)
    program = export(model, kwargs=inputs, check=False)
    opened = {size["name"] for size in program.document["sizes"]}
    other = {key: torch.cat([x, x[:1]]) for key, x in inputs.items()}
    if "T" in opened:
        other = {key: torch.cat([x, x.flip(1)], 1)[:, : x.shape[1] + 3] for key, x in other.items()}
    assert "B" in opened
    assert difference(interpret(program, model, other), output(model, other, program)) < TOLERANCE


def test_operations_keep_their_modules_and_tensors_their_names():
    model, inputs = make("llama")
    document = export(model, kwargs=inputs, check=False).document
    assert [p["name"] for p in document["parameters"]] == [name for name, _ in model.named_parameters()]
    linear = next(o for o in document["operations"] if "model.layers.0.mlp.up_proj.weight" in o["inputs"])
    assert linear["op"] == "linear" and linear["module"] == "model.layers.0.mlp.up_proj"
    names = {o["op"] for o in document["operations"]}
    assert {"rmsNorm", "rotaryTable", "attention"} <= names and not {"unary", "concat", "where"} & names
    attention = next(o for o in document["operations"] if o["op"] == "attention")
    assert attention["attributes"] == {"heads": 4, "kvHeads": 2, "scale": 0.5, "causal": 1}


def test_tied_names():
    model, inputs = make("gpt2")
    document = export(model, kwargs=inputs, check=False).document
    assert document["tied"] == [{"name": "lm_head.weight", "to": "transformer.wte.weight"}]


def test_model_is_left_as_it_was():
    model, inputs = make("llama")
    model.train()
    model.model.norm.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    export(model, kwargs=inputs, check=False)
    assert model.training and not model.model.norm.training and model.config.use_cache
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_loss():
    model, inputs = make("gpt2")
    document = json.loads(export(model, kwargs=inputs, loss="next_token", check=False).json())
    values = inputs | {"labels": inputs["input_ids"]}
    with torch.no_grad():
        found = interpreter.run(document, model.state_dict(), values)["loss"]
        expected = model(**inputs, labels=inputs["input_ids"]).loss
    assert torch.isclose(found, expected, rtol=1e-5)
    assert "loss" not in interpreter.run(document, model.state_dict(), inputs)
    with pytest.raises(ExportError, match='expected one of cross_entropy, next_token.*found "mse"'):
        export(model, kwargs=inputs, loss="mse", check=False)


def test_loss_by_a_function():
    model = nn.Sequential(nn.Linear(4, 3))
    x, y = torch.randn(2, 4), torch.randn(2, 3)
    program = export(model, (x,), loss=lambda out, target: ((out - target) ** 2).mean(), targets=y, check=False)
    found = interpreter.run(json.loads(program.json()), model.state_dict(), {"args.0": x, "labels": y})
    assert torch.isclose(found["loss"], ((model(x) - y) ** 2).mean(), rtol=1e-5)
    assert [p["name"] for p in program.document["parameters"]] == ["0.weight", "0.bias"]


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        (F.cross_entropy, torch.tensor([1, 2])),
        (lambda x, y: F.cross_entropy(x, y, ignore_index=2, reduction="sum"), torch.tensor([1, 2])),
        (lambda x, y: F.cross_entropy(x, y, ignore_index=7, reduction="sum"), torch.tensor([1, 7])),
        (F.cross_entropy, torch.tensor([[0.2, 0.3, 0.5], [1.0, 0, 0]])),
        (lambda x, y: F.cross_entropy(x[:-1], y[1:]), torch.tensor([1, 2])),
        (lambda x, y: F.nll_loss(x.log_softmax(1), y), torch.tensor([1, 2])),
        (F.l1_loss, torch.randn(2, 3)),
        (F.binary_cross_entropy_with_logits, torch.rand(2, 3)),
        (F.mse_loss, torch.randn(2, 3)),
    ],
)
def test_losses_of_pytorch(loss, targets):
    model, x = nn.Linear(4, 3), torch.randn(2, 4)
    program = export(model, (x,), loss=loss, targets=targets, check=False)
    found = interpreter.run(json.loads(program.json()), model.state_dict(), {"args.0": x, "labels": targets})
    assert torch.isclose(found["loss"], loss(model(x), targets), rtol=1e-5)


def test_same_program_twice():
    first, second = (export(*make("products")[:1], kwargs=make("products")[1], check=False).json() for _ in range(2))
    assert first == second


def test_meta_device():
    with torch.device("meta"):
        model, inputs = MODELS["llama"]()
    program = export(model, kwargs=inputs)
    assert "meta device" in program.note
    assert program.document["placeholders"] == ["model.rotary_emb.inv_freq"]
    real, example = make("llama")
    ops = [o["op"] for o in export(real, kwargs=example, check=False).document["operations"]]
    assert [o["op"] for o in program.document["operations"]] == ops


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        return self.layer(torch.linalg.inv(x))


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        y = self.layer(x)
        return y * 2 if y.sum() > 0 else y


@pytest.mark.parametrize(
    ("model", "example", "says"),
    [
        (nn.Sequential(Inner()), torch.eye(4).repeat(2, 1, 1), r'module "0" \(Inner\): aten.linalg_inv'),
        (nn.Sequential(nn.ReLU(), Branching()), torch.randn(2, 4), r'module "1" \(Branching\), .*:\d+: control flow'),
        (nn.Sequential(nn.Conv3d(1, 1, 2)), torch.randn(2, 1, 3, 3, 3), r'module "0" \(Conv3d\): .*three axes'),
    ],
)
def test_what_cannot_be_carried_is_said_in_one_line(model, example, says):
    with pytest.raises(ExportError, match=says) as error:
        export(model, (example,), check=False)
    assert "\n" not in str(error.value)


def test_an_example_is_needed():
    with pytest.raises(ExportError, match="an example of the model's inputs is needed"):
        export(nn.Linear(2, 2))


class Projected(nn.Module):
    """Returns what it projects before the projection; `ends` is what comes behind."""

    def __init__(self, ends):
        super().__init__()
        self.first, self.second, self.ends = nn.Linear(4, 5), nn.Linear(5, 3), ends

    def forward(self, x):
        hidden = self.first(x)
        return self.ends(hidden, self.second(hidden))


@pytest.mark.parametrize(
    ("ends", "main"),
    [
        (lambda hidden, y: {"last_hidden_state": hidden, "embedding": y}, "embedding"),
        (lambda hidden, y: {"logits": hidden, "embedding": y}, "logits"),
        (lambda hidden, y: (hidden, [y]), "1.0"),
        (lambda hidden, y: (y + 1, y, hidden), "0"),
        (lambda hidden, y: y, "output"),
    ],
)
def test_the_output_behind_most_of_the_model_counts(ends, main):
    torch.manual_seed(0)
    model, x = Projected(ends), torch.randn(2, 4)
    program = export(model, (x,), check=False)
    assert program.main == main
    found = interpreter.run(json.loads(program.json()), model.state_dict(), {"args.0": x, "x": x})["logits"]
    assert torch.allclose(found, output_of(model(x), main), atol=1e-6)
    with pytest.raises(ExportError, match='no output "nowhere"'):
        output_of(model(x), "nowhere")


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.memory = nn.LSTM(4, 5, batch_first=True)

    def forward(self, x):
        return self.memory(x)


def test_an_output_that_the_host_lacks_counts_as_none():
    model, x = Recurrent(), torch.randn(2, 3, 4)
    program = export(model, (x,), check=False)
    assert program.main == "0" and [output["name"] for output in program.document["outputs"]] == ["logits"]


def test_large_constants_lie_beside_the_program(tmp_path):
    model, inputs = make("llama")
    program = export(model, kwargs=inputs, check=False)
    program.save(tmp_path / "small.nino.json")
    assert [file.name for file in tmp_path.iterdir()] == ["small.nino.json"]
    program.save(tmp_path / "m.nino.json", beside=True)
    document, tensors = (
        json.loads((tmp_path / "m.nino.json").read_text()),
        read_tensors(tmp_path / "m.nino.safetensors"),
    )
    assert document["constants_file"] == "m.nino.safetensors" and len(tensors) >= 2
    left = [entry["name"] for entry in document["constants"] if "data" not in entry and "values" not in entry]
    assert left == list(tensors)
    assert all(np.array_equal(tensors[name], program.constants[name]) for name in left)


def test_batch_of_one_stays_open():
    model = nn.Linear(4, 3)
    program = export(model, (torch.randn(1, 4),), check=False)
    assert program.document["inputs"][0]["shape"] == ["B", 4]


@pytest.mark.skipif(find_executable() is None, reason="no nino executable: set NINO")
@pytest.mark.parametrize("name", MODELS)
def test_host_computes_the_same(name):
    model, inputs = make(name)
    program = export(model, kwargs=inputs, check=True)
    assert "equal PyTorch's" in program.note
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.01)
    program.constants = {key: np.asarray(value) for key, value in program.constants.items()}
    assert program.check() < TOLERANCE


def test_ids_are_words():
    assert ids().max() < 41
