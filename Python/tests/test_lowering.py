"""Operations one by one: in the host what they are in PyTorch, or refused in one line."""

import json
import math
import subprocess

import interpreter
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from nino.tracing import ExportError, export
from nino.tracing.check import find_executable, run_host
from nino.tracing.inputs import prepare
from nino.tracing.lowering import losses
from nino.tracing.tensorfile import write_tensors
from torch import nn

needs_program = pytest.mark.skipif(find_executable() is None, reason="no nino executable: set NINO")


class Vector(nn.Module):
    """A function of what a layer makes of vectors."""

    def __init__(self, function):
        super().__init__()
        self.layer, self.function = nn.Linear(4, 4), function

    def forward(self, x):
        return self.function(self.layer(x))


class Text(nn.Module):
    """A function of rows of a table and of the ids that name them."""

    def __init__(self, function):
        super().__init__()
        self.table, self.function = nn.Embedding(11, 4), function

    def forward(self, ids):
        return self.function(self.table(ids), ids)


def make(kind, function):
    torch.manual_seed(0)
    ids = torch.tensor([[0, 3, 1, 0, 7, 2], [5, 0, 10, 4, 4, 1]])
    return kind(function).eval(), ids if kind is Text else torch.randn(2, 4)


def interpret(program, model, x):
    document = json.loads(program.json())
    with torch.no_grad():
        return interpreter.run(document, model.state_dict(), {document["inputs"][0]["name"]: x})["logits"]


def attended(mask):
    """Attention of the four numbers of each vector to each other."""

    def function(x):
        rows = x[:, None, :, None]
        return F.scaled_dot_product_attention(rows, rows, rows, mask(x))[:, 0, :, 0]

    return function


def resized(*shape, **options):
    """The numbers of each vector as a sequence or an image at another size."""
    return lambda x: F.interpolate(x.view(-1, 1, *shape), **options).flatten(1)


def written_part(x):
    y = torch.zeros(len(x), 4)
    y[:, :2] = x[:, :2]
    y.add_(1)
    return y


def read_before(x):
    y = torch.zeros(4)
    z = x + y
    y.add_(1)
    return 2 * z + x * y


def written_twice(x):
    y = x.relu_()
    y.add_(1)
    return x * y


def alike(x):
    return x.view(-1, 2, 2)


SAME = {
    "isnan": (Vector, lambda x: torch.where(x.clamp(max=0).sqrt().isnan(), 1.0, 2.0) + x),
    "isinf": (Vector, lambda x: x.relu().log().isinf() + x),
    "rows that see nothing": (Vector, attended(lambda x: torch.ones(4, 4, dtype=torch.bool).tril(-1))),
    "computed rows that see nothing": (Vector, attended(lambda x: (x > 0)[:, None, :, None] & (x > -9)[:, None, None])),
    "nearest": (Vector, resized(4, scale_factor=1.7)),
    "nearest of the same size": (Vector, resized(4, scale_factor=1.2)),
    "linear": (Vector, resized(4, scale_factor=1.7, mode="linear")),
    "bilinear": (Vector, resized(2, 2, scale_factor=(1.7, 2.4), mode="bilinear")),
    "bicubic": (Vector, resized(2, 2, scale_factor=1.7, mode="bicubic")),
    "whole factors": (Vector, resized(2, 2, scale_factor=2, mode="bilinear")),
    "ids as truth": (Text, lambda x, ids: x * ids.bool().float()[..., None]),
    "logical and": (Text, lambda x, ids: x * torch.logical_and(ids, ids).float()[..., None]),
    "logical or": (Vector, lambda x: x * torch.logical_or(x, x)),
    "take_along_dim": (Vector, lambda x: x.take_along_dim(torch.tensor([[1, 0, 3]]), 1)),
    "take_along_dim of one row": (Vector, lambda x: x[:, None].take_along_dim(torch.tensor([[[1], [0]]]), 2)[..., 0]),
    "written part": (Vector, written_part),
    "constant read before it is written": (Vector, read_before),
    "written twice": (Vector, written_twice),
    "var of all": (Vector, lambda x: x + x.var(unbiased=False)),
    "cosine similarity": (Vector, lambda x: F.cosine_similarity(alike(x), x[:1, :2], dim=1)),
    "cosine similarity with one number": (Vector, lambda x: F.cosine_similarity(x[:, :1], x, dim=-1)[:, None]),
    "addbmm": (Vector, lambda x: x[:, :2] + torch.addbmm(alike(x)[0], alike(x), alike(x), beta=0.5, alpha=2)),
    "softplus": (Vector, lambda x: F.softplus(3 * x, threshold=1)),
    "padding of no finite number": (Vector, lambda x: F.pad(x, (1, 2), value=-math.inf).softmax(-1)),
}


@pytest.mark.parametrize("name", SAME)
def test_is_what_pytorch_computes(name):
    model, x = make(*SAME[name])
    program = export(model, (x,), check=False)
    expected = model(x)
    assert torch.allclose(interpret(program, model, x), expected, atol=1e-5)
    assert not torch.allclose(interpret(program, model, x.flip(0)), expected, atol=1e-5)
    if find_executable() is not None:
        assert program.check() < 1e-5


def earlier_view(x):
    first = x[:, 0]
    x.add_(1)
    return x + first[:, None]


def part_of_split(x):
    x.chunk(2, -1)[0].mul_(2)
    return x


def other_part_of_split(x):
    a, b = x.chunk(2, -1)
    a.mul_(2)
    return a + x[:, :2] + b


REFUSED = {
    "earlier view": (Vector, earlier_view, r'aten.add_.Tensor: another view of what it writes into, "select"'),
    "part of a split": (Vector, part_of_split, 'aten.mul_.Tensor: another view of what it writes into, "linear"'),
    "parts of a split": (Vector, other_part_of_split, "aten.mul_.Tensor: another view of what it writes into"),
    "and of bits": (Text, lambda x, ids: x * (ids & 3)[..., None], "__and__.*: expected bool, found int64, int64"),
    "or of bits": (Text, lambda x, ids: x * (ids | 4)[..., None], "__or__.*: expected bool, found int64, int64"),
    "not of bits": (Text, lambda x, ids: x * (~ids)[..., None], "bitwise_not.*: expected bool, found int64"),
    "the batch as a number": (Vector, lambda x: x.sum(1, keepdim=True) / x.shape[0], "div.*: the size of the batch"),
    "a mask as an index": (Vector, lambda x: x[:, torch.tensor([True, False, True, True])], "index.*: a mask as an"),
    "no dim": (Vector, lambda x: x.take_along_dim(torch.tensor([1, 0])), "take_along_dim.*: no dim"),
    "an endless factor": (Vector, lambda x: (x * math.inf).sigmoid(), "scale: factor: expected a finite number"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_written_is_refused(name):
    kind, function, says = REFUSED[name]
    model, x = make(kind, function)
    with pytest.raises(ExportError, match=says) as error, torch.no_grad():
        export(model, (x,), check=False)
    assert "\n" not in str(error.value)


def turning(x, ids):
    places = torch.arange(ids.shape[1])
    return x + alike(x.mean(1))[:, places % 2, places // 2 % 2][..., None]


FIXED = {
    "a length that is divided by": lambda x, ids: x.sum(1) / ids.shape[1],
    "a length that is multiplied by": lambda x, ids: x.sum(1) * ids.shape[1],
    "a length that is added": lambda x, ids: x.sum(1) + ids.shape[1],
    "the root of a length": lambda x, ids: x.sum(1) / ids.shape[1] ** 0.5,
    "ids of two axes": turning,
}


@pytest.mark.parametrize("name", FIXED)
def test_length_is_fixed_where_it_is_needed(name):
    model, x = make(Text, FIXED[name])
    program = export(model, (x,), check=False)
    assert program.note == "the length of input_ids is fixed at 6"
    assert torch.allclose(interpret(program, model, x), model(x), atol=1e-5)


@pytest.mark.parametrize(("condition", "least"), [(lambda t: t > 4, {"least": 5}), (lambda t: t > 1, {})])
def test_shortest_length(condition, least):
    model, x = make(Text, lambda x, ids: x * (2 if condition(ids.shape[1]) else 1))
    program = export(model, (x,), check=False)
    assert program.document["sizes"][1] == {"name": "T", "example": 6} | least
    if find_executable() is not None:
        shorter = prepare(model, (x[:, :3],), {}, None, None)
        if least:
            with pytest.raises(ExportError, match="expected T of at least 5, found 3"):
                run_host(program, model, shorter)
        else:
            run_host(program, model, shorter)


def test_weight_norm_of_a_whole_matrix():
    torch.manual_seed(0)
    model, x = nn.utils.parametrizations.weight_norm(nn.Linear(4, 3), dim=None), torch.randn(2, 4)
    assert torch.allclose(interpret(export(model, (x,), check=False), model, x), model(x), atol=1e-5)


def test_a_module_with_two_names(tmp_path):
    torch.manual_seed(0)
    norm, x = nn.BatchNorm1d(4), torch.randn(2, 4)
    model = nn.Sequential(nn.Linear(4, 4), norm, nn.ReLU(), norm).eval()
    program = export(model, (x,), check=False)
    document = program.document
    assert [b["name"] for b in document["buffers"]] == ["1.running_mean", "1.running_var"]
    assert {t["name"]: t["to"] for t in document["tied"]} == {"3.weight": "1.weight", "3.bias": "1.bias"}
    further = {"1.num_batches_tracked", *(f"3.{n}" for n in ("running_mean", "running_var", "num_batches_tracked"))}
    assert {entry["name"] for entry in document["ignored"]} == further
    norm.running_mean += torch.randn(4)
    assert torch.allclose(interpret(program, model, x), model(x), atol=1e-5)
    if find_executable() is None:
        return
    program.save(tmp_path / "m.nino.json")
    states = [tmp_path / f"{number}.safetensors" for number in range(5)]
    for number, path in enumerate(states):
        write_tensors(path, {n: np.asarray(t + 0.01 * number, np.float32) for n, t in model.state_dict().items()})
    command = [find_executable(), "step", "--config", tmp_path / "m.nino.json", "--method", "linefit", "--k", "5"]
    command += ["--steps", "0,1,2,3,4", "--out", tmp_path / "out.safetensors", "--quiet", "--history", *states]
    run = subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_a_loss_has_no_tensors():
    model, x, labels = nn.Linear(4, 3), torch.randn(2, 4), torch.tensor([1, 2])
    with pytest.raises(ExportError, match="loss.weight: expected a tensor of the model, found one of its loss"):
        export(model, (x,), loss=nn.CrossEntropyLoss(torch.ones(3)), targets=labels, check=False)
    export(model, (x,), loss=nn.CrossEntropyLoss(), targets=labels, check=False)


@needs_program
def test_the_loss_is_compared_too(monkeypatch):
    model, x, labels = nn.Linear(4, 3), torch.randn(2, 4), torch.tensor([1, 2])

    def loss(output, target):
        return F.cross_entropy(output, target, reduction="sum")

    assert "equal PyTorch's" in export(model, (x,), loss=loss, targets=labels).note
    monkeypatch.setattr(losses, "total", lambda lo, x: lo.graph.scale(lo.graph.reduce(x, [0], False, "sum"), 1.01))
    with pytest.raises(ExportError, match=r"the host's loss differs from PyTorch's by 1.0e-02"):
        export(model, (x,), loss=loss, targets=labels)
