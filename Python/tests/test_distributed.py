"""Two processes that train together, with whole and with sharded weights."""

import os

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from models import CNN, CNN_NORM, Convolutional, batches, loss_of
from processes import join, leave

POLICIES = ("search", "schedule")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What two processes come to, by policy, for each of them: a start costs more than a run."""
    folder = tmp_path_factory.mktemp("results")
    mp.spawn(both, args=(str(folder),), nprocs=2)
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2)]


def both(rank, folder):
    join(rank, folder)
    kinds = {"whole": whole_weights, "sharded": sharded_weights}
    made = {kind: {policy: run(rank, folder, policy) for policy in POLICIES} for kind, run in kinds.items()}
    torch.save(made, os.path.join(folder, f"{rank}.pt"))
    leave()


def whole_weights(rank, folder, policy):
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
            path = os.path.join(folder, f"{policy}.state")
            if rank == 0:
                torch.save(optimizer.state_dict(), path)
            dist.barrier()
            optimizer = start()
            optimizer.load_state_dict(torch.load(path, weights_only=True))
    if policy == "schedule":
        optimizer.undo()
    return {"weights": dict(model.module.state_dict()), "events": events}


@pytest.mark.parametrize("policy", POLICIES)
def test_two_processes_hold_the_same_weights(policy, results):
    first, second = (made["whole"][policy] for made in results)
    assert first["events"] == second["events"] and len(first["events"]) >= 3
    learnt = [name for name in first["weights"] if "running" not in name]
    assert all(torch.equal(first["weights"][name], second["weights"][name]) for name in learnt)


def sharded_weights(rank, folder, policy):
    """The same run with whole and with sharded weights."""
    import nino.torch
    from nino.torch.sharding import whole
    from torch.distributed.fsdp import fully_shard

    results = {}
    for name in ("whole", "sharded"):
        torch.manual_seed(0)
        model = Convolutional(CNN)
        if name == "sharded":
            for layer in (model.fc[0], model.fc[2]):
                fully_shard(layer)
            fully_shard(model)
        else:
            model = torch.nn.parallel.DistributedDataParallel(model)
        options = {"config": CNN, "period": 20, "max_train_steps": 100, "policy": policy}
        optimizer = nino.torch.NiNo(torch.optim.SGD(model.parameters(), lr=0.05), model, **options)
        data, losses, events = batches(40, seed=rank), [], []
        for step in range(50):
            batch = data[step % 40]
            if optimizer.need_grads:
                optimizer.zero_grad()
                loss = loss_of(model, batch)
                loss.backward()
                losses.append(loss.item())
            else:
                events.append(step)
            optimizer.step(lambda batch=batch: loss_of(model, batch))
        shown = optimizer.evaluation_weights(lambda: loss_of(model, data[0]))
        if policy == "schedule":
            optimizer.undo()
        weights = {n.removeprefix("module."): whole(p) for n, p in model.named_parameters()}
        results[name] = {"weights": weights, "events": events, "losses": losses, "shown": shown}
    return results


@pytest.mark.parametrize("policy", POLICIES)
def test_sharded_weights_are_nowcast_as_whole_ones(policy, results):
    for made in results:
        whole, sharded = made["sharded"][policy]["whole"], made["sharded"][policy]["sharded"]
        assert whole["events"] == sharded["events"] and len(whole["events"]) >= 2
        assert sharded["losses"] == pytest.approx(whole["losses"], rel=1e-4)
        for key in ("weights", "shown"):
            assert whole[key].keys() == sharded[key].keys() and len(whole[key]) == 6
            for name, tensor in whole[key].items():
                assert torch.allclose(tensor, sharded[key][name], rtol=1e-3, atol=1e-5), (key, name)


def lonely_worker(rank, folder):
    join(rank, folder, count=1)
    import nino.torch
    from nino.torch.sharding import whole
    from torch.distributed.fsdp import fully_shard

    model = torch.nn.Linear(3, 2, bias=False)
    torch.nn.init.zeros_(model.weight)
    fully_shard(model)
    base = torch.optim.SGD(model.parameters(), lr=1.0)
    options = {"period": 5, "max_train_steps": 5, "ckpt": "linefit", "policy": "schedule", "horizon": 3}
    optimizer = nino.torch.NiNo(base, model, **options)
    while optimizer.need_grads:
        optimizer.zero_grad()
        (-model(torch.ones(1, 3)).sum()).backward()
        optimizer.step()
    optimizer.step()
    # The weights are 0, 1, 2, 3, 4: three states ahead they are 7.
    torch.save(whole(model.weight), os.path.join(folder, "weight.pt"))
    leave()


def test_one_process_may_hold_all_parts(tmp_path):
    mp.spawn(lonely_worker, args=(str(tmp_path),), nprocs=1)
    assert torch.allclose(torch.load(tmp_path / "weight.pt", weights_only=True), torch.full((2, 3), 7.0))
