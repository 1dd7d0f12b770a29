"""Trains a document embedding and scores it on held-out documents: ``python train.py [group=choice] [key=value]``."""

import sys
from pathlib import Path

import hydra
import pytorch_lightning as pl
import torch
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from docclf import build
from docclf.checkpoint import network as checkpoint_network
from docclf.cli import entry as cli
from docclf.cli import sweep
from docclf.config.check import check
from docclf.config.schema import TrainConfig
from docclf.evaluation import score
from docclf.evaluation import sets as evaluations
from docclf.training import build as training_build
from docclf.training import cost as training_cost
from docclf.training import datamodule, init_from
from docclf.training import loggers as logbook
from docclf.training import resume as training_resume
from docclf.training import trainer as run
from docclf.training.graceful_stop import Interrupted

ConfigStore.instance().store(name="train_schema", node=TrainConfig)


@hydra.main(config_path="conf", config_name="train", version_base="1.3")
def main(config: DictConfig) -> float | None:
    """Runs one training; returns the validation value that picked the checkpoint, for sweepers."""
    check(config)
    folder = Path(HydraConfig.get().runtime.output_dir)
    if (before := training_resume.finished(config, folder)) is not None:
        return before
    resume = training_resume.start(config, folder)
    pl.seed_everything(config.seed, verbose=False)
    network = build.encoder(config)
    dataset = build.data(config.data, config.image_size, config.seed, build.augmentation(config))
    tested = evaluations.sets(config, config.image_size, dataset)
    engine = training_build.engine(config, network, dataset)
    keys = dataset.class_keys() if hasattr(dataset, "class_keys") else None
    init_from.begin(config, engine, keys)
    about = {"num_classes": dataset.num_classes, "data": dataset.describe()}
    if engine.teacher is not None:
        about["teacher"] = engine.teacher.describe()
    trainer = run.trainer(config, folder, about, keys)
    sweep.one_job(folder)
    try:
        trainer.fit(engine, datamodule=datamodule.Loaders(dataset), ckpt_path=resume)
        sweep.leave()
        if config.evaluate and trainer.is_global_zero:
            cost = training_cost.training(config, dataset, trainer, engine)
            score.score(config, folder, checkpoint_network.best(config, folder), tested, cost)
            logbook.attach(trainer.loggers, folder, trainer.global_step)
        return float(trainer.callback_metrics.get("val/select", torch.nan))
    except Interrupted as stop:
        print(stop)
        sys.exit(130)
    finally:
        logbook.end(trainer.loggers)


if __name__ == "__main__":
    cli.run(main)
