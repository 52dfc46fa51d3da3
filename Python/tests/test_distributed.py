"""Two processes that train together."""

import os

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from models import CNN_NORM, Convolutional, batches, loss_of


def worker(rank, port, folder, policy):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    dist.init_process_group("gloo", rank=rank, world_size=2)
    torch.set_num_threads(1)
    import nino.torch

    torch.manual_seed(0)
    model = torch.nn.parallel.DistributedDataParallel(Convolutional(CNN_NORM))
    data = batches(40, seed=rank)
    options = {"config": CNN_NORM, "period": 20, "max_train_steps": 100, "policy": policy}

    def start():
        return nino.torch.NiNo(torch.optim.AdamW(model.parameters(), lr=3e-3), model, **options)

    optimizer, events = start(), []
    for step in range(70):
        batch = data[step % 40]
        if optimizer.need_grads:
            optimizer.zero_grad()
            loss_of(model, batch).backward()
            optimizer.step(lambda batch=batch: loss_of(model, batch))
        else:
            optimizer.step(lambda batch=batch: loss_of(model, batch))
            events.append((step, optimizer.last_event.kind, optimizer.last_event.horizon))
        if step == 33:
            # Every process takes up what the first has saved.
            path = os.path.join(folder, "state.pt")
            if rank == 0:
                torch.save(optimizer.state_dict(), path)
            dist.barrier()
            optimizer = start()
            optimizer.load_state_dict(torch.load(path, weights_only=True))
    if policy == "schedule":
        optimizer.undo()
    torch.save({"weights": model.module.state_dict(), "events": events}, os.path.join(folder, f"{rank}.pt"))
    dist.barrier()
    dist.destroy_process_group()


@pytest.mark.parametrize("policy", ["search", "schedule"])
def test_two_processes_hold_the_same_weights(policy, tmp_path):
    mp.spawn(worker, args=(29500 + os.getpid() % 1000, str(tmp_path), policy), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2))
    assert first["events"] == second["events"] and len(first["events"]) >= 3
    learnt = [name for name in first["weights"] if "running" not in name]
    assert all(torch.equal(first["weights"][name], second["weights"][name]) for name in learnt)
