"""End-to-end training on one GPU: images/s and the share of each stage.

    python experiments/bench/datapath_gpu.py                 an H200 is meant; has not run on a GPU yet
    python experiments/bench/datapath_gpu.py --toy           the same flow at toy size, on the CPU too

Trains lcnet_050 + squeeze ln_bn + PartialFC (CosFace) on a pack that lies on the device, augmented there with the
recipe docclassifier. The pack holds `--images` made-up pictures at 128 px (3.3 GB for the default 66,667); its 24-fold
views are the classes, so the defaults give 1,600,008. Stages are measured with CUDA events in sampled steps of their
own, after the rate was measured without them.
"""

import argparse
import time
from collections import defaultdict
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
import torch
from torch import nn

from docclf.augment.sheet.recipes import load
from docclf.backbone.timm import TimmBackbone
from docclf.batch import Batch
from docclf.data.loader.batches import Batches
from docclf.data.pixels.resident import Resident
from docclf.data.pixels.views import Expanded
from docclf.head.norm import LayerBatchNorm
from docclf.head.squeeze import Squeeze
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace

D = 256


class Invented:
    """Made-up pictures with the interface of a pack: smooth, so that JPEG and blur meet something like images."""

    def __init__(self, count: int, side: int):
        self.path, self.num_images, self.side, self.fingerprint = Path("invented"), count, side, f"{count}-{side}"
        self.images = None

    def read(self, i: int) -> np.ndarray:
        """Returns picture i, uint8 [S,S,3]."""
        coarse = np.random.default_rng(i).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        return coarse.repeat(self.side // 8, 0).repeat(self.side // 8, 1)


class Stages:
    """Adds up the milliseconds of named stages, by events on CUDA and by the clock elsewhere."""

    def __init__(self, cuda: bool):
        self.cuda, self.sums, self._pairs = cuda, defaultdict(float), []

    @contextmanager
    def __call__(self, name: str):
        begin = self._now()
        yield
        self._pairs.append((name, begin, self._now()))

    def _now(self):
        if not self.cuda:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def shares(self) -> dict[str, float]:
        """Returns each stage's share of the time from the first to the last mark."""
        if self.cuda:
            torch.cuda.synchronize()
        span = (lambda a, b: a.elapsed_time(b)) if self.cuda else (lambda a, b: b - a)
        for name, begin, end in self._pairs:
            self.sums[name] += span(begin, end)
        total = span(self._pairs[0][1], self._pairs[-1][2])
        found = {name: seconds / total for name, seconds in self.sums.items()}
        return found | {"rest": max(0.0, 1 - sum(found.values()))}


class Training:
    """The parts of a run, and one step of it."""

    def __init__(self, classes: int, size: int, rate: float, device: torch.device):
        self.device = device
        backbone = TimmBackbone("lcnet_050", image_size=size)
        with torch.no_grad():
            map_size = tuple(backbone.eval()(torch.zeros(1, 3, size, size)).shape[2:])
        head = Squeeze(backbone.out_channels, map_size, D, LayerBatchNorm)
        self.network = nn.Sequential(backbone, head).to(device, memory_format=torch.channels_last).train()
        self.loss = PartialFC(classes, D, CosFace(), SGD(), sample_rate=rate).to(device)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=1e-3)

    def step(self, loader: Batches, batch: Batch, stage) -> None:
        """Trains on a batch that holds numbers only."""
        with stage("cut, augment"):
            moved = [None if field is None else field.to(self.device, non_blocking=True) for field in batch]
            images = loader.prepare(Batch(*moved)).images
        with stage("model forward"), torch.autocast(self.device.type, torch.bfloat16):
            embeddings = self.network(images.float().div(255).contiguous(memory_format=torch.channels_last))
        with stage("loss head"):
            cut = embeddings.detach().float().requires_grad_()
            self.loss(cut, moved[1]).backward()
            self.loss.update()
        with stage("model backward, optimizer"):
            embeddings.backward(cut.grad.to(embeddings.dtype))
            self.optimizer.step()
            self.optimizer.zero_grad()


def main() -> None:
    """Prints the rate and the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=66_667)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--rate", type=float, default=0.1, help="share of the classes sampled per step")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--toy", action="store_true", help="64 images, 32 px, batch 16, 3 steps")
    given = parser.parse_args()
    if given.toy:
        given.images, given.size, given.batch, given.steps = 64, 32, 16, 3
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu" and not given.toy:
        parser.exit(1, "error: no CUDA device here; --toy runs the same flow on the CPU.\n")
    augment = load("docclassifier", given.size, seed=0)
    augment.executor = "device"
    rows = np.arange(given.images)
    source = Expanded(Resident([(Invented(given.images, given.size), rows)]))
    steps = 2 * given.steps + 10
    how = {"samples_per_epoch": steps * given.batch, "augment": augment, "device": device.type}
    loader = Batches(source, given.size, given.batch, 0, **how)
    training, walk = Training(len(source), given.size, given.rate, device), iter(loader)
    wait = torch.cuda.synchronize if device.type == "cuda" else nullcontext
    for _ in range(10):
        training.step(loader, next(walk), lambda name: nullcontext())
    wait()
    start, waited = time.perf_counter(), loader.wait_seconds
    for _ in range(given.steps):
        training.step(loader, next(walk), lambda name: nullcontext())
    wait()
    seconds = time.perf_counter() - start
    name = torch.cuda.get_device_name() if device.type == "cuda" else "CPU, toy size: no figure to quote"
    print(f"{name}: {len(source):,} classes, {given.size} px, batch {given.batch}, sample_rate {given.rate}")
    print(
        f"{given.steps * given.batch / seconds:,.0f} images/s; waiting {(loader.wait_seconds - waited) / seconds:.1%}"
    )
    stages = Stages(device.type == "cuda")
    for _ in range(given.steps):
        training.step(loader, next(walk), stages)
    loader.close()
    print(", ".join(f"{stage} {share:.1%}" for stage, share in stages.shares().items()))


if __name__ == "__main__":
    main()
