"""A whole run at toy size: the real trainer, callbacks, loaders and checkpoints around a tiny network."""

import os
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import nn

from docclf.data.evaluation.loader import EvaluationPart
from docclf.data.evaluation.set import EvaluationSet
from docclf.data.loader.batches import Batches
from docclf.data.pixels.source import Source
from docclf.encoder import Encoder
from docclf.library import compose
from docclf.loss.full import Full
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace
from docclf.metric.register_query import RegisterQuery
from docclf.schedule import Cosine
from docclf.training.datamodule import Loaders
from docclf.training.folder.run_lock import alone
from docclf.training.module import Engine
from docclf.training.trainer import build_trainer

SIDE, CLASSES, BATCH = 8, 24, 4  # six batches an epoch
FILES = ("last.ckpt", "best.ckpt")


class Pictures(Source):
    """Noise as a source; the content of image i follows its number in ``order``."""

    side = SIDE

    def __init__(self, order=range(CLASSES)):
        self.order = list(order)
        self.fingerprint = str(self.order)

    def __len__(self):
        return len(self.order)

    def read(self, i):
        return np.random.default_rng(self.order[i]).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)

    def name(self, i):
        return f"noise {self.order[i]}"


class Data:
    num_classes = CLASSES

    def __init__(self, order=range(CLASSES)):
        self.source, self.loaders = Pictures(order), []
        names, labels, read = [f"{i}" for i in range(6)], np.arange(6), self.source.read
        part = {"register": EvaluationPart(names, labels, read)}
        part["query"] = EvaluationPart(names, labels, lambda i: read(i) // 2 + read(i + 6) // 2)
        parts = {("val", name): part[name] for name in part}
        self.evaluation = EvaluationSet(parts, {"val": [str(i) for i in range(6)]}, SIDE, 4, 1, {})

    def train_loader(self, rank=0, world=1, views=(), device="cpu"):
        self.loaders.append(Batches(self.source, SIDE, BATCH // world, seed=0, threads=1, rank=rank, world=world))
        return self.loaders[-1]

    def register_loader(self, split):
        return self.evaluation.loader(split, "register")

    def query_loader(self, split):
        return self.evaluation.loader(split, "query")


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, 4, 3, stride=2), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(0.2)
        )

    def forward(self, images):
        return self.net(images)


def partial():
    return PartialFC(CLASSES, 5, CosFace(), SGD(), sample_rate=0.5, seed=0)


def full():
    return Full(CLASSES, 5, CosFace(), seed=0)


@cache
def settings(*words: str):
    return compose(["logger=none", "trainer.max_epochs=3", "trainer.log_every_n_steps=2", "checkpoint_every_steps=3",
                    "image_size=8", "trainer.num_sanity_val_steps=0", *words]).config  # fmt: skip


def train(folder: Path, *words: str, loss=partial, data=None, pair=None):
    """Trains in a folder, going on from its last.ckpt; returns trainer and module."""
    config, data = settings(*words), data or Data()
    torch.manual_seed(0)
    engine = Engine(
        Encoder(Small(), nn.Linear(4 * 9, 5)), loss(), lambda groups: torch.optim.AdamW(groups, lr=1e-2),
        Cosine(warmup=0.1), RegisterQuery(targets=(0.1,), replicates=0), pair=pair,
    )  # fmt: skip
    trainer = build_trainer(config, folder, {}, np.arange(CLASSES, dtype=np.uint64))
    last = folder / "last.ckpt"
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # of a network this small more would only wait for each other
    try:
        with alone(folder):
            trainer.fit(engine, datamodule=Loaders(data), ckpt_path=last if last.exists() else None)
    finally:
        torch.set_num_threads(threads)
        for loader in data.loaders:
            loader.close()
    return trainer, engine


def content(folder: Path) -> dict:
    """Returns what a run left, as values to compare bit for bit."""
    found = {}
    for name in FILES:
        state = torch.load(folder / name, weights_only=True)
        found[name] = {
            key: state[key]
            for key in ("state_dict", "global_step", "samples_seen", "place", "loader", "validation", "epoch")
        }
        if "optimizer_states" in state:
            found[name] |= {"optimizer": state["optimizer_states"], "rate": state["lr_schedulers"]}
        if "centres" in state:
            shard = torch.load(folder / "last.centres" / state["centres"]["shards"][0]["file"], weights_only=True)
            found["centres"] = {key: value for key, value in shard.items() if key != "token"}
    found["curve"] = (folder / "curve.csv").read_text()
    return found


def same(a, b, at="") -> list[str]:
    """Returns where two nested values differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        return [f"{at}.{k} is missing" for k in a.keys() ^ b.keys()] + [
            place for k in a.keys() & b.keys() for place in same(a[k], b[k], f"{at}.{k}")
        ]
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and len(a) == len(b):
        return [place for i, (x, y) in enumerate(zip(a, b, strict=True)) for place in same(x, y, f"{at}[{i}]")]
    equal = torch.equal(a, b) if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) else a == b
    return [] if equal else [f"{at}: {a!r:.60} and {b!r:.60}"]


def copied(source: Path, to: Path) -> Path:
    """Returns a copy of a folder as it lies there, halves of files included."""
    shutil.rmtree(to, ignore_errors=True)
    return Path(shutil.copytree(source, to))


class Killed(BaseException):
    """The end of a process, as far as a test can have one."""


class Writes:
    """Stands in for os.replace: keeps the run's folder before and after each write, and kills at one of them.

    Args:
        folder: of the run.
        kept: folder of the copies.
        kill_at: number of the write to end before; None for none.
    """

    def __init__(self, folder: Path, kept: Path, kill_at: int | None = None):
        self.folder, self.kept, self.kill_at, self.count, self._replace = folder, kept, kill_at, 0, os.replace

    def __call__(self, source, target):
        if Path(target).is_relative_to(self.folder):
            if self.kill_at in (None, self.count):
                copied(self.folder, self.kept / f"{self.count}")
            if self.kill_at == self.count:
                raise Killed
            self.count += 1
        self._replace(source, target)
        if Path(target).is_relative_to(self.folder) and self.kill_at is None:
            copied(self.folder, self.kept / f"{self.count - 1} after")
