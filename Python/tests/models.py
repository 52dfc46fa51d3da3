"""Small models and data that the tests share."""

import torch
from torch import nn
from torch.nn import functional

# The convolutional network of task fm-16, which a plugin knows.
FM16 = {
    "model_type": "cnn",
    "hidden": [16, 32, 32],
    "in_channels": 1,
    "image_size": 28,
    "num_classes": 10,
    "kernel_size": 3,
}
CNN = FM16 | {"hidden": [4, 6], "image_size": 12, "num_classes": 5}
CNN_NORM = CNN | {"batch_norm": True}


class Convolutional(nn.Module):
    """The module of such a config, under the names its plugin knows."""

    def __init__(self, config: dict = CNN, dropout: float = 0.0) -> None:
        super().__init__()
        layers, channels = [], config["in_channels"]
        for index, width in enumerate(config["hidden"]):
            layers.append(nn.Conv2d(channels, width, 3, stride=2 if index == 0 else 1, padding=min(index, 1)))
            if config.get("batch_norm"):
                layers.append(nn.BatchNorm2d(width))
            layers.append(nn.ReLU())
            channels = width
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        self.fc = nn.Sequential(*layers, nn.Linear(channels, config["num_classes"]))
        self.dropout = dropout

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.dropout(self.fc(x), self.dropout, self.training)


def batches(count: int, config: dict = CNN, size: int = 16, seed: int = 0) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Images whose class is where they are brightest, so that there is something to learn."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for _ in range(count):
        labels = torch.randint(config["num_classes"], (size,), generator=generator)
        images = torch.randn(size, 1, config["image_size"], config["image_size"], generator=generator)
        for image, label in zip(images, labels, strict=True):
            image[0, label : label + 3] += 2
        made.append((images, labels))
    return made


def loss_of(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    images, labels = batch
    dtype = next(model.parameters()).dtype
    return functional.cross_entropy(model(images.to(dtype)).float(), labels)


def train(model, optimizer, data, steps, start=0, closure=True):
    """Trains as the documentation says. Returns the loss of every training step and the events of all nowcasts."""
    losses, events = [], []
    for step in range(start, steps):
        batch = data[step % len(data)]
        if optimizer.need_grads:
            optimizer.zero_grad()
            loss = loss_of(model, batch)
            loss.backward()
            losses.append(loss.item())
            optimizer.step((lambda batch=batch: loss_of(model, batch)) if closure else None)
        else:
            optimizer.step((lambda batch=batch: loss_of(model, batch)) if closure else None)
            events.append(optimizer.last_event)
    return losses, events


def weights(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.named_parameters()}


def equal(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
