"""Writes merging.json: mean, task arithmetic and TIES of small models (run with NumPy 2.4).

TIES follows its authors' code (github.com/prateeky2806/ties-merging, ties_minimal.ipynb): changes of all parameters in
one vector, trimmed by `kthvalue`, signs elected by the sum, cancelled ones by the majority, the mean of what agrees.
Tolerance in the tests: 1e-6 of the largest weight; what the cases store is rounded to float32.
"""

import json
import numpy as np

random = np.random.default_rng(21)


def ties(base, models, density, weight):
    changes = np.stack([model - base for model in models])
    count = changes.shape[1]
    rank = count - int(count * density)
    if rank > 0:
        limits = np.sort(np.abs(changes), axis=1)[:, rank - 1 : rank]
        changes = np.where(np.abs(changes) >= limits, changes, 0)
    signs = np.sign(changes.sum(0))
    signs[signs == 0] = np.sign(signs.sum())
    agreeing = np.where(signs > 0, changes > 0, changes < 0) & (signs != 0)
    kept = np.where(agreeing, changes, 0).astype(np.float64)
    mean = kept.sum(0) / np.maximum((kept != 0).sum(0), 1)
    return base + weight * mean


def numbers(values):
    return [float(f"{x:.9g}") for x in np.asarray(values, np.float32).ravel()]


cases = []
for count, shapes, density, weight in [
    (2, [(4, 5), (7,)], 0.2, 1.0),
    (3, [(11, 13), (3,), (20,)], 0.5, 0.7),
    (2, [(6, 6)], 1.0, 0.4),
]:
    size = sum(int(np.prod(shape)) for shape in shapes)
    base = random.normal(0, 1, size).astype(np.float32)
    models = [(base + random.normal(0, 0.1, size)).astype(np.float32) for _ in range(count)]
    # Some that cancel exactly, and some that nobody moves.
    step = np.float32(0.25)
    base[:3], models[0][:3], models[1][:3] = 1, 1 + step, 1 - step
    for model in models[2:]:
        model[:3] = 1
    for model in models:
        model[3] = base[3]
    wide = [model.astype(np.float64) for model in models]
    cases.append(
        {
            "shapes": [list(shape) for shape in shapes],
            "density": density,
            "weight": weight,
            "base": numbers(base),
            "models": [numbers(model) for model in models],
            "mean": numbers(np.mean(wide, 0)),
            "arithmetic": numbers(base + weight * sum(model - base.astype(np.float64) for model in wide)),
            "ties": numbers(ties(base, models, density, weight)),
        }
    )
with open("merging.json", "w") as file:
    json.dump({"cases": cases}, file)
