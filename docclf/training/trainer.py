"""The Trainer of a run: what it writes into its folder and when."""

import sys
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from hydra.utils import instantiate
from omegaconf import DictConfig
from pytorch_lightning.callbacks import TQDMProgressBar

from docclf.checkpoint import centres
from docclf.checkpoint import write as saving
from docclf.config import plain
from docclf.distributed import companions as processes
from docclf.training.callback import loggers as logbook
from docclf.training.callback.graceful_stop import GracefulStop
from docclf.training.callback.imprint import Imprint
from docclf.training.callback.pictures import BatchPicture, Curve, EpochLine
from docclf.training.callback.timing import Stopwatch


def build_trainer(config: DictConfig, folder: Path, facts: dict, keys: Any = None) -> pl.Trainer:
    """Returns the Trainer of a run that writes to ``folder``; ``keys`` say what each class is."""
    every = config.trainer.get("check_val_every_n_epoch") or 1
    keep = {"dirpath": folder, "save_top_k": 1, "auto_insert_metric_name": False, "enable_version_counter": False}
    callbacks = [
        centres.Centres(folder / "last.ckpt", keys),
        processes.Companions(),
        BatchPicture(folder),
        Curve(folder),
        Stopwatch(),
        logbook.Logbook(config),
        GracefulStop(folder / "last.ckpt"),
        saving.Kept(
            filename="best", monitor="val/select", mode="max", every_n_epochs=every, save_weights_only=True, **keep
        ),
        saving.Kept(filename="last", every_n_epochs=1, save_on_train_epoch_end=True, **keep),
        EpochLine(),
        *([Imprint(config.image_size, config.seed)] if config.imprint else []),
        *(instantiate(node) for node in config.callbacks.values()),
    ]
    if steps := config.checkpoint_every_steps:
        callbacks.append(saving.Kept(filename="last", every_n_train_steps=steps, **keep))
    if interactive := sys.stderr.isatty():
        callbacks.append(TQDMProgressBar(refresh_rate=10, leave=False))
    loggers = logbook.loggers(config, folder)
    return instantiate(
        config.trainer,
        default_root_dir=str(folder),
        logger=loggers or False,
        callbacks=callbacks,
        plugins=[saving.RunCheckpointIO(plain.plain(config), facts)],
        enable_progress_bar=interactive,
    )
