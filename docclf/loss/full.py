"""Softmax over all classes, written plainly."""

import torch
from torch import Tensor, nn

from docclf.loss import ramp
from docclf.loss.centres.rows import Rows, draw
from docclf.loss.checks import kept
from docclf.loss.health import in_force, summary
from docclf.ops import real, unit


class Full(nn.Module):
    """Mean cross entropy of margin logits over all classes; logits [B,K] are stored, so for up to some 10,000 classes.

    Args:
        num_classes: K.
        embed_dim: D.
        margin: rule ``(cosines [B,K], targets [B]) -> logits [B,K]``.
        scale: factor of the logits, without unit.
        margin_ramp: shares of training between which the margin rises from 0 to full; [0, 0] is full from the start.
        optimizer: row-wise rule of the centres (docclf.loss.optimizer); None leaves them to the engine's optimizer.
        seed: of the initial centres.
    """

    def __init__(
        self,
        num_classes: int,
        embed_dim: int,
        margin: object,
        scale: float = 64.0,
        margin_ramp: tuple[float, float] | list[float] = (0.0, 0.0),
        optimizer: object | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.num_classes, self.margin, self.scale = num_classes, margin, scale
        self.margin_ramp = ramp.checked(margin_ramp)
        self.optimizer = optimizer
        if optimizer is None:
            self.weight = nn.Parameter(draw(0, num_classes, embed_dim, seed))
        else:
            self.rows = Rows(0, num_classes, embed_dim, optimizer, seed)
            self.rows.weight = nn.Parameter(self.rows.__dict__.pop("weight"))
        self._seen: dict[str, Tensor] = {}

    @property
    def centres(self) -> Tensor:
        """Centres [K,D], of any length."""
        return self.weight if self.optimizer is None else self.rows.weight

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Returns the mean loss of embeddings [B,D] of any length and labels [B]; label -1 leaves a sample out."""
        x, y = kept(embeddings, labels, self.num_classes)
        if not len(y):
            return real(embeddings).sum() * 0.0
        with torch.autocast(x.device.type, enabled=False):
            cosines = unit(x) @ unit(self.centres).to(real(x).dtype).T
            loss = nn.functional.cross_entropy(self.scale * self.margin(cosines, y), y)
        with torch.no_grad():
            genuine = cosines.gather(1, y[:, None]).squeeze(1)
            impostor = cosines.scatter(1, y[:, None], -2.0).max(1).values
        self._seen = {"genuine": genuine.detach(), "impostor": impostor}
        return loss

    def set_progress(self, progress: float) -> None:
        """Sets margin and centre rate for a share of training done, in [0, 1]."""
        self.margin.ramp = ramp.at(progress, self.margin_ramp)
        if self.optimizer is not None:
            self.optimizer.curve.set_progress(progress)

    def outer_parameters(self) -> list[nn.Parameter]:
        """Returns the parameters that the engine's optimizer owns: the centres, unless they have their own."""
        return [self.weight] if self.optimizer is None else []

    def update(self) -> None:
        """Applies the gradient of the centres when they have their own optimizer."""
        if self.optimizer is None or self.rows.weight.grad is None:
            return
        self.rows.begin()
        self.rows.apply(slice(None), self.rows.weight.grad)
        self.rows.weight.grad = None

    def held(self) -> tuple[int, int]:
        """Returns 0 and K: every process holds all centres."""
        return 0, self.num_classes

    def settings(self) -> dict[str, float]:
        """Returns scale and margin in force."""
        return in_force(self.scale, self.margin)

    def health(self) -> dict[str, float]:
        """Returns numbers to log: genuine cosines, hardest impostor, lengths of the centres, effective margin."""
        return summary(self._seen, self.centres, self.margin)
