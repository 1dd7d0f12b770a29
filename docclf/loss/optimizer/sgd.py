"""Momentum SGD on rows of class centres."""

import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.loss.optimizer.schedule import Curve


class SGD:
    """The update of torch.optim.SGD, on the rows it is given and no others.

    Args:
        lr: peak learning rate. The loss is a mean over the batch, so a centre's gradient shrinks as 1 / B.
        momentum: share of the last step kept, 0 to below 1.
        weight_decay: coupled (added to the gradient) for a step with a gradient; a factor 1 - lr * weight_decay for
            every step that a row was not sampled. Without effect on cosines when ``project`` holds.
        project: return each touched row to length one, so that its learning rate stays an angle.
        warmup: share of training during which the rate rises from 0.
        decay: ``constant``, ``cosine`` or ``polynomial``.
        power: exponent of the polynomial decay.
        moment_dtype: ``float32``, or ``bfloat16`` (stochastic rounding) at half the memory.
    """

    moments = ("momentum",)
    kernel = "sgd"

    def __init__(
        self,
        lr: float = 1.0,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        project: bool = True,
        warmup: float = 0.0,
        decay: str = "cosine",
        power: float = 1.0,
        moment_dtype: str = "float32",
    ) -> None:
        if not 0 <= momentum < 1:
            raise InputError(f"loss.optimizer.momentum={momentum}: want 0 to below 1, such as 0.9")
        self.curve = Curve(lr, weight_decay, warmup, decay, power, moment_dtype)
        self.momentum, self.weight_decay, self.project = momentum, weight_decay, project

    def step(self, weight: Tensor, grad: Tensor, moments: list[Tensor], steps: Tensor, lr: float) -> None:
        """Updates rows in place.

        Args:
            weight: rows [n,D], float32.
            grad: their gradient [n,D]; overwritten.
            moments: the rows' state, one [n,D] tensor per name in ``moments``, float32.
            steps: number of steps of each row, this one included, [n].
            lr: learning rate of this step.
        """
        (velocity,) = moments
        if self.weight_decay:
            grad.add_(weight, alpha=self.weight_decay)
        velocity.mul_(self.momentum).add_(grad)
        weight.add_(velocity, alpha=-lr)
        if self.project:
            weight.div_(torch.linalg.vector_norm(weight, dim=1, keepdim=True).clamp_min_(1e-12))
