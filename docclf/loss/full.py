"""Softmax over all classes, written plainly."""

import torch
from torch import Tensor, nn

from docclf.distributed.ranks import Ranks
from docclf.loss.centres.constant import Constant
from docclf.loss.centres.rows import Rows, draw
from docclf.loss.guard.checks import kept
from docclf.loss.guard.health import summary
from docclf.loss.head import Head
from docclf.ops import real, unit


class Full(Head):
    """Mean cross entropy of margin logits over all classes; logits [B,K] are stored, so for up to some 10,000 classes.

    Args:
        num_classes: K.
        embed_dim: D.
        margin: rule ``(cosines [B,K], targets [B]) -> logits [B,K]``.
        scale: factor of the logits, without unit.
        margin_ramp: shares of training between which the margin rises from 0 to full; [0, 0] is full from the start.
        optimizer: row-wise rule of the centres (docclf.loss.optimizer); None leaves them to the engine's optimizer.
        centres: rule of centres that do not move (docclf.loss.centres.fixed); None, or nothing in it: they are learned.
        smoothing: share of the target that goes to all classes alike (arXiv:1512.00567).
        seed: of the centres.
    """

    def __init__(
        self,
        num_classes: int,
        embed_dim: int,
        margin: object,
        scale: float = 64.0,
        margin_ramp: tuple[float, float] | list[float] = (0.0, 0.0),
        optimizer: object | None = None,
        centres: object | None = None,
        smoothing: float = 0.0,
        seed: int = 0,
    ) -> None:
        super().__init__(num_classes, margin, scale, margin_ramp, smoothing)
        self.optimizer = None if centres else optimizer
        if centres:
            self.rows = Constant(num_classes, embed_dim, centres, seed)
        elif optimizer is None:
            self.weight = nn.Parameter(draw(0, num_classes, embed_dim, seed))
        else:
            self.rows = Rows(0, num_classes, embed_dim, optimizer, seed)
            self.rows.weight = nn.Parameter(self.rows.__dict__.pop("weight"))
        self._seen: dict[str, Tensor] = {}

    @property
    def centres(self) -> Tensor:
        """Centres [K,D], of any length."""
        return self.weight if self.rows is None else self.rows.weight

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Returns the mean loss of embeddings [B,D] of any length and labels [B]; label -1 leaves a sample out."""
        x, y = kept(embeddings, labels, self.num_classes)
        if self.target.adaptive:  # it follows the batch of all processes
            x, y = Ranks().gather(real(x), y, whole=True)
        if not len(y):
            return real(embeddings).sum() * 0.0
        with torch.autocast(x.device.type, enabled=False):
            cosines = unit(x) @ unit(self.centres[:]).to(real(x).dtype).T
            genuine = cosines.gather(1, y[:, None]).squeeze(1)
            if self.target.adaptive:
                self.target.observe(genuine, real(x).norm(dim=1), self.training)
                others = cosines.detach().double().scatter(1, y[:, None], -torch.inf)
                self.target.fit(genuine.double(), torch.logsumexp(self.scale * others, 1))
            logits = self.scale * self.margin(cosines, y)
            loss = nn.functional.cross_entropy(logits, y, label_smoothing=self.target.smoothing)
        with torch.no_grad():
            impostor = cosines.scatter(1, y[:, None], -2.0).max(1).values
        self._seen = {"genuine": genuine.detach(), "impostor": impostor}
        return loss

    def outer_parameters(self) -> list[nn.Parameter]:
        """Returns the parameters that the engine's optimizer owns: the centres, unless they have their own."""
        return [self.weight] if self.rows is None else []

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

    def health(self) -> dict[str, float]:
        """Returns numbers to log: genuine cosines, hardest impostor, lengths of the centres, effective margin."""
        return summary(self._seen, self.centres) | self.target.settings()
