"""Writes training_optimizers.json: Muon, Schedule-Free AdamW, Lookahead and SNOO on given gradients, and schedules.

Run with PyTorch 2.13, schedulefree 1.4.1, transformers 5.24 (CPU). PyTorch's Muon rounds to bfloat16 before its
iteration; here that is taken out, so that the rest can be compared to 1e-5 of the largest entry. Lookahead and SNOO are
written out from their papers; the outer step of SNOO is torch.optim.SGD with Nesterov momentum.
"""

import json
import schedulefree
import torch
import transformers

torch.Tensor.bfloat16 = lambda self: self.float().clone()
torch.manual_seed(21)
torch.set_num_threads(1)
SHAPES = dict(wide=[4, 6], tall=[7, 3], bias=[5], kernel=[3, 2, 2, 2], table=[6, 4])
STEPS = 12


def numbers(tensors):
    return [float(x) for tensor in tensors for x in tensor.detach().flatten()]


initial = {name: torch.randn(shape) for name, shape in SHAPES.items()}
gradients = [{name: torch.randn(shape) for name, shape in SHAPES.items()} for _ in range(STEPS)]


def run(make):
    """The weights after STEPS updates; `make` gives an update for a dict of parameters."""
    parameters = {name: torch.nn.Parameter(value.clone()) for name, value in initial.items()}
    update, final = make(parameters)
    for gradient in gradients:
        for name, parameter in parameters.items():
            parameter.grad = gradient[name].clone()
        update()
    return numbers(final(parameters))


def trained(parameters):
    return parameters.values()


def muon(parameters):
    matrices = {n: torch.nn.Parameter(parameters[n].detach().flatten(1).clone()) for n in ("wide", "tall", "kernel")}
    first = torch.optim.Muon(matrices.values(), lr=0.02, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    rest = torch.optim.AdamW([parameters["bias"], parameters["table"]], lr=0.02, weight_decay=0.1, foreach=False)

    def update():
        for name, matrix in matrices.items():
            matrix.grad = parameters[name].grad.flatten(1)
        first.step()
        rest.step()

    def final(parameters):
        return [matrices.get(name, parameter) for name, parameter in parameters.items()]

    return update, final


def schedule_free(parameters):
    optimizer = schedulefree.AdamWScheduleFree(
        parameters.values(), lr=0.01, warmup_steps=5, weight_decay=0.1, foreach=False
    )
    optimizer.train()

    def final(parameters):
        optimizer.eval()
        return parameters.values()

    return optimizer.step, final


def lookahead(parameters):
    base = torch.optim.AdamW(parameters.values(), lr=0.01, weight_decay=0.1, foreach=False)
    slow = [p.detach().clone() for p in parameters.values()]
    count = 0

    def update():
        nonlocal count
        base.step()
        count += 1
        if count % 5 == 0:
            for s, p in zip(slow, parameters.values()):
                s += 0.5 * (p.detach() - s)
                p.data.copy_(s)

    return update, trained


def snoo(parameters):
    base = torch.optim.AdamW(parameters.values(), lr=0.01, weight_decay=0.1, foreach=False)
    slow = [torch.nn.Parameter(p.detach().clone()) for p in parameters.values()]
    outer = torch.optim.SGD(slow, lr=0.8, momentum=0.7, nesterov=True, foreach=False)
    count = 0

    def update():
        nonlocal count
        base.step()
        count += 1
        if count % 4 == 0:
            for s, p in zip(slow, parameters.values()):
                s.grad = s.detach() - p.detach()
            outer.step()
            for s, p in zip(slow, parameters.values()):
                p.data.copy_(s.data)

    return update, trained


def schedule(name, **arguments):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = getattr(transformers, name)(optimizer, num_warmup_steps=3, **arguments)
    factors = []
    for _ in range(21):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return factors


fixture = dict(
    shapes=SHAPES,
    initial=numbers(initial.values()),
    gradients=[numbers(gradient.values()) for gradient in gradients],
    weights=dict(
        muon=run(muon),
        schedule_free=run(schedule_free),
        schedule_free_trained=run(lambda parameters: (schedule_free(parameters)[0], trained)),
        lookahead=run(lookahead),
        snoo=run(snoo),
    ),
    schedules=dict(
        constant=schedule("get_constant_schedule_with_warmup"),
        linear=schedule("get_linear_schedule_with_warmup", num_training_steps=20),
        cosine=schedule("get_cosine_schedule_with_warmup", num_training_steps=20),
        wsd=schedule("get_wsd_schedule", num_decay_steps=4, num_training_steps=20, decay_type="linear"),
    ),
)
json.dump(fixture, open("training_optimizers.json", "w"))
