"""Weights of a trunk that lie in an ONNX file, under the names that timm gives them."""

from pathlib import Path

import numpy as np
import timm
import torch
from torch import Tensor

from docclf.errors import InputError

HEADS = ("conv_head.", "classifier.", "head.", "fc.")  # what comes after the trunk in timm's networks


def onnx_state(path: Path, name: str, argument: str) -> dict[str, Tensor]:
    """Returns the trunk's weights of a file that was exported from the same network by another library.

    Exporters keep the order of the layers and change their names, so tensors are matched by order, and every shape must
    agree. A bias that the exporter reshaped to broadcast ([1,C,1,1]) is taken back to [C]. The layers after the trunk,
    which differ with the task, are left out: the network's own stay.

    Args:
        path: the ONNX file.
        name: timm's name of the network.
        argument: what the user calls the file, for errors.

    Raises:
        InputError: it cannot be read, or holds another network.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise InputError(f"{argument}: reading {path.name} needs the package onnx; pip install onnx.") from error
    try:
        graph = onnx.load(str(path)).graph
    except (OSError, DecodeError) as error:
        raise InputError(f"{argument}: {path} could not be read as ONNX: {type(error).__name__}: {error}") from error
    found = [np.array(onnx.numpy_helper.to_array(tensor)) for tensor in graph.initializer]
    found = [value for value in found if value.dtype == np.float32 and value.size > 1]
    with torch.device("meta"):
        wanted = timm.create_model(name).state_dict()
    trunk = {k: v for k, v in wanted.items() if not k.startswith(HEADS) and not k.endswith("num_batches_tracked")}
    state = {}
    for (key, want), value in zip(trunk.items(), found, strict=False):
        value = value.reshape(-1) if want.ndim == 1 and value.shape == (1, len(want), 1, 1) else value
        if value.shape != tuple(want.shape):
            break
        state[key] = torch.from_numpy(value)
    if len(state) < len(trunk):
        raise InputError(
            f"{argument}: {path.name} does not hold the weights of {name} (its tensor {len(state) + 1} is none of "
            f"{list(trunk)[len(state)]}). Name the network that the file is made for."
        )
    return state
