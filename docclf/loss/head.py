"""What the losses with a centre per class have in common: what becomes of the target, and whose centres they are."""

from torch import nn

from docclf.loss.centres.constant import Constant
from docclf.loss.centres.fixed.base import Fixed
from docclf.loss.target import Target


class Head(nn.Module):
    """Margin, scale and smoothing of a loss, and the rule of its centres where they are fixed.

    Args:
        num_classes: K.
        margin, scale, margin_ramp, smoothing: see `docclf.loss.target.Target`.
    """

    rows: nn.Module | None

    def __init__(self, num_classes: int, margin: object, scale: float, margin_ramp: object, smoothing: float) -> None:
        super().__init__()
        self.rows = None
        self.num_classes, self.margin = num_classes, margin
        self.target = Target(margin, scale, margin_ramp, smoothing)

    @property
    def fixed(self) -> Fixed | None:
        """The rule of centres that do not move; None: they are learned."""
        return self.rows.rule if isinstance(self.rows, Constant) else None

    @property
    def scale(self) -> float:
        """Factor of the logits, in force."""
        return self.target.scale

    def set_progress(self, progress: float) -> None:
        """Sets margin and centre rate for a share of training done, in [0, 1]."""
        self.target.set_progress(progress)
        if self.fixed is None and self.optimizer is not None:
            self.optimizer.curve.set_progress(progress)

    def settings(self) -> dict[str, float]:
        """Returns scale and margin in force."""
        return self.target.settings()
