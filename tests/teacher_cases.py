"""A data set of random pictures and a tower small enough for tests."""

import numpy as np
import torch
from torch import nn

from docclf.batch import Batch
from docclf.data.pixels.source import Source
from docclf.imaging.resize import squash
from docclf.teacher.pixels import Pixels
from docclf.teacher.tower import Tower

SIDE = 16


class Pictures(Source):
    """A source of random pictures; counts what was read."""

    fingerprint = "f"

    def __init__(self, count=10, seed=0):
        self.pictures = np.random.default_rng(seed).integers(0, 256, (count, 20, 24, 3), dtype=np.uint8)
        self.reads = []

    def __len__(self):
        return len(self.pictures)

    def read(self, i):
        self.reads.append(i)
        return self.pictures[i]

    def name(self, i):
        return f"picture {i}"

    def clean(self, indices):
        images = np.stack([squash(self.pictures[i], SIDE) for i in indices])
        return torch.from_numpy(images).permute(0, 3, 1, 2)


class DataSet:
    """What a teacher asks of a data set."""

    labels = None

    def __init__(self, count=10, seed=0):
        self.source = Pictures(count, seed)

    def train_loader(self, rank=0, world=1, views=(), device="cpu"):
        return self

    def describe(self):
        return {"kind": "test", "fingerprint": "f", "evaluation": {"fingerprint": "not looked at"}}


def tower(width=6, seed=3, side=12):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(3, 5, 3, 2), nn.BatchNorm2d(5), nn.ReLU(), nn.Flatten(), nn.LazyLinear(width))
    net(torch.randn(4, 3, side, side))
    return Tower(net, Pixels(side, [0.4] * 3, [0.3] * 3, "bicubic"), {"kind": "test", "name": "small"})


def batch(source, indices, seed=0):
    """Returns a batch with clean views, and random ones as the augmented."""
    images = torch.randint(0, 256, (len(indices), 3, SIDE, SIDE), dtype=torch.uint8,
                           generator=torch.Generator().manual_seed(seed))  # fmt: skip
    numbers = torch.tensor(indices)
    return Batch(images, numbers, numbers, torch.zeros_like(numbers), clean=source.clean(indices))
