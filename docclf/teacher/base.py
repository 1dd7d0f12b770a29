"""What training asks of a teacher, and what a teacher asks of the network it looks through."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from docclf.batch import Batch


@runtime_checkable
class Teacher(Protocol):
    """A torch module that adds terms to the loss; its parameters are trained with the encoder, and left behind with it.

    It is built with `embed_dim` (D), `image_size` (S, pixels), `seed` and `dataset` besides what its yaml says.

    Attributes:
        views: the views that batches must carry besides the student's own: some of "clean", "second".
    """

    views: tuple[str, ...]

    def prepare(self, device: torch.device) -> None:
        """Called once before the first step; may take long (filling a cache)."""

    def set_progress(self, progress: float) -> None:
        """Told before each step what share of training is done, in [0, 1]."""

    def __call__(self, embeddings: Tensor, batch: Batch, encode: Callable[[Tensor], Tensor]) -> dict[str, Tensor]:
        """Returns name to weighted term, each a scalar.

        Args:
            embeddings: the student's of the batch's images, [B,D], of any length.
            batch: with the views asked for.
            encode: uint8 images [B,3,S,S] to the student's embeddings [B,D].
        """

    def describe(self) -> dict:
        """Returns plain values that a checkpoint records of it."""


@runtime_checkable
class Looks(Protocol):
    """A frozen network, or anything else that makes features of images; it follows them to their device.

    Attributes:
        width: W of the features.
        facts: plain values that say what it is: kind, name, licence.
    """

    width: int
    facts: dict

    def __call__(self, images: Tensor) -> Tensor:
        """Returns float32 features [B,W], of any length, of uint8 RGB images [B,3,S,S]."""

    def precision_on(self, device: torch.device) -> str:
        """Returns the precision in force on a device: float32 or bfloat16."""

    def fingerprint(self) -> str:
        """Returns text that is another one when the features would be."""

    def describe(self) -> dict:
        """Returns facts, width, weights and preprocessing as plain values."""
