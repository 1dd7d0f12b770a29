"""Numbers of the host on a device."""

import numpy as np
import torch
from torch import Tensor


def send(values: np.ndarray, like: Tensor) -> Tensor:
    """The values on the device of `like`, real numbers as float32, without waiting for that device."""
    tensor = torch.from_numpy(np.ascontiguousarray(values))
    tensor = tensor.float() if tensor.dtype == torch.float64 else tensor
    return tensor.pin_memory().to(like.device, non_blocking=True) if like.is_cuda else tensor.to(like.device)
