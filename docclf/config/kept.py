"""The settings of a run, kept in its folder under .hydra.

Hydra would write them before anything is checked: a run that is refused, because another works in the folder or had
other settings, would leave its own there.
"""

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from docclf.utils import atomic
from docclf.utils.process import launched

FOLDER = ".hydra"


def keep(config: DictConfig, folder: Path) -> None:
    """Writes config.yaml, hydra.yaml and overrides.yaml as Hydra does; nothing in the other ranks of a run.

    Args:
        config: of the run, complete.
        folder: of the run.
    """
    if not launched.first():
        return
    found = {"config": config, "hydra": HydraConfig.instance().cfg, "overrides": HydraConfig.get().overrides.task}
    for name, node in found.items():
        atomic.write_text(folder / FOLDER / f"{name}.yaml", OmegaConf.to_yaml(node))
