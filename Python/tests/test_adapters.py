"""LoRA adapters as peft writes them: nowcast as they are, and loaded back by peft."""

import pytest
import torch
from safetensors.torch import load_file, save_file
from test_writers import model_at, step

peft = pytest.importorskip("peft")


def save(folder, t, **options):
    """An adapter whose matrices drift."""
    torch.manual_seed(3)
    config = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj", "down_proj"], **options)
    model = peft.get_peft_model(model_at(0), config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_" in name:
                noise = torch.Generator().manual_seed(t)
                weight += 0.1 * torch.randn_like(weight) + 0.01 * t * torch.randn_like(weight)
                weight += 0.002 * torch.randn(weight.shape, generator=noise)
    model.save_pretrained(folder / f"state{t}")
    return folder / f"state{t}"


@pytest.mark.parametrize("options", [{}, {"use_dora": True}])
def test_an_adapter_is_nowcast_and_loaded_back(options, tmp_path):
    states = [save(tmp_path, t, **options) for t in range(5)]
    step("--history", *states, "--out", tmp_path / "out")
    found, newest = (load_file(path / "adapter_model.safetensors") for path in (tmp_path / "out", states[4]))
    assert found.keys() == newest.keys()
    assert all(not torch.equal(found[name], newest[name]) and found[name].isfinite().all() for name in found)
    loaded = peft.PeftModel.from_pretrained(model_at(0), tmp_path / "out")
    for name, value in peft.get_peft_model_state_dict(loaded).items():
        assert torch.equal(value, found[name])


def reordered(state, matrices="AB"):
    """The same adapter with the rank of every module in another order, of both matrices or of one."""
    order = torch.tensor([2, 0, 3, 1])
    changed = {}
    for name, value in state.items():
        if "lora_A" in name and "A" in matrices:
            value = value[order]
        if "lora_B" in name and "B" in matrices:
            value = value[:, order]
        changed[name] = value.contiguous()
    return changed


def test_the_order_of_the_rank_means_nothing(tmp_path):
    states = [save(tmp_path, t) for t in range(5)]
    step("--history", *states, "--out", tmp_path / "out")
    out = load_file(tmp_path / "out" / "adapter_model.safetensors")

    def nowcast(name, matrices):
        files = []
        for t, state in enumerate(states):
            files.append(tmp_path / f"{name}{t}.safetensors")
            save_file(reordered(load_file(state / "adapter_model.safetensors"), matrices), files[-1])
        step("--history", *files, "--out", tmp_path / f"{name}.safetensors")
        return load_file(tmp_path / f"{name}.safetensors")

    expected, moved = reordered(out), nowcast("moved", "AB")
    assert all(torch.allclose(moved[name], expected[name], atol=1e-5) for name in out)
    # The twin: of one matrix alone it is no symmetry.
    broken, wrong = nowcast("broken", "A"), reordered(out, "A")
    assert any(not torch.allclose(broken[name], wrong[name], atol=1e-5) for name in out)


def test_what_is_no_adapter_needs_a_config(tmp_path):
    import subprocess

    from nino import _library as lib

    save_file({"w": torch.zeros(3, 3)}, tmp_path / "a.safetensors")
    done = subprocess.run(
        [str(lib.PROGRAM), "step", "--k", "1", "--history", *[str(tmp_path / "a.safetensors")] * 5]
        + ["--out", str(tmp_path / "o.safetensors")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and "give either --config or --graph" in done.stderr
