"""A checkpoint or an ONNX file as a function from images to unit vectors, with a fingerprint to know it by."""

import copy
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.imaging.read import read_image
from docclf.imaging.resize import squash
from docclf.model.session import Session
from docclf.results.evidence import all_checked
from docclf.utils.reading import plain_json

BATCH = 8  # one photo pays for all of them


class Embedder:
    """Turns images into unit vectors.

    Args:
        model: uint8 RGB images [B,3,S,S] to embeddings [B,D]; has ``image_size``.
        fingerprint: names the weights.
        thresholds: what was measured with the model and travels with it.
        compatible_with: weights of an older model that this one was trained to be comparable with.

    Raises:
        InputError: the model has no image size.
    """

    def __init__(
        self,
        model: Any,
        fingerprint: str,
        thresholds: list[dict] | None = None,
        compatible_with: str | None = None,
    ) -> None:
        self.model, self.fingerprint, self.thresholds = model, fingerprint, thresholds or []
        self.image_size, self.compatible_with = int(model.image_size), compatible_with
        self.width: int | None = None

    def cut(self, width: int | None) -> "Embedder":
        """Returns this model with vectors cut to their first numbers, of unit length again; ``None`` leaves them."""
        new = copy.copy(self)
        new.width = width
        return new

    def __call__(self, images: list[np.ndarray]) -> np.ndarray:
        """Returns float32 unit vectors [N,D] of uint8 RGB images [H,W,3] of any size.

        Raises:
            InputError: an image of another form, or an embedding that has no direction.
        """
        for image in images:
            if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
                raise InputError(f"an image is {image.dtype} {image.shape}; want uint8 [H,W,3], RGB.")
        if not len(images):
            return np.zeros((0, 0), np.float32)
        rows, size = [], (self.model.batch if isinstance(self.model, Session) else None) or BATCH
        for at in range(0, len(images), size):
            # One size of batch, filled up with black, because a convolution rounds otherwise for another.
            batch = np.zeros((size, 3, self.image_size, self.image_size), np.uint8)
            for place, image in enumerate(part := images[at : at + size]):
                batch[place] = squash(image, self.image_size).transpose(2, 0, 1)
            rows.append(self._run(batch)[: len(part)])
        return unit(np.concatenate(rows)[:, : self.width])

    def _run(self, batch: np.ndarray) -> np.ndarray:
        """Returns the embeddings [B,D] of uint8 images [B,3,S,S]."""
        if isinstance(self.model, Session):
            return self.model.arrays(batch)
        import torch  # an ONNX file needs none

        images = torch.from_numpy(batch).contiguous(memory_format=torch.channels_last)
        return self.model(images).float().cpu().numpy()

    def embed(self, images: Iterable[np.ndarray | str | Path]) -> np.ndarray:
        """Returns float32 unit vectors [N,D] of images given by their path or their pixels, uint8 RGB [H,W,3].

        Raises:
            InputError: a file that cannot be read, and what calling the model raises.
        """
        return self([image if isinstance(image, np.ndarray) else read_image(image) for image in images])

    def probe(self) -> np.ndarray:
        """Returns the unit vectors [3,D] of three fixed pictures: how this model sees, whatever it calls itself."""
        side = self.image_size
        ramp = np.linspace(0, 255, side, dtype=np.float64)
        grid = np.stack([np.tile(ramp, (side, 1)), np.tile(ramp[:, None], (1, side)), np.full((side, side), 90.0)], -1)
        noise = np.random.Generator(np.random.Philox(7)).integers(0, 256, (side, side, 3), dtype=np.uint8)
        board = (np.add.outer(np.arange(side) // 4, np.arange(side) // 4) % 2 * 255).astype(np.uint8)
        return self([grid.astype(np.uint8), noise, np.repeat(board[..., None], 3, axis=2)])


def unit(rows: np.ndarray) -> np.ndarray:
    """Returns the rows brought to unit length in float64 and rounded once, float32.

    Raises:
        InputError: a row is zero or not finite.
    """
    rows = rows.astype(np.float64)
    lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise InputError("the model gives an embedding that is zero or not finite; its weights are broken.")
    return (rows / lengths).astype(np.float32)


def open_model(path: str | Path, allow: list[str] | None = None, light: int = 0) -> Embedder:
    """Returns the embedder of a checkpoint (.ckpt) or an ONNX file (.onnx).

    An ONNX file that docclf exported goes by the fingerprint of the weights it was made of, any other by its bytes.
    Thresholds are those in the ONNX file, or beside the checkpoint (thresholds.json, metrics.json) of the same weights.

    Args:
        path: the file.
        allow: packages of the user whose classes the config of a checkpoint may name.
        light: run an ONNX file in so many threads and without torch; its embedder takes arrays only.

    Raises:
        InputError: no such file, or one that neither docclf nor onnxruntime can read.
    """
    path = Path(path)
    if path.suffix.lower() == ".onnx":
        if light:
            model = Session(str(path), threads=light)
        else:
            from docclf.model.onnx import Onnx

            model = Onnx(str(path))
        about = model.about()
        if "docclf" in about and "weights_sha256" in about:
            measured = _measured(about.get("thresholds", "[]"), path)
            return Embedder(model, about["weights_sha256"], measured, about.get("compatible_with"))
        return Embedder(model, f"file {hashlib.sha256(path.read_bytes()).hexdigest()}")
    # Lightning takes seconds to import, which an ONNX file does not need.
    from docclf.checkpoint import network as trained
    from docclf.model.network import Network
    from docclf.results import thresholds

    found = trained.load(path, allow)
    measured = thresholds.beside(path, found.fingerprint)
    network = Network(found.encoder, found.image_size)
    return Embedder(network, found.fingerprint, measured, found.compatible_with)


def _measured(text: str, path: Path) -> list[dict]:
    """Returns the thresholds that travel in an ONNX file."""
    try:
        return all_checked(plain_json.parse(text), path)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{path}: the thresholds in it are no JSON ({error}); export the checkpoint again.") from error
