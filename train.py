"""Trains a document embedding and scores it on held-out documents: ``python train.py [group=choice] [key=value]``."""

if __name__ == "__main__":
    import docclf.utils.process.watch  # noqa: F401  first: Ctrl-C while the rest loads

import math
from pathlib import Path

import hydra
import pytorch_lightning as pl
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from docclf import build
from docclf.checkpoint import seen
from docclf.checkpoint.network import best_network
from docclf.cli import entry, sweep
from docclf.config import kept, schema  # noqa: F401  schema: what Hydra composes against
from docclf.config.check import check
from docclf.evaluation import leaks, sets
from docclf.evaluation.score import score
from docclf.training import false_negatives
from docclf.training.build import build_module, older
from docclf.training.callback import loggers
from docclf.training.cost import training_cost
from docclf.training.datamodule import Loaders
from docclf.training.folder import init_from, resume, run_lock
from docclf.training.trainer import build_trainer


@hydra.main(config_path="conf", config_name="train", version_base="1.3")
def main(config: DictConfig) -> float | None:
    """Runs one training; returns the validation value that picked the checkpoint, for sweepers."""
    # 1. The config is checked whole before anything is built.
    check(config)
    folder = Path(HydraConfig.get().runtime.output_dir)
    with run_lock.alone(folder):
        return train(config, folder)


def train(config: DictConfig, folder: Path) -> float | None:
    """Trains into a folder that no other run writes to."""
    # 2. A run starts in one of four ways: finished already, continued from last.ckpt (here), from another run's
    #    weights (init_from, step 5), or fresh.
    if (before := resume.finished(config, folder)) is not None:
        return before
    continued = resume.checkpoint_to_continue(config, folder)

    # 3. The network; seeded, so that its random weights are those of the seed.
    pl.seed_everything(config.seed, verbose=False)
    network = build.encoder(config)

    # 4. The data: every training image a class. What is tested is built before it trains and checked against it.
    dataset = build.data(config.data, config.image_size, config.seed, build.augmentation(config))
    resume.check_images(continued, dataset)
    before = [Path(path) for path in (continued, config.init_from, *older(config)) if path]
    tested = sets.while_training(config, dataset, before)

    # 5. Loss head (the class centres), optimizer, schedule, metric and teacher around the network.
    module = build_module(config, network, dataset)
    keys = dataset.class_keys()
    init_from.begin(config, module, keys)

    # 6. The trainer: checkpoints, loggers, pictures and signals.
    about = {"num_classes": dataset.num_classes, resume.IMAGES: dataset.fingerprint(), "data": dataset.describe()}
    if module.teacher is not None:
        about["teacher"] = module.teacher.describe()
    if module.compatible is not None:
        about["compatible"] = module.compatible.describe()
    kept.keep(config, folder)
    trainer = build_trainer(config, folder, about, keys)
    if trainer.is_global_zero:
        false_negatives.warn(dataset)
        seen.record(folder, leaks.seen_by(dataset).rows, before)
    sweep.one_job(folder)

    # 7. Fit; the first gradient step is docclf/training/module.py, training_step.
    try:
        trainer.fit(module, datamodule=Loaders(dataset), ckpt_path=continued)
        sweep.leave()

        # 8. Score the best checkpoint as evaluate.py does, and record a line of results for each set.
        if config.evaluate and trainer.is_global_zero:
            cost = training_cost(config, dataset, trainer, module)
            score(config, folder, best_network(config, folder), tested, cost)
            loggers.attach(trainer.loggers, folder, trainer.global_step)
        return module.validation.get("select", math.nan)
    finally:
        loggers.end(trainer.loggers)


if __name__ == "__main__":
    entry.run(main)
