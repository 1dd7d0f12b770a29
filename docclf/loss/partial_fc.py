"""Softmax over sampled classes, with a row-wise optimizer of its own (PartialFC, arXiv 2203.15565)."""

import math

import torch
from torch import Tensor, nn

from docclf.errors import InputError
from docclf.loss import backend as backends
from docclf.loss import ramp
from docclf.loss.health import summary
from docclf.loss.labels import kept
from docclf.loss.product import Product
from docclf.loss.rows import Rows
from docclf.loss.sampler import bernoulli, with_positives
from docclf.ops import real, unit

UNSAMPLED = ("frozen", "dense")


class PartialFC(nn.Module):
    """Mean cross entropy of margin logits over the classes of the batch and a random share of the others.

    Args:
        num_classes: K.
        embed_dim: D.
        margin: rule with ``psi(cosines of the targets [B]) -> [B]``.
        optimizer: row-wise rule of the centres (docclf.loss.optimizer).
        scale: factor of the logits, without unit.
        sample_rate: share of the classes drawn in a step, above 0 to 1; 1 is the full softmax.
        logq: correct the sum over the sample to one over all classes; False is the original PartialFC.
        unsampled: ``frozen`` leaves rows that were not drawn as they are; ``dense`` moves them by momentum and decay.
        margin_ramp: shares of training between which the margin rises from 0 to full; [0, 0] is full from the start.
        fused: update centres during the backward pass; False holds their gradients until ``update``, so that
            micro-batches add up.
        backend: ``auto`` by device, ``eager``, ``chunked`` or ``triton``; all give the same numbers.
        products: operands of the large matrix products: ``float32``, ``tf32`` or ``bfloat16``.
        seed: of the initial centres and of the draws.

    Raises:
        InputError: a value outside its range.
    """

    def __init__(
        self,
        num_classes: int,
        embed_dim: int,
        margin: object,
        optimizer: object,
        scale: float = 64.0,
        sample_rate: float = 1.0,
        logq: bool = True,
        unsampled: str = "frozen",
        margin_ramp: tuple[float, float] | list[float] = (0.0, 0.0),
        fused: bool = True,
        backend: str = "auto",
        products: str = "float32",
        seed: int = 0,
    ) -> None:
        super().__init__()
        if not 0 < sample_rate <= 1:
            raise InputError(f"loss.sample_rate={sample_rate}: want a share of the classes above 0 to 1, such as 0.1")
        if unsampled not in UNSAMPLED:
            raise InputError(f"loss.unsampled={unsampled!r}: choose one of {', '.join(UNSAMPLED)}")
        self.num_classes, self.margin, self.scale = num_classes, margin, scale
        self.sample_rate, self.logq, self.unsampled, self.fused = sample_rate, logq, unsampled, fused
        self.margin_ramp = ramp.checked(margin_ramp)
        self.optimizer, self.seed = optimizer, seed
        self.rows = Rows(0, num_classes, embed_dim, optimizer, seed)
        backends.check(backend)
        self.backend_name, self.product = backend, Product(products)
        self._backend: object | None = None
        self._draws = 0
        self._pending: list[tuple[Tensor | slice, Tensor]] = []
        self._seen: dict[str, Tensor] = {}

    @property
    def centres(self) -> Tensor:
        """Centres [K,D], of any length."""
        return self.rows.weight

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Returns the mean loss of embeddings [B,D] of any length and labels [B]; label -1 leaves a sample out."""
        x, y = kept(embeddings, labels, self.num_classes)
        if not len(y):
            return real(embeddings).sum() * 0.0
        with torch.autocast(x.device.type, enabled=False):
            rows, position, count = self._sample(y)
            lse, top, cosine = Others.apply(unit(x), self, rows, position)
            if self.logq and 1 < count < self.num_classes:
                lse = lse + math.log((self.num_classes - 1) / (count - 1))
            loss = nn.functional.softplus(lse - self.scale * self.margin.psi(cosine)).mean()
        self._seen = {"genuine": cosine.detach(), "impostor": top}
        return loss

    def _sample(self, labels: Tensor) -> tuple[Tensor | None, Tensor, int]:
        """Returns the classes of this step (None for all), the place of each label among them, and their number."""
        if self.training:
            self._draws += 1
        if self.sample_rate == 1:
            return None, labels, self.num_classes
        drawn = bernoulli(self.num_classes, self.sample_rate, self.seed, self._draws)
        rows = torch.from_numpy(with_positives(drawn, labels.cpu().numpy())).to(labels.device)
        return rows, torch.searchsorted(rows, labels), len(rows)

    @property
    def backend(self) -> object:
        """The implementation in use, chosen for the device of the centres when first asked for."""
        if self._backend is None:
            self._backend = backends.choose(self.backend_name, self.product, self.centres.device)
        return self._backend

    def emit(self, index: Tensor | slice, grad: Tensor, raw: Tensor) -> None:
        """Takes the gradient [n,D] of some centres, whose values are ``raw`` [n,D]."""
        if self.fused:
            self.rows.apply(index, grad, raw)
        else:
            self._pending.append((index, grad))

    def set_progress(self, progress: float) -> None:
        """Sets margin and centre rate for a share of training done, in [0, 1]."""
        self.margin.ramp = ramp.at(progress, self.margin_ramp)
        self.optimizer.curve.set_progress(progress)

    def outer_parameters(self) -> list[nn.Parameter]:
        """Returns no parameter: the centres have their own optimizer."""
        return []

    def update(self) -> None:
        """Applies the gradients held since the last update; does nothing when updates are fused."""
        if not self._pending:
            return
        self.rows.begin()
        for index, grad in self._pending:
            self.rows.apply(index, grad)
        self._pending = []

    def health(self) -> dict[str, float]:
        """Returns numbers to log: cosines, lengths of the centres, share never touched, effective margin."""
        return summary(self._seen, self.centres, self.margin, self.rows.steps)


class Others(torch.autograd.Function):
    """Log-sum-exp over the other classes, largest cosine among them, and cosine of the target, [B] each."""

    @staticmethod
    def forward(ctx, x, head, rows, position):
        """Runs the backend on unit embeddings [B,D]; the target's cosine is taken apart, in full precision."""
        weight = head.rows.weight
        lse, top = head.backend.forward(x, weight, rows, position, head.scale)
        target = unit(weight[position if rows is None else rows[position]]).to(x.dtype)
        ctx.head, ctx.rows = head, rows
        ctx.save_for_backward(x, position, lse, target)
        ctx.mark_non_differentiable(top)
        return lse, top, (x * target).sum(1)

    @staticmethod
    def backward(ctx, g_lse, _, g_cos):
        """Recomputes the cosines, passes gradients to the centres and returns that of the embeddings."""
        x, position, lse, target = ctx.saved_tensors
        head = ctx.head
        if head.fused:
            head.rows.begin()
        with torch.autocast(x.device.type, enabled=False):
            dx = head.backend.backward(
                x, head.rows.weight, ctx.rows, position, head.scale, lse, g_lse, g_cos[:, None] * x, head.emit
            )
        return dx + g_cos[:, None] * target, None, None, None
