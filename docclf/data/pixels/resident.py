"""All images of packs on the device that trains."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from docclf.data.pixels.mapped import Mapped
from docclf.errors import InputError

_SLICE = 4096
_SPARE = 0.8  # share of the free device memory that the images may take; training needs the rest


class Resident(Mapped):
    """A source whose pixels lie on the device: batches carry numbers only, and `Finish` cuts them there.

    Each process holds all images on its own device, because each epoch shares them out anew.
    """

    def __init__(self, parts):
        super().__init__(parts)
        self._pixels: dict[torch.device, Tensor] = {}

    def pixels(self, device: torch.device) -> Tensor:
        """Returns all images on a device, uint8 [N,side,side,3]; the first call copies them there.

        Raises:
            InputError: they do not fit.
        """
        if device not in self._pixels:
            shape = (len(self), self.side, self.side, 3)
            need = int(np.prod(shape, dtype=np.int64))
            if device.type == "cuda":
                free, total = torch.cuda.mem_get_info(device)
                if need > _SPARE * free:
                    raise InputError(
                        f"data.feed=device: {len(self)} images of {self.side} px take {need / 1e9:.1f} GB, more than "
                        f"{_SPARE:.0%} of the {free / 1e9:.1f} GB that are free on {device}; take data.feed=memory or "
                        "data.feed=mmap, or a pack of a smaller side."
                    )
            pixels = torch.empty(shape, dtype=torch.uint8, device=device)
            for start, images in self._slices():
                pixels[start : start + len(images)] = torch.from_numpy(images)
            self._pixels[device] = pixels
        return self._pixels[device]

    def _slices(self) -> Iterator[tuple[int, np.ndarray]]:
        for start in range(0, len(self), _SLICE):
            indices = np.arange(start, min(start + _SLICE, len(self)))
            images = np.empty((len(indices), self.side, self.side, 3), np.uint8)
            self.gather(indices, images)
            yield start, images
