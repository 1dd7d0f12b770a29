"""An exported network as something to evaluate."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.model.base import Model
from docclf.utils.fixed_batches import FixedBatches

TYPES = {"tensor(uint8)": np.uint8, "tensor(float)": np.float32, "tensor(float16)": np.float16}


class Onnx(Model):
    """An ONNX file from images to embeddings, run by onnxruntime on the CPU.

    Its one input is RGB [B,3,S,S]: uint8 as it is, float in [0, 1]; which of them, the graph tells. Its first output
    is the embedding [B,D].

    Args:
        path: the file.
        image_size: side S of the input in pixels, for graphs that leave it open; ``None`` takes the graph's.
        threads: threads of onnxruntime; ``None`` leaves them to it.

    Raises:
        InputError: onnxruntime or the file is missing, or the graph has another input or output.
    """

    def __init__(self, path: str, image_size: int | None = None, threads: int | None = None) -> None:
        self.path = path
        self.session = _session(path, threads)
        inputs = self.session.get_inputs()
        if len(inputs) != 1:
            names = ", ".join(f"{node.name} {node.shape}" for node in inputs)
            raise InputError(f"model.path={path}: has {len(inputs)} inputs ({names}); want one, images [B,3,S,S].")
        self.input, self.output = inputs[0], self.session.get_outputs()[0]
        if self.input.type not in TYPES:
            raise InputError(
                f"model.path={path}: its input {self.input.name} is {self.input.type}; want {', '.join(TYPES)}."
            )
        shape = self.input.shape
        if len(shape) != 4 or shape[1] not in (3, None) and not isinstance(shape[1], str):
            raise InputError(f"model.path={path}: its input {self.input.name} is {shape}; want images [B,3,S,S].")
        if len(self.output.shape) != 2:
            raise InputError(
                f"model.path={path}: its first output {self.output.name} is {self.output.shape}; want embeddings [B,D]."
            )
        self.image_size = _side(path, shape, image_size)
        self.batch = shape[0] if isinstance(shape[0], int) else None

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
        weights = self.session.get_modelmeta().custom_metadata_map.get("weights_sha256")
        return about | ({"weights_sha256": weights} if weights else {})

    def _run(self, images: Tensor) -> Tensor:
        pixels = images.cpu().numpy()
        if TYPES[self.input.type] is not np.uint8:
            pixels = (pixels.astype(np.float32) / np.float32(255)).astype(TYPES[self.input.type])
        return torch.from_numpy(self.session.run([self.output.name], {self.input.name: pixels})[0].astype(np.float32))


def _session(path: str, threads: int | None) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise InputError(
            "model=onnx needs onnxruntime, which is not installed: pip install 'docclf[export]'"
        ) from error
    if not Path(path).is_file():
        raise InputError(f"model.path={path}: there is no such file; give the path of an ONNX file.")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads is not None:
        options.intra_op_num_threads = threads
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no common class but this one
        raise InputError(
            f"model.path={path}: onnxruntime {onnxruntime.__version__} cannot load it "
            f"({str(error).strip().splitlines()[0]}). Export the network again, with the weights inside the file, or "
            "update onnxruntime."
        ) from error


def _side(path: str, shape: list, image_size: int | None) -> int:
    fixed = {side for side in shape[2:] if isinstance(side, int)}
    if len(fixed) > 1:
        raise InputError(f"model.path={path}: takes images {shape}; only square ones are supported.")
    if fixed:
        side = fixed.pop()
        if image_size not in (None, side):
            raise InputError(f"model.image_size={image_size}: {path} takes {side}; leave model.image_size=null.")
        return side
    if image_size is None:
        raise InputError(
            f"model.path={path}: leaves the size of its images open ({shape}); give the side it was trained with: "
            "model.image_size=S."
        )
    return image_size
