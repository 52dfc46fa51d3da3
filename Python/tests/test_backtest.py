"""`nino.backtest`: known states forecast from those before them."""

import nino
import numpy as np
import pytest
import torch
from models import CNN
from test_nowcast import history


def line(count):
    return [{"w": np.arange(6, dtype=np.float32).reshape(2, 3) + step} for step in range(count)]


def test_a_line_is_to_be_followed():
    found = nino.backtest(line(8), steps=range(0, 80, 10))
    assert found.advice["do"] == "ahead" and str(found) == found.advice["sentence"]
    assert found.report["steps"] == list(range(0, 80, 10)) and "losses" not in found.report
    assert "nino" not in {score["method"] for score in found.report["scores"]}


def test_noise_is_to_be_averaged():
    draw = np.random.default_rng(0)
    states = [{"w": draw.normal(size=(40, 40)).astype(np.float32)} for _ in range(10)]
    assert nino.backtest(states).advice["do"] == "average"


def test_losses_are_those_of_the_states_and_decide():
    states, seen = line(8), []

    def loss(weights):
        seen.append(weights["w"].copy())
        return -float(weights["w"][0, 0])

    found = nino.backtest(states, loss=loss)
    assert found.report["losses"] == [-step for step in range(8)] and len(seen) > len(states)
    assert any(np.array_equal(weights, states[3]["w"]) for weights in seen)
    assert found.advice["do"] == "ahead"
    assert nino.backtest(states, loss=lambda weights: float(weights["w"][0, 0])).advice["do"] != "ahead"


def test_what_a_loss_raises_goes_through():
    def failing(weights):
        raise ZeroDivisionError("loss")

    with pytest.raises(ZeroDivisionError, match="loss"):
        nino.backtest(line(7), loss=failing)


def test_a_model_is_nowcast_too():
    states = history(8)
    before = [{name: tensor.clone() for name, tensor in state.items()} for state in states]
    found = nino.backtest(states, CNN, horizons=[1, 2], loss=lambda weights: weights["fc.0.weight"].square().mean())
    assert {"nino", "linefit"} <= {score["method"] for score in found.report["scores"]}
    assert {score["horizon"] for score in found.report["scores"]} == {1, 2}
    assert all(torch.equal(a[name], b[name]) for a, b in zip(before, states, strict=True) for name in a)


def test_wrong_input_is_said_in_one_line():
    with pytest.raises(nino.NinoError, match="expected at least 6, found 5"):
        nino.backtest(line(5))
    with pytest.raises(nino.NinoError, match="steps: expected rising numbers"):
        nino.backtest(line(6), steps=[0, 1, 2, 3, 4, 4])
    with pytest.raises(nino.NinoError, match="steps: expected one for each of 6 states, found 2"):
        nino.backtest(line(6), steps=[0, 1])
