"""What all tests need."""

import pytest
import torch
import torchvision_ops  # noqa: F401


@pytest.fixture(autouse=True)
def one_thread():
    """Small models gain nothing from more, and sums come out the same."""
    torch.set_num_threads(1)
