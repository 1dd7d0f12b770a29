"""A training step beside its data: how fast it is, and how much of it is waiting. For experiments/bench/datapath.py."""

import time

import torch

from docclf.augment.sheet.recipes import load
from docclf.backbone.timm import TimmBackbone
from docclf.data.loader.batches import Batches
from docclf.data.pixels.memory import Memory


def training(memory: Memory, size: int, steps: int) -> tuple[int, float, float]:
    """Returns batch, samples/s of an lcnet_050 step with augment=docclassifier, and the share that waits for data."""
    batch = min(64, len(memory))
    network = torch.nn.Sequential(
        TimmBackbone("lcnet_050", image_size=size), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()
    ).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-4)
    augment = load("docclassifier", size, seed=0)
    loader = Batches(memory, size, batch, 0, augment=augment, samples_per_epoch=(steps + 3) * batch)

    def step(images: torch.Tensor) -> None:
        network(images.float() / 255).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()

    walk = iter(loader)
    for _ in range(2):
        step(next(walk).images)
    waited, start = loader.wait_seconds, time.perf_counter()
    for _ in range(steps):
        step(next(walk).images)
    seconds, waited = time.perf_counter() - start, loader.wait_seconds - waited
    loader.close()
    return batch, steps * batch / seconds, waited / seconds
