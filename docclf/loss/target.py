"""What becomes of the target's cosine: margin, scale and smoothing, on the B numbers of a batch."""

from torch import Tensor, nn

from docclf.errors import InputError
from docclf.loss import ramp
from docclf.loss.base import Adaptive
from docclf.loss.smoothing import smoothed


class Target:
    """The margin of a loss, with its ramp, and its scale in force.

    Args:
        margin: rule with ``psi(cosines of the targets [B]) -> [B]``.
        scale: factor of the logits, without unit; a margin that follows the batch may change it.
        margin_ramp: shares of training between which the margin rises from 0 to full; [0, 0] is full from the start.
        smoothing: share of the target that goes to all classes alike.

    Raises:
        InputError: a value outside its range.
    """

    def __init__(self, margin: object, scale: float, margin_ramp: object, smoothing: float) -> None:
        if not scale > 0 or not 0 <= smoothing < 1:
            raise InputError(
                f"loss.scale={scale}, loss.smoothing={smoothing}: want a scale above 0, and a share of the target from "
                "0 to below 1"
            )
        self.margin, self.given, self.scale = margin, scale, float(scale)
        self.ramp, self.smoothing = ramp.checked(margin_ramp), smoothing
        self.adaptive: Adaptive | None = margin if isinstance(margin, Adaptive) else None

    def set_progress(self, progress: float) -> None:
        """Sets the margin for a share of training done, in [0, 1]."""
        self.margin.ramp = ramp.at(progress, self.ramp)

    def observe(self, cosines: Tensor, lengths: Tensor, training: bool) -> None:
        """Tells a margin that follows the batch the targets' cosines and the embeddings' lengths, [B] each."""
        if self.adaptive:
            self.scale = self.adaptive.observe(cosines.detach(), lengths.detach(), self.given, training)

    def fit(self, cosines: Tensor, lse: Tensor) -> None:
        """Tells it the log-sum-exp of the other classes' logits, [B]."""
        if self.adaptive:
            self.adaptive.fit(cosines.detach(), lse.detach(), self.scale)

    def loss(self, cosines: Tensor, lse: Tensor, mean: Tensor, num_classes: int) -> Tensor:
        """Returns the cross entropy of each sample, [B].

        Args:
            cosines: of the targets, [B].
            lse: log-sum-exp of the other classes' logits, [B].
            mean: of the cosines to all classes, [B]; used for smoothing only.
            num_classes: K.
        """
        self.fit(cosines, lse)
        psi = self.margin.psi(cosines)
        loss = nn.functional.softplus(lse - self.scale * psi)
        if not self.smoothing:
            return loss
        return smoothed(
            loss, lse, self.scale * psi, self.scale * (mean + (psi - cosines) / num_classes), self.smoothing
        )

    def settings(self) -> dict[str, float]:
        """Returns scale and margin in force."""
        return {"scale": self.scale, "margin": float(self.margin.m * self.margin.ramp)}
