"""A run's folder: where it starts from, what it writes, and the same final score as evaluate.py."""

import sys
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.callbacks import ModelCheckpoint, TQDMProgressBar

from docclf import build, checkpoint, logbook, processes, reporting, saving, scoring
from docclf.batch import Batch
from docclf.callbacks import BatchPicture, Curve, EpochLine, GracefulStop
from docclf.engine import Encoder, Engine
from docclf.errors import InputError
from docclf.facts import facts
from docclf.imprint import Imprint
from docclf.model.network import Network
from docclf.stopwatch import Stopwatch

# Settings that may differ between a run and its continuation.
FREE = (
    *("ckpt_path", "evaluate", "report", "logger", "trainer", "name", "results", "evaluate_on", "skip_finished"),
    *("budget", "checkpoint_every_steps"),
)
# May differ as well, since its product with the number of processes may not (docclf.suits.check_batch).
PER_PROCESS = "data.batch_size"


class Loaders(pl.LightningDataModule):
    """Asks the data set for its loaders once rank and world size are known.

    Args:
        dataset: a docclf data set.
    """

    def __init__(self, dataset: Any) -> None:
        super().__init__()
        self.dataset = dataset

    def train_dataloader(self) -> Any:
        """Returns this rank's share of the training data."""
        teacher = self.trainer.lightning_module.teacher
        views = () if teacher is None else teacher.views
        device = str(self.trainer.strategy.root_device)
        return self.dataset.train_loader(self.trainer.global_rank, self.trainer.world_size, views, device)

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Lets the training loader finish its batch on the device: cut from a resident pack, augmented there."""
        return self.trainer.train_dataloader.prepare(batch) if isinstance(batch, Batch) else batch

    def val_dataloader(self) -> list:
        """Returns the validation register and queries, whole on every rank."""
        return [self.dataset.register_loader("val"), self.dataset.query_loader("val")]


def trainer(config: DictConfig, folder: Path, facts: dict, keys: Any = None) -> pl.Trainer:
    """Returns the Trainer of a run that writes to ``folder``; ``keys`` say what each class is."""
    every = config.trainer.get("check_val_every_n_epoch") or 1
    keep = {"dirpath": folder, "save_top_k": 1, "auto_insert_metric_name": False, "enable_version_counter": False}
    callbacks = [
        saving.Centres(folder / "last.ckpt", keys),
        processes.Companions(),
        BatchPicture(folder),
        Curve(folder),
        Stopwatch(),
        logbook.Logbook(config),
        GracefulStop(folder / "last.ckpt"),
        ModelCheckpoint(
            filename="best", monitor="val/select", mode="max", every_n_epochs=every, save_weights_only=True, **keep
        ),
        ModelCheckpoint(filename="last", every_n_epochs=1, save_on_train_epoch_end=True, **keep),
        EpochLine(),
        *([Imprint(config.image_size, config.seed)] if config.imprint else []),
    ]
    if steps := config.checkpoint_every_steps:
        callbacks.append(ModelCheckpoint(filename="last", every_n_train_steps=steps, **keep))
    if interactive := sys.stderr.isatty():
        callbacks.append(TQDMProgressBar(refresh_rate=10, leave=False))
    loggers = logbook.loggers(config, folder)
    return instantiate(
        config.trainer,
        default_root_dir=str(folder),
        logger=loggers or False,
        callbacks=callbacks,
        plugins=[saving.RunCheckpointIO(build.plain(config), facts)],
        enable_progress_bar=interactive,
    )


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
    build.weights(engine.encoder, stored, path)
    kept = saving.carry_over(path, stored, engine.loss, keys) if config.init_centres else 0
    print(
        f"init_from: the encoder comes from {path}, and {kept} of {engine.loss.num_classes} class centres; the others, "
        "optimizer and schedule start anew"
    )


def start(config: DictConfig, folder: Path) -> Path | None:
    """Returns the checkpoint to continue from, or ``None`` for a fresh run.

    Raises:
        InputError: the folder holds a run with other settings, or the checkpoint asked for is not there.
    """
    last = folder / "last.ckpt"
    if config.ckpt_path is None and not last.exists():
        return None
    path = last if config.ckpt_path in (None, "last") else Path(config.ckpt_path)
    stored = checkpoint.load(path)
    old, new = flat(checkpoint.config_of(stored, path)), flat(build.plain(config))
    if "optimizer_states" not in stored:
        raise InputError(
            f"{path} holds the weights only, to evaluate or to start from (init_from={path}); a run goes on from its "
            "last.ckpt: ckpt_path=last, or the path of another one."
        )
    free = {k for k in old.keys() | new.keys() if k.split(".")[0] in FREE} | {PER_PROCESS}
    differing = sorted(k for k in (old.keys() | new.keys()) - free if old.get(k) != new.get(k))
    if differing:
        shown = "; ".join(f"{k}: {old.get(k)!r} there, {new.get(k)!r} now" for k in differing[:8])
        raise InputError(
            f"{path} is a run with other settings ({shown}). Continue it with the settings it had, or start a fresh "
            "run under another name: name=NAME."
        )
    return path


def flat(node: Any, path: str = "") -> dict[str, Any]:
    """Returns nested dicts as one dict with dotted keys."""
    if not isinstance(node, dict) or not node:
        return {path: node}
    return {k: v for key, value in node.items() for k, v in flat(value, f"{path}.{key}" if path else str(key)).items()}


def model(config: DictConfig, stored: dict | None) -> Any:
    """Returns what is evaluated: the checkpoint's network, an untrained one, or a model that needs neither.

    Args:
        config: evaluate.py's, complete.
        stored: the checkpoint, or ``None``.
    """
    if config.model["_target_"].endswith(".Embeddings") and stored is not None:
        raise InputError("model=embeddings needs no checkpoint; leave ckpt= out.")
    if not config.model["_target_"].endswith(".Network"):
        return instantiate(config.model)
    if config.model.source == "checkpoint" and stored is None:
        raise InputError("model=checkpoint needs ckpt=PATH; without one: model=untrained or model=hog.")
    torch.manual_seed(config.seed)
    network = random_encoder(config)
    if config.model.source == "checkpoint":
        build.weights(network, stored, config.ckpt)
    return instantiate(config.model, encoder=network, image_size=config.image_size)


def random_encoder(config: DictConfig) -> Encoder:
    """Returns the encoder of a config without fetching the weights its training started from."""
    pretrained = "weights" in config.backbone
    return build.encoder(OmegaConf.merge(config, {"backbone": {"weights": None}}) if pretrained else config)


def best(config: DictConfig, folder: Path) -> Any:
    """Returns the network that evaluate.py would build from the best checkpoint of a run."""
    path = str(folder / "best.ckpt")
    return Network(build.weights(random_encoder(config), checkpoint.load(path), path), config.image_size)


def report(config: DictConfig, folder: Path, network: Any, split: str, device: str = "auto", data: Any = None) -> Any:
    """Scores ``network`` on a split, writes metrics.json and the report into ``folder``, returns the Result."""
    page = config.report
    if hasattr(network, "split"):  # embeddings computed elsewhere
        dataset, found = network, scoring.Embedded(*network.split(split), None, None, 0.0)
        if page and not network.has_images:
            page = False
            print("report: skipped, the csv names no images (column path)")
    else:
        dataset = data or build.data(config.data, network.image_size, config.seed)
        found = scoring.embedded(network, dataset, split, scoring.device_of(device))
    about = facts(config, network, dataset)
    return reporting.write(folder, found, dataset, split, instantiate(config.metric), about, page)
