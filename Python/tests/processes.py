"""Processes that work together in a test: how they meet, and how they leave."""

import os
import sys

import torch
import torch.distributed as dist


def join(rank, folder, count=2):
    """Begins what `count` processes do together; they meet by a file, so that no port may be taken."""
    dist.init_process_group("gloo", rank=rank, world_size=count, init_method=f"file://{folder}/meeting")
    torch.set_num_threads(1)


def leave():
    """Ends this process once all have come here, past the interpreter's own end.

    There gloo's threads, which a destroyed group may leave behind, still hold tensors, and to free one aborts the
    process (pytorch#190489).
    """
    dist.barrier()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
