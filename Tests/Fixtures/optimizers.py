"""Writes optimizers.json: trajectories of torch.optim.AdamW and SGD on given gradients (run with PyTorch 2.15, CPU).

Tolerance in the tests: 1e-6 of the largest entry. Measured: moments equal in every bit; weights differ by at most
6e-8 of the largest entry after five steps, since PyTorch's vectorized square root is not correctly rounded.
"""

import json
import torch

torch.manual_seed(20)
torch.set_num_threads(1)
COUNT, STEPS = 19, 5  # a count that no vector width divides
initial = torch.randn(COUNT)
gradients = [torch.randn(COUNT) * 10 ** torch.empty(COUNT).uniform_(-6, 1) for _ in range(STEPS)]
numbers = lambda tensor: [float(x) for x in tensor]
cases = []
for name, arguments in [
    ("AdamW", dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2)),
    ("AdamW", dict(lr=6e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)),
    ("AdamW", dict(lr=5e-2, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1)),
    ("SGD", dict(lr=1e-1, momentum=0.9, weight_decay=1e-3)),
    ("SGD", dict(lr=1e-2, momentum=0.0, weight_decay=0.0)),
]:
    weights = torch.nn.Parameter(initial.clone())
    optimizer = getattr(torch.optim, name)([weights], foreach=False, **arguments)
    for gradient in gradients:
        weights.grad = gradient.clone()
        optimizer.step()
    state = optimizer.state[weights]
    moments = [numbers(state[k]) for k in ("exp_avg", "exp_avg_sq", "momentum_buffer") if state.get(k) is not None]
    if "betas" in arguments:
        arguments["beta1"], arguments["beta2"] = arguments.pop("betas")
    cases.append(dict(optimizer=name, arguments=arguments, weights=numbers(weights.detach()), moments=moments))
json.dump(
    dict(initial=numbers(initial), gradients=[numbers(g) for g in gradients], cases=cases), open("optimizers.json", "w")
)
