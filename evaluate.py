"""Scores an embedding on a register/query split: ``python evaluate.py ckpt=PATH`` or ``model=hog data=...``."""

from pathlib import Path

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from docclf import checkpoint, cli, evaluations, inherit, records, run
from docclf.config import EvaluateConfig, check

ConfigStore.instance().store(name="evaluate_schema", node=EvaluateConfig)


@hydra.main(config_path="conf", config_name="evaluate", version_base="1.3")
def main(config: DictConfig) -> float | None:
    """Prints the table, writes metrics.json into the output folder, returns the value that picks checkpoints."""
    check(config)
    folder = Path(HydraConfig.get().runtime.output_dir)
    stored = checkpoint.load(config.ckpt) if config.ckpt else None
    if stored:
        config = inherit.adopt(config, checkpoint.config_of(stored, config.ckpt, list(config.allow)))
    else:
        config = inherit.default(config, Path(__file__).resolve().parent / "conf")
    check(config)
    network = run.model(config, stored)
    cost = records.training_of(config.ckpt, stored) if stored and config.model.get("source") == "checkpoint" else None
    return evaluations.score(config, folder, network, evaluations.sets(config, network.image_size), cost, stored)


if __name__ == "__main__":
    cli.run(main)
