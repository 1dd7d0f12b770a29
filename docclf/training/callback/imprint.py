"""Class centres that start where the network puts their images, instead of at random."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from tqdm import tqdm

from docclf.errors import InputError
from docclf.imaging.resize import squash
from docclf.loss.base import Centred
from docclf.ops import unit
from docclf.utils.process.threads import thread_count

BATCH = 256  # images of one forward pass; their statistics are those that BatchNorm uses


class Imprint(pl.Callback):
    """Sets the class centres to the embeddings of the training images (weight imprinting, arXiv:1712.07136 eq. 4).

    With a class per image a sampled softmax needs many epochs only to move random centres to where their images are;
    one pass without augmentation puts them there before the first step. A run that is continued keeps its centres.

    Args:
        image_size: side S that the encoder takes, pixels.
        seed: of the order in which images share a batch; neighbours on the disk are alike.
    """

    def __init__(self, image_size: int, seed: int = 0) -> None:
        self.image_size, self.seed = image_size, seed

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Imprints the centres of a fresh run."""
        if trainer.global_step == 0:
            loader = trainer.train_dataloader
            given = (pl_module.loss, loader.source, loader.labels, self.image_size, self.seed)
            imprint(pl_module.encoder, *given, pl_module.classified)


@torch.no_grad()
def imprint(
    encoder: nn.Module,
    loss: nn.Module,
    source: object,
    labels: np.ndarray | None,
    side: int,
    seed: int = 0,
    classified: Callable[[Tensor], Tensor] = lambda embeddings: embeddings,
) -> None:
    """Writes unit embeddings of the images into the centres of this rank; every rank does its own classes.

    BatchNorm works with the statistics of each batch, as in the first training steps, and its running ones follow.

    Args:
        encoder: images [B,3,S,S] to embeddings [B,D].
        loss: whose centres are set.
        source: ``read(i) -> uint8 [H,W,3]`` of image i, from several threads at once; has a length and ``name(i)``.
        labels: class of each image int64 [N]; ``None``: its own number. Of several images the last one counts.
        side: S, pixels.
        seed: of the order.
        classified: embeddings [B,D] to what the loss sees of them.

    Raises:
        InputError: an image cannot be read, a class has no image, or the loss has no centres.
    """
    if not isinstance(loss, Centred):
        raise InputError(
            f"imprint=true sets class centres, and {type(loss).__name__} has none that can be set (see Centred in "
            "docclf/loss/base.py); give imprint=false."
        )
    if loss.fixed is not None:
        raise InputError(
            f"imprint=true sets class centres, and those of loss/centres={type(loss.fixed).__name__.lower()} are "
            "fixed: the images move to them. Give imprint=false, or loss/centres=learned."
        )
    first, last = loss.held()
    labels = np.arange(len(source)) if labels is None else labels
    mine = np.flatnonzero((labels >= first) & (labels < last))
    absent = np.setdiff1d(np.arange(first, last), labels[mine])
    if len(absent):
        raise InputError(f"imprint=true: class {absent[0]} has no training image to start from; give imprint=false.")
    mine = np.random.default_rng(seed).permutation(mine)
    device = loss.centres.device
    training = encoder.training
    encoder.train()

    def read(i: int) -> np.ndarray:
        try:
            return squash(source.read(int(i)), side)
        except InputError as error:
            raise InputError(f"{source.name(int(i))}: {error}") from error

    with ThreadPoolExecutor(thread_count(), thread_name_prefix="docclf-imprint") as pool:
        bar = tqdm(total=len(mine), desc="imprinting class centres", unit="image", leave=False, disable=None)
        for chosen in _pieces(mine):
            images = torch.from_numpy(np.stack(list(pool.map(read, chosen)))).permute(0, 3, 1, 2).to(device)
            rows = torch.from_numpy(labels[chosen] - first).to(device)
            loss.centres[rows] = unit(classified(encoder(images))).to(loss.centres.dtype)
            bar.update(len(chosen))
        bar.close()
    encoder.train(training)


def _pieces(order: np.ndarray) -> list[np.ndarray]:
    """Returns the order in batches of even size, none of one image: BatchNorm cannot take that."""
    return np.array_split(order, max(1, -(-len(order) // BATCH)))
