"""What a training loader yields, field by field."""

from typing import NamedTuple

from torch import Tensor


class Batch(NamedTuple):
    """One batch of training samples; Lightning moves it to the device whole.

    Args:
        images: the student's view, uint8 [B,3,S,S]; ``None`` while a device-resident pack has yet to cut it.
        labels: int64 [B], class numbers.
        indices: int64 [B], numbers of the training samples.
        turns: int64 [B], which walk over the set each sample belongs to: the "epoch" of its augmentation.
        clean: the same samples only squashed, uint8 [B,3,S,S]; ``None`` unless asked for.
        second: a second, independent augmented view, uint8 [B,3,S,S]; ``None`` unless asked for.
    """

    images: Tensor | None
    labels: Tensor
    indices: Tensor
    turns: Tensor
    clean: Tensor | None = None
    second: Tensor | None = None
