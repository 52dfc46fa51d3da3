"""What happens around the closure of a nowcast step: draws, questions, and Ctrl-C."""

import signal
from pathlib import Path

import nino.torch
import pytest
import torch
from nino import _library as lib
from test_process import python

FRESH = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import torch, nino.torch
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
"""
AT_A_NOWCAST = f"""{FRESH}
opt = nino.torch.NiNo(torch.optim.SGD(model.parameters(), lr=0.1), model, period=20, max_train_steps=100,
                      ckpt="linefit", policy="search")
def loss():
    return model(torch.ones(2, 3)).square().sum()
while opt.need_grads:
    opt.zero_grad(); loss().backward(); opt.step(loss)
"""


def at_a_nowcast(model, **options):
    """An optimizer whose next step is a nowcast."""
    options = {"ckpt": "linefit", "period": 20, "max_train_steps": 100, "policy": "search"} | options
    optimizer = nino.torch.NiNo(torch.optim.SGD(model.parameters(), lr=1.0), model, **options)
    while optimizer.need_grads:
        for tensor in model.parameters():
            tensor.grad = torch.full_like(tensor, -1.0)
        optimizer.step()
    return optimizer


def test_a_closure_with_a_backward_pass_draws_the_same_for_every_candidate():
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    optimizer = at_a_nowcast(model)
    seen = []

    def closure():
        seen.append((torch.rand(1).item(), model[1].num_batches_tracked.item()))
        loss = model(torch.ones(2, 3)).square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    # The first call finds out that gradients are needed.
    assert len(seen) >= 4 and len(set(seen)) == 1


def test_processes_together_draw_the_same_for_every_candidate(tmp_path):
    code = f"""{FRESH}
from processes import join, leave
from nino._handles import Network
from nino.torch.distributed import SharedRun
from nino.torch.run import Settings
join(0, {str(tmp_path)!r}, count=1)
network = Network.of_shapes({{name: tuple(p.shape) for name, p in model.named_parameters()}})
run = SharedRun(network, model, list(model.parameters()), "search", Settings("linefit", 20, 100))
while run.need_grads:
    run.record()
seen = []
def closure():
    seen.append((torch.rand(1).item(), model[1].num_batches_tracked.item()))
    loss = model(torch.ones(2, 3)).square().sum()
    loss.backward()
    return loss
run.nowcast(closure)
assert len(seen) >= 4 and len(set(seen)) == 1, seen
print("good")
leave()
"""
    assert python(code) == "good\n"


def test_a_closure_may_ask_how_far_the_run_is():
    code = f"""{AT_A_NOWCAST}
steps, text, saved = opt.completed_steps, repr(opt), opt.state_dict()["nino"]["state"]["library"]
def asking():
    assert not opt.need_grads and opt.completed_steps == steps and repr(opt) == text
    assert torch.equal(opt.state_dict()["nino"]["state"]["library"], saved)
    return loss()
opt.step(asking)
assert opt.completed_steps == steps + 1
print("good")
"""
    assert python(code) == "good\n"


def test_a_closure_may_not_step():
    code = f"""{AT_A_NOWCAST}
before, steps = [p.detach().clone() for p in model.parameters()], opt.completed_steps
def stepping():
    opt.step(loss)
    return loss()
try:
    opt.step(stepping)
except nino.NinoError as failure:
    assert "own loss function" in str(failure), failure
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters()))
    assert opt.completed_steps == steps
    opt.step(loss)
    print("good")
"""
    assert python(code) == "good\n"


@pytest.fixture
def ctrl_c(monkeypatch):
    """Has Ctrl-C come just behind the library's last look at it."""
    check = lib.check

    def checked(name, *arguments):
        check(name, *arguments)
        if name == "nino_optimizer_nowcast":
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(lib, "check", checked)
    kept = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, kept)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_ctrl_c_behind_a_nowcast_lets_the_step_be_completed(dtype, ctrl_c):
    model = torch.nn.Linear(1, 1, bias=False).to(dtype)
    torch.nn.init.zeros_(model.weight)
    optimizer = at_a_nowcast(model, policy="near", period=5)
    assert model.weight.item() == 4
    with pytest.raises(KeyboardInterrupt):
        optimizer.step()
    # The states are 0 to 4: the nowcast was taken, and is told of.
    assert model.weight.item() == pytest.approx(5) and optimizer.completed_steps == 5
    assert optimizer.last_event.kind == "nowcast" and optimizer.need_grads
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
