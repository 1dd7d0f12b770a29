"""A locator's file as a function from pixels to maps: an ONNX file, or the weights themselves."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from docclf.errors import InputError
from docclf.locator.network import Finder
from docclf.utils.reading import tensors

SIDE = 128  # of the network's input, pixels
KEY = "docclf_locator"


class Model:
    """Images uint8 [B,side,side,3] to logits of the sheet and votes; see docclf.locator.network.

    Args:
        run: uint8 [B,3,side,side] to the two maps.
        about: what its maker noted.
        sha256: of the file.
    """

    def __init__(self, run: Any, about: dict, sha256: str) -> None:
        self.run, self.about, self.sha256 = run, about, sha256
        self.side = int(about["side"])

    def __call__(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns float32 [B,side/4,side/4] and [B,8,side/8,side/8]."""
        return self.run(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))


def open_model(path: str, threads: int | None = None) -> Model:
    """Returns the network in a locator's file.

    Raises:
        InputError: no such file, one that is no locator, or no onnxruntime.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"locate.path={path}: there is no such file; give locator.onnx or locator.ckpt of a locator.")
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    run, about = _onnx(path, threads) if file.suffix == ".onnx" else _weights(path, threads)
    return Model(run, about, sha256)


def _onnx(path: str, threads: int | None) -> tuple[Any, dict]:
    try:
        import onnxruntime
    except ImportError as error:
        raise InputError(
            "locate: a locator's ONNX file needs onnxruntime, which is not installed: pip install 'docclf[export]', or "
            "give the locator.ckpt beside it: locate.path=PATH.ckpt"
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads is not None:
        options.intra_op_num_threads = threads
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no common class but this one
        raise InputError(f"locate.path={path}: onnxruntime cannot load it ({str(error).splitlines()[0]}).") from error
    about = session.get_modelmeta().custom_metadata_map.get(KEY)
    if about is None:
        raise InputError(f"locate.path={path}: is an ONNX file, but no locator of docclf.")
    return lambda pixels: session.run(None, {"images": pixels}), json.loads(about)


def stored(path: str) -> dict:
    """Returns what a locator.ckpt holds, its weights in single precision.

    Raises:
        InputError: no such file, or one that python -m docclf.locator did not write.
    """
    try:
        found = tensors.read(path)
    except InputError as error:
        raise InputError(f"{path}: is no readable locator.ckpt ({str(error).splitlines()[0][:160]}).") from error
    if not isinstance(found, dict) or KEY not in found:
        raise InputError(f"{path}: was not written by python -m docclf.locator; give a locator.ckpt.")
    state = {name: part.float() if part.is_floating_point() else part for name, part in found["state_dict"].items()}
    return {**found, "state_dict": state}


def load_network(path: str) -> nn.Module:
    """Returns the network of a locator.ckpt in eval mode.

    Raises:
        InputError: as `stored`, or weights of another network.
    """
    network = Finder()
    try:
        network.load_state_dict(stored(path)["state_dict"])
    except RuntimeError as error:
        raise InputError(f"{path}: its weights do not fit this version's network ({error}); train anew.") from error
    return network.eval()


def _weights(path: str, threads: int | None) -> tuple[Any, dict]:
    if threads is not None:
        torch.set_num_threads(threads)
    network = load_network(path)

    @torch.inference_mode()
    def run(pixels: np.ndarray) -> list[np.ndarray]:
        return [part.numpy() for part in network(torch.from_numpy(pixels))]

    return run, stored(path)[KEY]
