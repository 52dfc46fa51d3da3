"""Checkpoints as the libraries write them: read, nowcast, and loaded back, against files of plain tensors."""

import json
import subprocess

import pytest
import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
import torch.multiprocessing as mp
from nino import _library as lib
from processes import join, leave
from safetensors.torch import load_file, save_file

transformers = pytest.importorskip("transformers")
CONFIG = {
    "vocab_size": 80,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32,
    "tie_word_embeddings": False,
}


def model_at(step):
    """A tiny Llama whose weights drift from step to step."""
    torch.manual_seed(7)
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**CONFIG))
    with torch.no_grad():
        for weight in model.parameters():
            drift, noise = torch.randn_like(weight), torch.Generator().manual_seed(step)
            weight += 0.01 * step * drift + 0.002 * torch.randn(weight.shape, generator=noise)
    return model


def step(*arguments):
    program = str(lib.PROGRAM)
    done = subprocess.run(
        [program, "step", "--k", "3", "--quiet", *map(str, arguments)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The config's file, and the nowcast of plain tensors by name."""
    folder = tmp_path_factory.mktemp("plain")
    paths = [folder / f"{t}.safetensors" for t in range(5)]
    for t, path in enumerate(paths):
        save_file({name: value.contiguous() for name, value in model_at(t).state_dict().items()}, path)
    config = folder / "config.json"
    config.write_text(json.dumps({"model_type": "llama", **CONFIG}))
    step("--config", config, "--history", *paths, "--out", folder / "out.safetensors")
    out = load_file(folder / "out.safetensors")
    newest = model_at(4).state_dict()
    assert out.keys() == newest.keys() and all(not torch.equal(out[name], newest[name]) for name in out)
    return config, out


def same(found, expected):
    assert found.keys() == expected.keys()
    return all(torch.equal(found[name], expected[name]) for name in expected)


def test_shards_of_save_pretrained(plain, tmp_path):
    states = [tmp_path / f"state{t}" for t in range(5)]
    for t, path in enumerate(states):
        model_at(t).save_pretrained(path, max_shard_size="20KB")
    assert len(list(states[0].glob("*.safetensors"))) > 2
    step("--config", states[4], "--history", *states, "--out", tmp_path / "out")
    loaded = transformers.LlamaForCausalLM.from_pretrained(tmp_path / "out")
    assert same(loaded.state_dict(), plain[1])
    # The twin: another newest state.
    step("--config", states[4], "--history", *states[:4], states[0], "--steps", "0,1,2,3,4", "--out", tmp_path / "twin")
    assert not same(transformers.LlamaForCausalLM.from_pretrained(tmp_path / "twin").state_dict(), plain[1])


def save_distributed(rank, meeting, folder, kind):
    import torchvision_ops  # noqa: F401

    join(rank, meeting)
    from torch.distributed.checkpoint.state_dict import get_model_state_dict
    from torch.distributed.fsdp import fully_shard

    mesh = dist.device_mesh.init_device_mesh("cpu", (2,))
    for t in range(5):
        model = model_at(t)
        if kind != "plain":
            for layer in model.model.layers:
                fully_shard(layer, mesh=mesh)
            fully_shard(model, mesh=mesh)
        weights = get_model_state_dict(model)
        if kind == "torchtitan":
            # Names of the model lie at the top, beside what else a run needs.
            state = {**weights, "optimizer.state.step": torch.tensor(float(t)), "train_state": {"step": t}}
            path = f"{folder}/step-{t + 1}"
        elif kind == "accelerate":
            state, path = {"model": weights}, f"{folder}/checkpoint_{t + 1}/pytorch_model_fsdp_0"
        else:
            state, path = {"model": weights, "step": t}, f"{folder}/state_{t + 1}"
        dcp.save(state, checkpoint_id=path)
    leave()


@pytest.mark.parametrize("kind", ["plain", "fsdp2", "accelerate", "torchtitan"])
def test_what_two_processes_save_together(kind, plain, tmp_path):
    mp.spawn(save_distributed, args=(str(tmp_path), str(tmp_path / "run"), kind), nprocs=2)
    if kind != "plain":
        assert len(list((tmp_path / "run").rglob("*.distcp"))) == 10
    step(tmp_path / "run", "--config", plain[0], "--out", tmp_path / "out")
    files = list((tmp_path / "out").glob("*.safetensors"))
    assert len(files) == 1 and same(load_file(files[0]), plain[1])
    # Its own reader of such folders.
    loaded = {name: torch.zeros_like(value) for name, value in plain[1].items()}
    dcp.load(loaded, storage_reader=dcp.HuggingFaceStorageReader(str(tmp_path / "out")), no_dist=True)
    assert same(loaded, plain[1])


def test_the_folders_of_a_trainer(tmp_path):
    data = [{"input_ids": torch.arange(16) % 80, "labels": torch.arange(16) % 80} for _ in range(40)]
    arguments = transformers.TrainingArguments(
        str(tmp_path / "run"), max_steps=12, save_steps=2, per_device_train_batch_size=2, report_to=[], use_cpu=True
    )
    transformers.Trainer(model_at(0), arguments, train_dataset=data).train()
    states = [tmp_path / "run" / f"checkpoint-{2 * t}" for t in range(2, 7)]
    assert all(path.is_dir() for path in states)
    step(tmp_path / "run", "--config", states[-1], "--out", tmp_path / "out")
    loaded = transformers.LlamaForCausalLM.from_pretrained(tmp_path / "out").state_dict()
    files = []
    for t, path in enumerate(states):
        files.append(tmp_path / f"{t}.safetensors")
        save_file(load_file(path / "model.safetensors"), files[-1])
    step("--config", states[-1], "--history", *files, "--out", tmp_path / "plain.safetensors")
    assert same(loaded, load_file(tmp_path / "plain.safetensors"))
    assert not same(loaded, load_file(states[-1] / "model.safetensors"))
