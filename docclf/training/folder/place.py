"""Where a training stands: counted by its loader, kept in every checkpoint, told to Lightning's loops when it goes on.

A checkpoint is written in the midst of an epoch, after the last step of one (its validation is still to come), or when
all of an epoch is done. Lightning's own counters differ from case to case by what had been counted up when the file was
written, and after a second kill they contradict each other. So they are not used: the loops are set from the place.
"""

import math
from typing import Any, NamedTuple

import pytorch_lightning as pl

from docclf.errors import InputError

NAME = "place"  # entry of a checkpoint


class Place(NamedTuple):
    """What is done.

    Args:
        step: optimizer steps of the run.
        epoch: epochs that are done with their validation.
        batch: batches of the epoch after those, in the order of the loader.
        batches: an epoch has; as many when only the validation of the epoch is to come.
        first: step at which that epoch began.
        accumulated: batches of a step.
    """

    step: int
    epoch: int
    batch: int
    batches: int
    first: int
    accumulated: int


def here(trainer: pl.Trainer, first: int) -> Place:
    """Returns the place of a run that is training.

    Args:
        trainer: of the run.
        first: step at which the epoch began.
    """
    loader, batches = trainer.train_dataloader.state_dict(), int(trainer.num_training_batches)
    done, epoch = trainer.fit_loop.epoch_progress.current.processed, loader["epoch"]
    if done > epoch:  # its validation is done, and the loader has not yet been told of the next
        epoch, batch, first = done, 0, trainer.global_step
    else:
        batch = loader["position"]
    return Place(trainer.global_step, epoch, batch, batches, first, trainer.accumulate_grad_batches)


def stored(checkpoint: dict[str, Any], path: Any) -> Place:
    """Returns the place that a checkpoint holds, after its counters were compared with each other.

    Raises:
        InputError: there is none, or the steps are not those of the batches.
    """
    if NAME not in checkpoint:
        raise InputError(
            f"{path} does not say where its training stood: an older docclf wrote it, which may have lost count after "
            f"a kill. Go on with that version, or start a new run from its weights: init_from={path} name=NAME."
        )
    place = Place(**checkpoint[NAME])
    steps = place.first + math.ceil(place.batch / place.accumulated)
    if not steps == place.step == checkpoint["global_step"] or not 0 <= place.batch <= place.batches:
        raise InputError(
            f"{path} contradicts itself: it was written at step {checkpoint['global_step']}, but {place.batch} of "
            f"{place.batches} batches of epoch {place.epoch}, which began at step {place.first}, make {steps}. Go on "
            f"from another checkpoint, or start a new run from its weights: init_from={path} name=NAME."
        )
    return place


def validates(trainer: pl.Trainer, place: Place) -> bool:
    """Whether a validation is due right at a place."""
    every, interval = trainer.check_val_every_n_epoch, trainer.val_check_interval
    if not trainer.limit_val_batches or (every is not None and (place.epoch + 1) % every):
        return False
    if not isinstance(interval, (int, float)):
        return False  # by the clock, which began anew
    length = interval if isinstance(interval, int) else max(1, int(place.batches * interval))
    total = place.epoch * place.batches + place.batch
    return (total if every is None else place.batch) % length == 0


def set_loops(loops: dict[str, Any], trainer: pl.Trainer, place: Place) -> None:
    """Sets the counters of Lightning's fit loop in a checkpoint that is being loaded.

    Args:
        loops: its entry ``loops``, changed in place.
        trainer: that goes on.
        place: where.
    """
    fit, due = loops["fit_loop"], validates(trainer, place)
    if place.batch == place.batches and not due:
        place = place._replace(epoch=place.epoch + 1, batch=0)
    begun = place.epoch + (place.batch > 0)
    fit["epoch_progress"] = _both(ready=begun, started=begun, processed=place.epoch, completed=place.epoch)
    done = dict.fromkeys(("ready", "started", "processed", "completed"), place.batch)
    total = dict.fromkeys(done, place.epoch * place.batches + place.batch)
    last = place.batch == place.batches
    fit["epoch_loop.batch_progress"] = {"total": total, "current": done, "is_last_batch": last}
    # To Lightning a validation that is due is one that had begun its first batch.
    waits = int(due and place.batch > 0)
    validation = _both(ready=waits, started=waits, processed=0, completed=0)
    fit["epoch_loop.val_loop.batch_progress"] = validation | {"is_last_batch": False}
    # The step that loggers show; counted up once more where a loop first comes back from a validation.
    restarts = place.batch > 0 or trainer.max_epochs == -1
    fit["epoch_loop.state_dict"] = {"_batches_that_stepped": place.step - int(due and restarts)}


def _both(**counts: int) -> dict[str, dict[str, int]]:
    return {"total": dict(counts), "current": dict(counts)}
