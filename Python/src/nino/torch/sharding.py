"""Parameters of which each process holds a part: the DTensors of `fully_shard` and of tensor parallelism."""

import torch


def is_sharded(tensor: torch.Tensor) -> bool:
    """Whether processes hold a tensor together."""
    return hasattr(tensor, "full_tensor")


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """All of a tensor, of its global shape; of one that is sharded, to be called in all processes."""
    tensor = tensor.detach()
    return tensor.full_tensor() if is_sharded(tensor) else tensor


def distribute(values: torch.Tensor, tensor: torch.Tensor) -> None:
    """Has each process take its part of what the first one holds; to be called in all processes.

    Args:
        values: of the global shape; only those of the first process count.
        tensor: a sharded one, which is written.
    """
    from torch.distributed.tensor import distribute_tensor

    values = values.to(tensor.device, tensor.dtype)
    parts = distribute_tensor(values, tensor.device_mesh, tensor.placements)
    tensor.detach().to_local().copy_(parts.to_local())


def reshard(model: torch.nn.Module) -> None:
    """Has modules of `fully_shard` gather their parameters anew: behind a forward pass without a backward pass the
    outermost would go on with those that it has."""
    for module in model.modules():
        if hasattr(module, "reshard") and hasattr(module, "unshard"):
            module.reshard()
