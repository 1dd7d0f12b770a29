"""What trainer and loss settings do not go together, found before the first step."""

import logging

import pytorch_lightning as pl
from torch import nn

from docclf.errors import InputError

_log = logging.getLogger(__name__)


def check(trainer: pl.Trainer, loss: nn.Module) -> None:
    """Compares a trainer with the loss it is to train; says once what clipping leaves out.

    Raises:
        InputError: micro-batches with fused updates, or a gradient scaler with centres that have their own optimizer.
    """
    fused = getattr(loss, "fused", False)
    if (micro := trainer.accumulate_grad_batches) > 1 and fused:
        raise InputError(
            f"trainer.accumulate_grad_batches={micro} with loss.fused=true would move the centres in every "
            "micro-batch; give loss.fused=false."
        )
    if getattr(trainer.precision_plugin, "scaler", None) is not None and not loss.outer_parameters():
        raise InputError(
            f"trainer.precision={trainer.precision} scales the loss, and each process would skip the steps in which "
            "its own gradients overflow, while the centres, which have their own optimizer, would take the scaled "
            "gradients. Give trainer.precision=bf16-mixed (or 32-true), or a loss whose centres the common optimizer "
            "owns (loss=cosface)."
        )
    if trainer.gradient_clip_val and fused and trainer.is_global_zero:
        _log.info(
            "trainer.gradient_clip_val=%g clips the encoder; the centres move during the backward pass "
            "(loss.fused=true). loss.fused=false clips both by their common norm.",
            trainer.gradient_clip_val,
        )


def check_batch(place: dict, trainer: pl.Trainer) -> None:
    """Compares the batch over all processes with that of the run that goes on.

    Args:
        place: state of the loader in the checkpoint.
        trainer: has a training loader.

    Raises:
        InputError: it is another one: losses, schedule and place in the epoch would mean something else.
    """
    then, now = place["global_batch"], trainer.train_dataloader.state_dict()["global_batch"]
    if then == now:
        return
    world = trainer.world_size
    remedy = (
        f"give data.batch_size={then // world}"
        if then % world == 0
        else f"take a number of processes that divides {then}"
    )
    raise InputError(
        f"the run took batches of {then} samples over all its processes, this would take {now}: {world} process(es) of "
        f"data.batch_size={now // world}. To go on with {world}, {remedy}."
    )
