"""Stops a run whose numbers are no numbers any more, on every rank, and says where it stood."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytorch_lightning as pl
import torch
from torch import Tensor

from docclf.distributed.ranks import Ranks
from docclf.errors import InputError
from docclf.loss.base import Explained

# steps between looks at the loss on a GPU, each of which waits for it
EVERY = 50


@contextmanager
def explained(engine: pl.LightningModule) -> Iterator[None]:
    """Adds step, rank and the settings in force to an InputError of the training step."""
    try:
        yield
    except InputError as error:
        rate = engine.optimizers().param_groups[0]["lr"]
        settings = {"learning rate": rate} | _settings(engine)
        told = ", ".join(f"{name} {value:.3g}" for name, value in settings.items())
        raise InputError(
            f"{error} It was step {engine.global_step} on rank {engine.global_rank}: {told}; the last checkpoint is "
            "kept."
        ) from error


def check(loss: Tensor, engine: pl.LightningModule) -> None:
    """Looks at the losses of all ranks, so that none goes on alone.

    Raises:
        InputError: one is NaN or infinite; on every rank, naming those it happened on.
    """
    if loss.device.type != "cpu" and engine.global_step % EVERY:
        return
    ranks = Ranks()
    losses = torch.zeros(ranks.size, device=loss.device)
    losses[ranks.rank] = loss.detach()
    found = enumerate(ranks.sum(losses).tolist())
    bad = [f"{value} on rank {rank}" for rank, value in found if not math.isfinite(value)]
    if bad:
        known = _settings(engine)
        scale = " or loss.scale" if "scale" in known else ""
        ramp = " ramp the margin (loss.margin_ramp)," if "margin" in known else ""
        raise InputError(
            f"the loss is {', '.join(bad)}. Lower optim.optimizer.lr{scale}, lengthen the warm-up,{ramp} or clip "
            "gradients (trainer.gradient_clip_val)."
        )


def _settings(engine: pl.LightningModule) -> dict[str, float]:
    return engine.loss.settings() if isinstance(engine.loss, Explained) else {}
