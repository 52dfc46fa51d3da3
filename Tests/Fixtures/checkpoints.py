"""Small checkpoints of one model as the tools that people train with write them, for Tests/CheckpointsTests.

Made with PyTorch 2.13, NumPy 2.4 and safetensors 0.8:

    python checkpoints.py checkpoints

Every form holds the tensors of `expected.safetensors`, bit for bit.
"""

import gzip
import io
import os
import sys

import numpy
import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
import torch.multiprocessing as mp
from safetensors.torch import save_file
from torch.distributed.checkpoint import HuggingFaceStorageWriter
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Replicate, Shard, distribute_tensor

RANKS = 2


def model_state():
    """Weights of an MLP of 4, 5 and 3 neurons."""
    generator = torch.Generator().manual_seed(0)
    shapes = {"fc.0.weight": (5, 4), "fc.0.bias": (5,), "fc.2.weight": (3, 5), "fc.2.bias": (3,)}
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def write_rank(rank, out):
    """Writes what one of two processes writes: rows of most tensors, columns of one, all of another."""
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29533", RANK=str(rank), WORLD_SIZE=str(RANKS))
    dist.init_process_group("gloo", rank=rank, world_size=RANKS)
    mesh = init_device_mesh("cpu", (RANKS,))
    cuts = {"fc.2.weight": Shard(1), "fc.2.bias": Replicate()}
    sharded = {
        name: distribute_tensor(tensor, mesh, [cuts.get(name, Shard(0))]) for name, tensor in model_state().items()
    }
    state = {"model": sharded, "optimizer": {"state": {"step": torch.tensor(3.0)}}, "step": 7}
    dcp.save(state, checkpoint_id=f"{out}/dcp")
    dcp.save(sharded, storage_writer=HuggingFaceStorageWriter(path=f"{out}/dcp_hf", save_distributed=True))
    os.makedirs(f"{out}/ranks", exist_ok=True)
    torch.save(sharded, f"{out}/ranks/model_world_size_{RANKS}_rank_{rank}.pt")
    dist.destroy_process_group()


def write_single(out):
    """Writes the forms of one process."""
    state = model_state()
    save_file(state, f"{out}/expected.safetensors", metadata={"format": "pt"})
    arrays = {name: tensor.numpy() for name, tensor in state.items()}
    numpy.savez(f"{out}/stored.npz", **arrays)
    numpy.savez_compressed(f"{out}/packed.npz", **arrays)
    module = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3))
    module.load_state_dict({name.removeprefix("fc."): tensor for name, tensor in state.items()})
    averaged = torch.optim.swa_utils.AveragedModel(torch.nn.ModuleDict({"fc": module}))
    torch.save(averaged.state_dict(), f"{out}/averaged.pt")
    lightning = {f"model.{name}": tensor for name, tensor in state.items()}
    torch.save({"epoch": 1, "global_step": 500, "state_dict": lightning, "loops": {}}, f"{out}/lightning.ckpt")
    torch.save({"trainer": {"weights": state, "lr": 0.1}, "step": 9}, f"{out}/nested.pt")
    values = torch.arange(256, dtype=torch.uint8)
    for name in ["float8_e4m3fn", "float8_e5m2"]:
        torch.save({"w": values.view(getattr(torch, name))}, f"{out}/{name}.pt")
        values.view(getattr(torch, name)).to(torch.float32).numpy().tofile(f"{out}/{name}.f32")
    images = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes(range(12))
    with open(f"{out}/images-idx3-ubyte.gz", "wb") as file:
        buffer = io.BytesIO()
        with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed:
            packed.write(images)
        file.write(buffer.getvalue())


if __name__ == "__main__":
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    write_single(folder)
    mp.spawn(write_rank, (folder,), nprocs=RANKS)
