"""AdamW on rows of class centres."""

import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.loss.optimizer.schedule import Curve


class AdamW:
    """The update of torch.optim.AdamW (arXiv 1711.05101) on given rows; bias correction by each row's own steps.

    Adam makes a step of about lr out of any gradient, however small: at a rate of 1e-3 on short rows every sampled
    negative wanders. Keep lr small against the length of a row, or use SGD.

    Args:
        lr: peak learning rate.
        beta1: decay of the mean of the gradient.
        beta2: decay of the mean of its square.
        eps: added to the root of the second moment.
        weight_decay: decoupled; a row that was not sampled catches up on the steps it missed when it is next touched.
        project: return each touched row to length one.
        warmup: share of training during which the rate rises from 0.
        decay: ``constant``, ``cosine`` or ``polynomial``.
        power: exponent of the polynomial decay.
        moment_dtype: ``float32``, or ``bfloat16`` (stochastic rounding) at half the memory.
    """

    moments = ("mean", "square")
    kernel = "adamw"

    def __init__(
        self,
        lr: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        project: bool = False,
        warmup: float = 0.0,
        decay: str = "cosine",
        power: float = 1.0,
        moment_dtype: str = "float32",
    ) -> None:
        if not (0 <= beta1 < 1 and 0 <= beta2 < 1):
            raise InputError(f"loss.optimizer.beta1={beta1}, beta2={beta2}: want 0 to below 1, such as 0.9 and 0.999")
        self.curve = Curve(lr, weight_decay, warmup, decay, power, moment_dtype)
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        self.weight_decay, self.project = weight_decay, project

    def step(self, weight: Tensor, grad: Tensor, moments: list[Tensor], steps: Tensor, lr: float) -> None:
        """Updates rows in place.

        Args:
            weight: rows [n,D], float32.
            grad: their gradient [n,D]; overwritten.
            moments: the rows' state, one [n,D] tensor per name in ``moments``, float32.
            steps: number of steps of each row, this one included, [n].
            lr: learning rate of this step.
        """
        mean, square = moments
        t = steps.to(torch.float64).unsqueeze(1)
        # m / (sqrt(q) / r + eps) = r m / (sqrt(q) + r eps): r costs a product less per number
        r = (1 - self.beta2**t).sqrt()
        rate = (lr * r / (1 - self.beta1**t)).to(weight.dtype)
        if self.weight_decay:
            weight.mul_(1 - lr * self.weight_decay)
        mean.lerp_(grad, 1 - self.beta1)
        square.mul_(self.beta2).addcmul_(grad, grad, value=1 - self.beta2)
        torch.sqrt(square, out=grad)
        grad.add_((self.eps * r).to(weight.dtype))
        torch.div(mean, grad, out=grad)
        weight.addcmul_(grad, rate, value=-1)
        if self.project:
            weight.div_(torch.linalg.vector_norm(weight, dim=1, keepdim=True).clamp_min_(1e-12))
