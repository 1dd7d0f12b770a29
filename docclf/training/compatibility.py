"""What trainer and loss settings do not go together, found before the first step."""

import logging

import pytorch_lightning as pl
from torch import nn

from docclf.errors import InputError
from docclf.loss.base import Held
from docclf.training.folder.place import Place

_log = logging.getLogger(__name__)


def check(trainer: pl.Trainer, loss: nn.Module) -> None:
    """Compares a trainer with the loss it is to train; says once what clipping leaves out.

    Raises:
        InputError: micro-batches with fused updates, or a gradient scaler with centres that have their own optimizer.
    """
    fused = isinstance(loss, Held) and loss.fused
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


def check_loader(loader: dict, place: Place, trainer: pl.Trainer) -> None:
    """Compares the batches of a run with those of the run that goes on.

    Args:
        loader: state of the loader in the checkpoint.
        place: where the checkpoint was written.
        trainer: has a training loader.

    Raises:
        InputError: other images, or a global batch or an epoch of another size: classes, losses, schedule and place
            in the epoch would mean something else.
    """
    now = trainer.train_dataloader.state_dict()
    _check_images(loader, now, trainer.ckpt_path)
    _check_batch(loader["global_batch"], now["global_batch"], trainer.world_size)
    if place.batch and place.batches != trainer.num_training_batches:
        raise InputError(
            f"{trainer.ckpt_path} is of batch {place.batch} of an epoch of {place.batches} batches; now an epoch has "
            f"{trainer.num_training_batches}. Give trainer.limit_train_batches and data.samples_per_epoch as they were."
        )


def _check_images(then: dict, now: dict, path: object) -> None:
    changed = [name for name in ("samples", "fingerprint") if then.get(name) != now.get(name)]
    if changed:
        told = "; ".join(f"{name} {str(then.get(name))[:16]} then, {str(now.get(name))[:16]} now" for name in changed)
        raise other_images(path, told)


def other_images(path: object, told: str) -> InputError:
    """Returns the error of a run that would go on with other images than it had.

    Args:
        path: of the checkpoint.
        told: what differs.
    """
    return InputError(
        f"the training images changed since {path} was written ({told}): some were added, removed, renamed or "
        "replaced. Class numbers follow the images, so the centres would belong to others. Put the images back as "
        f"they were, or start a new run that finds its centres again by what the images hold: init_from={path} "
        "init_centres=true name=NAME."
    )


def _check_batch(then: int, now: int, world: int) -> None:
    if then == now:
        return
    remedy = (
        f"give data.batch_size={then // world}"
        if then % world == 0
        else f"take a number of processes that divides {then}"
    )
    raise InputError(
        f"the run took batches of {then} samples over all its processes, this would take {now}: {world} process(es) of "
        f"data.batch_size={now // world}. To go on with {world}, {remedy}."
    )
