"""Lets torchvision be imported where its compiled ops cannot be loaded.

PyPI's wheel of torchvision is built for CUDA: beside a CPU wheel of torch its library does not load, and the import
stops at two ops that it has no declaration of. No model here uses them.
"""

import torch


def declare_missing_ops() -> None:
    """Declares the ops that the import of torchvision looks up; does nothing where torchvision loads as it is."""
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        declare_missing_ops.library = library  # the declarations live as long as this object


declare_missing_ops()
