"""What a network asks of its backbone, and what more a backbone may tell."""

from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class Backbone(Protocol):
    """A torch module from images to one feature map.

    It is built with `image_size` (side of the square input, pixels) besides what its yaml says. One with a `weights`
    argument is built with `weights=None` where a checkpoint brings them.

    Attributes:
        out_channels: channels C of the map.
    """

    out_channels: int

    def __call__(self, images: Tensor) -> Tensor:
        """Returns the map [B,C,h,w] of float images [B,3,S,S] in [0, 1]; h and w follow from S."""


@runtime_checkable
class Normalised(Protocol):
    """A backbone that tells how it normalises its input, for the record.

    Attributes:
        mean: of each channel of the images in [0, 1], [1,3,1,1].
        std: standard deviation, likewise.
    """

    mean: Tensor
    std: Tensor


@runtime_checkable
class Licensed(Protocol):
    """A backbone that knows the licence of the weights it was built with.

    Attributes:
        licence: its name; None where none is known.
    """

    licence: str | None
