"""Base optimizers of other packages, and a learned one."""

import nino.torch
import pytest
import torch
from models import CNN, Convolutional, batches, loss_of, train

pytorch_optimizer = pytest.importorskip("pytorch_optimizer")
schedulefree = pytest.importorskip("schedulefree")


class Learned(torch.optim.Optimizer):
    """A small learned optimizer: a network of two layers maps gradient and momentum of every scalar to its step."""

    def __init__(self, parameters):
        super().__init__(parameters, {"lr": 0.02})
        torch.manual_seed(0)
        self.network = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
        # As if trained: the sum of what goes in, bounded.
        with torch.no_grad():
            self.network[0].weight.copy_(torch.tensor([[0.3, 1.0]] * 8))
            self.network[0].bias.zero_()
            self.network[2].weight.fill_(1 / 8)
            self.network[2].bias.zero_()

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                momentum = state.setdefault("momentum", torch.zeros_like(parameter))
                momentum.mul_(0.9).add_(parameter.grad)
                features = torch.stack([parameter.grad, momentum], -1)
                parameter.sub_(group["lr"] * self.network(features).squeeze(-1))


BASES = {
    "SOAP": lambda p: pytorch_optimizer.SOAP(p, lr=3e-3),
    "Shampoo": lambda p: pytorch_optimizer.Shampoo(p, lr=3e-2),
    "Muon": lambda p: pytorch_optimizer.Muon(
        [{"params": [x for x in p if x.ndim >= 2], "use_muon": True, "lr": 3e-3}]
        + [{"params": [x for x in p if x.ndim < 2], "use_muon": False, "lr": 3e-3}]
    ),
    "Schedule-Free": lambda p: schedulefree.AdamWScheduleFree(p, lr=3e-3),
    "learned": Learned,
    "SGD": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "LBFGS": lambda p: torch.optim.LBFGS(p, lr=0.1, max_iter=2),
}


@pytest.mark.parametrize("name", BASES)
def test_a_base_optimizer_works_like_any_other(name):
    torch.manual_seed(0)
    model, data = Convolutional(), batches(40)
    before = sum(loss_of(model, batch).item() for batch in data)
    base = BASES[name](list(model.parameters()))
    optimizer = nino.torch.NiNo(base, model, config=CNN, period=20, max_train_steps=100)
    if hasattr(base, "train"):
        optimizer.train()
    if name == "LBFGS":
        events = _with_closures(model, optimizer, data)
    else:
        _, events = train(model, optimizer, data, 60)
    if hasattr(base, "eval"):
        optimizer.eval()
    after = sum(loss_of(model, batch).item() for batch in data)
    assert len(events) >= 2 and after < before
    _resumes(name, optimizer, model)


def _with_closures(model, optimizer, data):
    events = []
    for step in range(60):

        def closure(batch=data[step % len(data)]):
            optimizer.zero_grad()
            loss = loss_of(model, batch)
            loss.backward()
            return loss

        due = not optimizer.need_grads
        optimizer.step(closure)
        if due:
            events.append(optimizer.last_event)
    return events


def _resumes(name, optimizer, model):
    base = BASES[name](list(model.parameters()))
    again = nino.torch.NiNo(base, model, config=CNN, period=20, max_train_steps=100)
    again.load_state_dict(optimizer.state_dict())
    assert again.completed_steps == 60 and again.need_grads == optimizer.need_grads
