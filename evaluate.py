"""Scores an embedding on a register/query split: ``python evaluate.py ckpt=PATH`` or ``model=hog data=...``."""

if __name__ == "__main__":
    import docclf.utils.process.watch  # noqa: F401  first: Ctrl-C while the rest loads

from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from docclf import build
from docclf.checkpoint import read as checkpoint
from docclf.cli import entry
from docclf.config import (
    inherit,
    schema,  # noqa: F401  what Hydra composes against
)
from docclf.config.check import check
from docclf.evaluation import sets
from docclf.evaluation.model import evaluated_model
from docclf.evaluation.score import score
from docclf.results.record import cost_of_training


@hydra.main(config_path="conf", config_name="evaluate", version_base="1.3")
def main(config: DictConfig) -> float | None:
    """Prints the table, writes metrics.json into the output folder, returns the value that picks checkpoints."""
    check(config)
    folder = Path(HydraConfig.get().runtime.output_dir)
    stored = checkpoint.load(config.ckpt) if config.ckpt else None
    if stored:
        config, make = inherit.adopt(config, checkpoint.config_of(stored, config.ckpt, list(config.allow)))
    else:
        config, make = inherit.default(config, Path(__file__).resolve().parent / "conf"), build.own
        check(config)
    network = evaluated_model(config, stored, make)
    cost = cost_of_training(config.ckpt, stored) if stored and config.model.get("source") == "checkpoint" else None
    return score(config, folder, network, sets.of_checkpoint(config, network, make), cost, stored, make)


if __name__ == "__main__":
    entry.run(main)
