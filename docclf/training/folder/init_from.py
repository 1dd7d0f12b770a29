"""What a fresh run takes from another's checkpoint."""

from typing import Any

from omegaconf import DictConfig

from docclf.checkpoint import centres
from docclf.checkpoint import network as checkpoint_network
from docclf.checkpoint import read as checkpoint
from docclf.errors import InputError
from docclf.training.module import Engine


def begin(config: DictConfig, engine: Engine, keys: Any) -> None:
    """Gives a fresh run what ``init_from`` and ``init_centres`` ask for, and says what it took."""
    path = config.init_from
    if config.init_centres and (not path or config.imprint):
        raise InputError(
            "init_centres=true takes class centres from a checkpoint: give init_from=.../last.ckpt, and imprint=false."
        )
    if not path:
        return
    stored = checkpoint.load(path)
    checkpoint_network.weights(engine.encoder, stored, path)
    kept = centres.carry_over(path, stored, engine.loss, keys) if config.init_centres else 0
    also = f", and {kept} of {len(keys)} class centres; the others, " if config.init_centres else "; class centres, "
    print(f"init_from: the encoder comes from {path}{also}optimizer and schedule start anew")
