"""Writes rank1.json: rank-1 lines by numpy's singular value decomposition (run with NumPy 2.4, float64).

Each case: tensors of some states at given steps, and the prediction for later steps. Tolerance in the tests: 1e-6 of
the length of the predicted change; what the case stores is rounded to float32.
"""

import json
import numpy as np

random = np.random.default_rng(11)


def predict(states, steps, to):
    base = states[0].astype(np.float64)
    changes = np.stack([(state.astype(np.float64) - base).ravel() for state in states[1:]])
    direction = np.linalg.svd(changes, full_matrices=False)[2][0]
    slope, intercept = np.polyfit(np.array(steps[1:], np.float64), changes @ direction, 1)
    return (base.ravel() + (slope * to + intercept) * direction).astype(np.float32)


def numbers(values):
    return [float(f"{x:.9g}") for x in values.ravel()]


cases = []
for count, shapes, noise in [(3, [(4, 3), (5,)], 0.1), (9, [(7, 11), (1,), (13, 9)], 0.3), (21, [(40,), (3, 3)], 1.0)]:
    steps = np.cumsum(random.integers(1, 60, count)).tolist()
    to = [steps[-1] + 1, steps[-1] + 250]
    tensors = []
    for index, shape in enumerate(shapes):
        start, drift = random.normal(1 + index, 1, shape), random.normal(0, 0.02, shape)
        states = [(start + drift * step + random.normal(0, noise, shape) * 0.1).astype(np.float32) for step in steps]
        tensors.append(
            {
                "shape": list(shape),
                "states": [numbers(state) for state in states],
                "predictions": [numbers(predict(states, steps, step)) for step in to],
            }
        )
    cases.append({"steps": steps, "to": to, "tensors": tensors})
with open("rank1.json", "w") as file:
    json.dump({"cases": cases}, file)
