"""The end of a batch on the device it was moved to: cut from a resident pack, augmented, squashed."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from docclf.batch import Batch
from docclf.data.loader.cut import cut, squash_batch
from docclf.data.loader.fill import SECOND, View, naming
from docclf.data.loader.threads import as_images
from docclf.data.pixels.source import Source
from docclf.data.pixels.views import part


class Finish:
    """Makes the views of a batch on the device, of raw pixels that came with it or lie there.

    Args:
        source: names samples in errors.
        image_size: side S, pixels.
        views: the views asked for besides the student's.
        executor: augments batches on the device (docclf/augment/device/executor.py): `plan(turns, indices, progress)`
            draws on the host, `apply(images uint8 [B,3,H,W], parameters)` gives uint8 [B,3,S,S]. None: no change.
        makers: how each view is made on the CPU, image by image; used instead of the above when `executor` is None
            and the batch is on the CPU, so that it equals what the threads of other feeds make, bit for bit.
        resident: `resident(device) -> uint8 [N,s,s,3]`, all images on the device; None when batches bring pixels.
        expand: samples per resident image, 1 or 24.
    """

    def __init__(
        self,
        source: Source,
        image_size: int,
        views: tuple[str, ...],
        executor,
        makers: dict[str, View],
        resident: Callable[[torch.device], Tensor] | None = None,
        expand: int = 1,
    ):
        self.source, self.image_size, self.views, self.executor = source, image_size, views, executor
        self.makers, self.resident, self.expand = makers, resident, expand

    def plan(self, turns: Tensor, indices: Tensor, progress: float = 1.0) -> list:
        """Returns the drawn parameters of a batch's augmented views; for a thread, ahead of the batch.

        Args:
            turns: int64 [B], on the CPU.
            indices: int64 [B], on the CPU.
            progress: share of training done.
        """
        if self.executor is None:
            return [view.plan(turns.numpy(), indices.numpy(), progress) for view in self.makers.values()]
        shifts = (0, SECOND) if "second" in self.views else (0,)
        return [self.executor.plan(turns + shift, indices, progress) for shift in shifts]

    def __call__(self, batch: Batch, plans: list | None = None) -> Batch:
        """Returns the batch with all views that were asked for, uint8 [B,3,S,S] on its device.

        Args:
            batch: on the device.
            plans: what `plan` drew for it; None draws here, which waits for the device.
        """
        if self.resident is not None and self.executor is None and batch.indices.device.type == "cpu":
            plans = self.plan(batch.turns, batch.indices) if plans is None else plans
            return self._one_by_one(batch, plans)
        raw = batch.images
        if self.resident is not None:
            raw = cut(self.resident(batch.indices.device), batch.indices, self.expand)
        if self.executor is None:
            clean = squash_batch(raw, self.image_size)
            return batch._replace(images=clean, clean=clean.clone() if "clean" in self.views else None)
        plans = self.plan(batch.turns.cpu(), batch.indices.cpu()) if plans is None else plans
        augmented = [self.executor.apply(raw, plan) for plan in plans]
        return batch._replace(
            images=augmented[0],
            clean=squash_batch(raw, self.image_size) if "clean" in self.views else None,
            second=augmented[1] if "second" in self.views else None,
        )

    def _one_by_one(self, batch: Batch, plans: list) -> Batch:
        shape = (len(batch.indices), self.image_size, self.image_size, 3)
        made = {name: np.empty(shape, np.uint8) for name in self.makers}
        pixels = self.resident(batch.indices.device).numpy()
        for place, (index, turn) in enumerate(zip(batch.indices.tolist(), batch.turns.tolist(), strict=True)):
            with naming(self.source, index, turn):
                image = part(pixels[index // self.expand], index, self.expand) if self.expand > 1 else pixels[index]
                for (name, view), plan in zip(self.makers.items(), plans, strict=True):
                    made[name][place] = view.make(image, plan, place)
        return batch._replace(**{name: as_images(array) for name, array in made.items()})
