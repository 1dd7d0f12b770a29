"""What loggers are told beyond the numbers of a step: settings, code version, pictures, test results, the report."""

import secrets
from pathlib import Path
from typing import Any

import matplotlib.image
import pytorch_lightning as pl
from hydra.utils import instantiate
from omegaconf import DictConfig
from pytorch_lightning.loggers import TensorBoardLogger, WandbLogger
from pytorch_lightning.utilities import rank_zero_only

from docclf.config import plain
from docclf.errors import InputError
from docclf.measures import keys
from docclf.provenance.commit import commit
from docclf.results import file as results
from docclf.utils import atomic

ID = "wandb_id"  # file in a run's folder: a continued run goes on under its id
PICTURES = ("batch", "curve", "roc", "det", "histogram")


def loggers(config: DictConfig, folder: Path) -> list[Any]:
    """Returns the loggers of a run that writes to ``folder``; W&B takes the id that the folder's run has."""
    found = []
    for node in config.logger.values():
        wandb = node["_target_"].endswith(".WandbLogger")
        more = {"id": identity(folder), "resume": "allow"} if wandb else {}
        found.append(instantiate(node, save_dir=str(folder), **more))
        if wandb:
            _started(found[-1])
    return found


def _started(logger: WandbLogger) -> None:
    """Starts the W&B run at once, so that a missing login is known before a run has drawn or read anything.

    Raises:
        InputError: nobody is logged in, or the server cannot be reached.
    """
    import wandb.errors

    try:
        logger.experiment  # noqa: B018  the other ranks get a stand-in
    except wandb.errors.Error as error:
        raise InputError(
            f"logger=wandb: {str(error).rstrip('.')}. Run `wandb login` once or set WANDB_API_KEY; or log without an "
            "account: logger=wandb_offline (wandb sync uploads it later), logger=csv."
        ) from error


def identity(folder: Path) -> str:
    """Returns the id of the W&B run of a folder, drawn when it is first asked for."""
    path = folder / ID
    if not path.exists() and rank_zero_only.rank == 0:
        atomic.write_text(path, secrets.token_hex(4) + "\n")
    return path.read_text().strip() if path.exists() else secrets.token_hex(4)


class Logbook(pl.Callback):
    """Gives every logger the settings of the run and the code version when it starts.

    Args:
        config: of the run.
    """

    def __init__(self, config: DictConfig) -> None:
        self.settings = {**_flat(plain.plain(config)), "commit": commit()}

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Logs them."""
        for logger in trainer.loggers:
            logger.log_hyperparams(self.settings)


def attach(loggers: list[Any], folder: Path, step: int) -> None:
    """Adds the test results of a run's folder to its loggers, and to W&B and TensorBoard its pictures and pages.

    Args:
        loggers: of the run.
        folder: of the run, with its lines of results.
        step: the last step.
    """
    lines = results.read(folder / results.NAME) if (folder / results.NAME).exists() else []
    ends = ("", "/low", "/high", "/bound")
    numbers = {f"test/{line['set']}/{key}{end}": value for line in lines for key in keys("logger", line["metrics"])
               for end in ends if (value := line["metrics"].get(key + end)) is not None}  # fmt: skip
    pictures = {
        path.relative_to(folder).with_suffix("").as_posix(): path
        for place in [folder, *(folder / line["set"] for line in lines)]
        for path in (place / f"{name}.png" for name in PICTURES)
        if path.exists()
    }
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            _to_wandb(logger, folder, numbers, pictures)
        else:
            logger.log_metrics(numbers, step)
            if isinstance(logger, TensorBoardLogger):
                for name, path in pictures.items():
                    image = (matplotlib.image.imread(path)[..., :3] * 255).astype("uint8")
                    logger.experiment.add_image(name, image, step, dataformats="HWC")
            logger.save()


def _to_wandb(logger: WandbLogger, folder: Path, numbers: dict[str, float], pictures: dict[str, Path]) -> None:
    import wandb

    run = logger.experiment
    run.summary.update(numbers)
    run.log({name: wandb.Image(str(path)) for name, path in pictures.items()})
    for pattern in ("report.html", "*/report.html", "metrics.json", "*/metrics.json", results.NAME, ".hydra/*.yaml"):
        for path in folder.glob(pattern):
            run.save(str(path), base_path=str(folder), policy="now")


def end(loggers: list[Any]) -> None:
    """Closes the W&B run, so that the next job of a sweep has its own."""
    if any(isinstance(logger, WandbLogger) for logger in loggers):
        import wandb

        wandb.finish()


def _flat(node: Any, path: str = "") -> dict[str, Any]:
    if isinstance(node, dict) and node:
        parts = [_flat(value, f"{path}.{key}" if path else str(key)) for key, value in node.items()]
        return {key: value for part in parts for key, value in part.items()}
    return {path: node if isinstance(node, (int, float, str, bool, type(None))) else str(node)}
