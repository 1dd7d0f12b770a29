"""Images through a network in batches of one size, so that no number depends on how a loader groups them."""

from collections.abc import Callable

import torch
from torch import Tensor

SIZE = 64


class FixedBatches:
    """Collects images in the order they come and embeds them `size` at a time; the last batch is filled up.

    A convolution rounds differently for another batch size or memory layout, which is enough to turn ranks round where
    cosines lie close together.

    Args:
        network: images [size,...] to embeddings [size,D].
        size: images it sees at a time.
    """

    def __init__(self, network: Callable[[Tensor], Tensor], size: int = SIZE) -> None:
        self.network, self.size = network, size
        self._batch: Tensor | None = None
        self._fill = 0
        self._rows: list[Tensor] = []

    def add(self, images: Tensor) -> None:
        """Takes images [n,...] of any number n; their memory may be used again at once."""
        if self._batch is None:
            self._batch = images.new_zeros((self.size, *images.shape[1:]))
            if images.ndim == 4:
                self._batch = self._batch.contiguous(memory_format=torch.channels_last)
        for start in range(0, len(images), self.size):
            self._take(images[start : start + self.size])

    def rows(self) -> Tensor:
        """Returns the embeddings [N,D] of all images so far, on the CPU, and begins anew."""
        if self._fill:
            self._batch[self._fill :] = 0
            self._run(self._fill)
        rows, self._rows, self._batch = torch.cat(self._rows), [], None
        return rows

    def _take(self, images: Tensor) -> None:
        room = self.size - self._fill
        for part in (images[:room], images[room:]):
            self._batch[self._fill : self._fill + len(part)] = part
            self._fill += len(part)
            if self._fill == self.size:
                self._run(self.size)

    def _run(self, count: int) -> None:
        self._rows.append(self.network(self._batch)[:count].float().cpu())
        self._fill = 0
