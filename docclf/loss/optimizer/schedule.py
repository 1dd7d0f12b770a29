"""The learning rate of the class centres over a run."""

import math

import torch

from docclf.errors import InputError

SHAPES = ("constant", "cosine", "polynomial")
MOMENT_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Curve:
    """Rate and storage of a row-wise optimizer; checks what both optimizers have in common.

    Args:
        lr: peak learning rate.
        weight_decay: per unit of learning rate.
        warmup: share of training during which the rate rises from 0.
        decay: ``constant``, ``cosine`` or ``polynomial``.
        power: exponent of the polynomial decay.
        moment_dtype: ``float32`` or ``bfloat16``.

    Raises:
        InputError: a value outside its range.
    """

    def __init__(self, lr: float, weight_decay: float, warmup: float, decay: str, power: float, moment_dtype: str):
        if not lr >= 0 or not weight_decay >= 0 or lr * weight_decay >= 1:
            raise InputError(
                f"loss.optimizer: lr={lr}, weight_decay={weight_decay}; want both at least 0 and their product below 1"
            )
        if not 0 <= warmup < 1:
            raise InputError(f"loss.optimizer.warmup={warmup}: want a share of training from 0 to below 1, such as 0.1")
        if decay not in SHAPES:
            raise InputError(f"loss.optimizer.decay={decay!r}: choose one of {', '.join(SHAPES)}")
        if moment_dtype not in MOMENT_DTYPES:
            raise InputError(f"loss.optimizer.moment_dtype={moment_dtype!r}: choose one of {', '.join(MOMENT_DTYPES)}")
        self.peak, self.weight_decay = lr, weight_decay
        self.warmup, self.decay, self.power = warmup, decay, power
        self.moment_dtype = MOMENT_DTYPES[moment_dtype]
        self.lr = lr

    def set_progress(self, progress: float) -> None:
        """Sets ``lr`` for a share of training done, in [0, 1]; before the first call ``lr`` is the peak."""
        if progress < self.warmup:
            factor = progress / self.warmup
        else:
            rest = 1 - (min(progress, 1.0) - self.warmup) / (1 - self.warmup)
            shapes = {"constant": 1.0, "cosine": 0.5 - 0.5 * math.cos(math.pi * rest), "polynomial": rest**self.power}
            factor = shapes[self.decay]
        self.lr = self.peak * factor
