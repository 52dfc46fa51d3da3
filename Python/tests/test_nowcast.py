"""Nowcasts in memory: `nino.nowcast`."""

import json

import nino
import numpy as np
import pytest
import torch
from models import CNN, Convolutional, weights
from nino._program import run


def history(count=5, dtype=torch.float32, seed=0):
    """States of a model whose weights move."""
    torch.manual_seed(seed)
    model = Convolutional()
    start = weights(model)
    drift = {name: torch.randn_like(tensor) * 0.01 for name, tensor in start.items()}
    return [
        {name: (start[name] + step * drift[name]).to(dtype).contiguous() for name in start} for step in range(count)
    ]


def test_the_library_says_its_version():
    output, _ = run(["--version"])
    assert output.strip() == nino.__version__


def test_a_line_is_continued():
    states = [{"w": np.full((2, 3), step, dtype=np.float32)} for step in range(5)]
    ahead = nino.nowcast(states, horizon=3, nowcaster="linefit")
    assert np.allclose(ahead["w"], 7)


def test_integers_of_any_kind_are_horizons():
    states = [{"w": np.full((2, 3), step, dtype=np.float32)} for step in range(5)]
    assert np.allclose(nino.nowcast(states, horizon=np.int64(3), nowcaster="linefit")["w"], 7)
    several = nino.nowcast(states, horizon=np.array([1, 3]), nowcaster="linefit")
    assert [round(float(ahead["w"][0, 0])) for ahead in several] == [5, 7]
    for wrong in (1.5, [1.5], "far"):
        with pytest.raises(nino.NinoError, match="horizon: expected an integer or several, found"):
            nino.nowcast(states, horizon=wrong, nowcaster="linefit")


def test_numbers_of_another_type_are_refused():
    states = [{"w": np.full(3, step, dtype=np.float32), "steps": np.array(step)} for step in range(5)]
    assert nino.nowcast(states, nowcaster="linefit")["steps"] == 4
    others = [np.float64, np.complex64, ">f4"]
    for wrong in [*(np.zeros(3, dtype=kind) for kind in others), torch.zeros(3, dtype=torch.float64)]:
        with pytest.raises(nino.NinoError, match="v: expected float32, float16 or bfloat16, found .*(64|f4)"):
            nino.nowcast([state | {"v": wrong} for state in states], nowcaster="linefit")


def test_many_horizons_are_those_of_one():
    states = history()
    many = nino.nowcast(states, CNN, [1, 5, 40])
    assert len(many) == 3
    for horizon, result in zip([1, 5, 40], many, strict=True):
        single = nino.nowcast(states, CNN, horizon)
        assert all(torch.equal(single[name], result[name]) for name in single)
    assert not all(torch.equal(many[0][name], many[2][name]) for name in many[0])


def test_strides_do_not_matter():
    states = history()
    turned = [{name: _turned(tensor) for name, tensor in state.items()} for state in states]
    assert not turned[0]["fc.0.weight"].is_contiguous()
    plain, other = nino.nowcast(states, CNN, 5), nino.nowcast(turned, CNN, 5)
    assert all(torch.equal(plain[name], other[name]) for name in plain)


def _turned(tensor):
    """The same numbers with the axes in another order in memory."""
    return tensor.permute(*reversed(range(tensor.dim()))).contiguous().permute(*reversed(range(tensor.dim())))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_rounded_once(dtype):
    halves = history(dtype=dtype)
    wide = [{name: tensor.float() for name, tensor in state.items()} for state in halves]
    expected, found = nino.nowcast(wide, CNN, 5), nino.nowcast(halves, CNN, 5)
    for name in expected:
        assert found[name].dtype == dtype
        assert torch.equal(found[name], expected[name].to(dtype))


def test_numpy_and_torch_agree():
    states = history()
    arrays = [{name: tensor.numpy() for name, tensor in state.items()} for state in states]
    expected, found = nino.nowcast(states, CNN, 5), nino.nowcast(arrays, CNN, 5)
    assert all(np.array_equal(found[name], expected[name].numpy()) for name in expected)


def test_memory_and_files_agree(tmp_path):
    states = history()
    files = []
    for index, state in enumerate(states):
        files.append(str(tmp_path / f"{index}.pt"))
        torch.save(state, files[-1])
    config = tmp_path / "config.json"
    config.write_text(json.dumps(CNN))
    out = str(tmp_path / "out.safetensors")
    run(["step", "--config", str(config), "--history", *files, "--k", "5", "--out", out, "--quiet"])
    found, expected = _safetensors(out), nino.nowcast(states, CNN, 5)
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[name], expected[name].numpy()) for name in expected)


def _safetensors(path):
    data = open(path, "rb").read()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    return {
        name: np.frombuffer(data[8 + length :][slice(*entry["data_offsets"])], np.float32).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def test_prefixes_of_wrappers_are_seen_through():
    states = [{f"module._orig_mod.{name}": tensor for name, tensor in state.items()} for state in history()]
    plain, found = nino.nowcast(history(), CNN, 5), nino.nowcast(states, CNN, 5)
    assert all(torch.equal(found[f"module._orig_mod.{name}"], plain[name]) for name in plain)


def test_wrong_input_is_said_in_one_line():
    states = history()
    with pytest.raises(nino.NinoError, match="expected 5, found 4"):
        nino.nowcast(states[:4], CNN, 1)
    with pytest.raises(nino.NinoError, match=r"horizon: expected 1\.\.\.40, found 41"):
        nino.nowcast(states, CNN, 41)
    with pytest.raises(nino.NinoError, match="unheard"):
        nino.nowcast(states, {"model_type": "unheard"}, 1)
    with pytest.raises(nino.NinoError, match=r"fc\.0\.weight"):
        nino.nowcast([{k: v for k, v in s.items() if k != "fc.0.weight"} for s in states], CNN, 1)
    with pytest.raises(nino.NinoError, match=r"expected shape \[4, 1, 3, 3\], found \[4, 9\]"):
        nino.nowcast([s | {"fc.0.weight": s["fc.0.weight"].reshape(4, 9)} for s in states], CNN, 1)
    with pytest.raises(nino.NinoError, match="in the processor's memory, found on meta"):
        nino.nowcast([s | {"fc.0.weight": s["fc.0.weight"].to("meta")} for s in states], CNN, 1)
    with pytest.raises(nino.NinoError, match=r"model_type|hidden"):
        nino.nowcast(states, CNN | {"hidden": []}, 1)


def test_a_traced_program_is_a_model():
    from nino.tracing import export

    model = Convolutional()
    states = history()
    found = nino.nowcast(states, export(model, (torch.randn(2, 1, 12, 12),)), 5)
    expected = nino.nowcast(states, CNN, 5)
    for name, tensor in expected.items():
        assert torch.allclose(found[name], tensor, rtol=0, atol=1e-6 * (tensor - states[-1][name]).abs().max())
    with pytest.raises(nino.NinoError, match="expected a path, .* found Convolutional"):
        nino.nowcast(states, model, 5)


def test_threads_change_nothing():
    states = history()
    before = nino.nowcast(states, CNN, 5)
    nino.set_threads(1)
    try:
        after = nino.nowcast(states, CNN, 5)
    finally:
        nino.set_threads(2)
    assert all(torch.equal(before[name], after[name]) for name in before)
    with pytest.raises(nino.NinoError, match="threads"):
        nino.set_threads(0)
