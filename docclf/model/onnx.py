"""An exported network as something to evaluate."""

import torch
from torch import Tensor

from docclf.model.base import Model
from docclf.model.session import Session
from docclf.utils.fixed_batches import FixedBatches


class Onnx(Session, Model):
    """An ONNX file from images to embeddings, run by onnxruntime on the CPU; the arguments are `Session`'s."""

    def __init__(self, path: str, image_size: int | None = None, threads: int | None = None) -> None:
        super().__init__(path, image_size, threads)

    def __call__(self, images: Tensor) -> Tensor:
        """Returns float32 embeddings [B,D] of uint8 RGB images [B,3,S,S]."""
        if self.batch is None:
            return self._run(images)
        batches = FixedBatches(self._run, self.batch)
        batches.add(images)
        return batches.rows()

    def describe(self) -> dict:
        """Returns what the results name of it."""
        about = {"path": str(self.path), "input": f"{self.input.type} {self.input.shape}"}
        weights = self.about().get("weights_sha256")
        return about | ({"weights_sha256": weights} if weights else {})

    def _run(self, images: Tensor) -> Tensor:
        return torch.from_numpy(self.arrays(images.cpu().numpy()))
