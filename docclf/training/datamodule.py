"""A data set's loaders for Lightning."""

from typing import Any

import pytorch_lightning as pl

from docclf.batch import Batch


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
