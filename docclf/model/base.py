"""What an evaluation asks of a model: to embed images, to compare pairs of them, or to bring its embeddings."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn


@runtime_checkable
class Described(Protocol):
    """What every model tells.

    Attributes:
        image_size: side S of the images it is given, pixels; None when it takes none.
        encoder: the network, where it is one of docclf's own; its weights, cost and normalisation are recorded.
        preprocessing: how it reads images, by step; None for reading and squashing as training does.
    """

    image_size: int | None
    encoder: nn.Module | None = None
    preprocessing: dict | None = None

    def to(self, device: torch.device) -> "Described":
        """Returns itself, moved to a device; a model that runs on the CPU stays there."""
        return self

    def describe(self) -> dict:
        """Returns plain values that the results name of it."""
        return {}


@runtime_checkable
class Model(Described, Protocol):
    """Images to embeddings."""

    @abstractmethod
    def __call__(self, images: Tensor) -> Tensor:
        """Returns float32 embeddings [B,D], of any length, of uint8 RGB images [B,3,S,S] on its device."""


@runtime_checkable
class Pairwise(Described, Protocol):
    """Pairs of images to scores, without embeddings; small copies of side `image_size` are for the checks only."""

    @abstractmethod
    def compare(self, register: Iterable[np.ndarray], query: Iterable[np.ndarray]) -> Tensor:
        """Returns float32 scores [Q,R], larger where two images match, of images uint8 [H,W,3] of any size."""


@runtime_checkable
class Ready(Described, Protocol):
    """Embeddings and labels that are there already; it stands for the data set too.

    Attributes:
        has_images: `image` can show what each row is an embedding of.
    """

    has_images: bool

    @abstractmethod
    def split(self, split: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Returns embeddings float [R,D] and labels int64 [R] of the register, then those of the queries."""

    @abstractmethod
    def class_names(self, split: str) -> list[str]:
        """Returns the class names; the index is the label."""

    @abstractmethod
    def item_names(self, split: str, part: str) -> list[str]:
        """Returns what the rows of a part are called."""

    @abstractmethod
    def image(self, split: str, part: str, i: int) -> np.ndarray:
        """Returns image i of a part, uint8 [H,W,3]; only with `has_images`."""
