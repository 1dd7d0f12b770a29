"""Softmax over sampled classes, with a row-wise optimizer of its own (PartialFC, arXiv 2203.15565)."""

import math

import torch
from torch import Tensor, nn

from docclf.distributed.ranks import Ranks
from docclf.errors import InputError
from docclf.loss.backend import choose as backends
from docclf.loss.backend.others import Others, targets
from docclf.loss.backend.product import Product
from docclf.loss.centres.constant import Constant
from docclf.loss.centres.pending import Pending
from docclf.loss.centres.rows import Rows
from docclf.loss.centres.sampler import sampled
from docclf.loss.guard import checks as guard
from docclf.loss.guard.checks import kept
from docclf.loss.guard.health import summary
from docclf.loss.head import Head
from docclf.ops import real, unit

HINT = "Lower loss.optimizer.lr or the encoder's rate, lengthen the warm-up, or ramp the margin (loss.margin_ramp)."


class PartialFC(Head):
    """Mean cross entropy of margin logits over the classes of the batch and a random share of the others.

    With several processes each holds a run of the classes, from the first batch on; the loss is the mean over the
    batches of all of them.

    Args:
        num_classes: K.
        embed_dim: D.
        margin: rule with ``psi(cosines of the targets [B]) -> [B]``.
        optimizer: row-wise rule of the centres (docclf.loss.optimizer).
        scale: factor of the logits, without unit.
        sample_rate: share of the classes drawn in a step, above 0 to 1; 1 is the full softmax.
        logq: correct the sum over the sample to one over all classes; False is the original PartialFC.
        unsampled: ``frozen`` leaves rows that were not drawn as they are; ``dense`` moves them by what is left of
            their moments and by weight decay, as a dense optimizer does, at a cost that grows with K.
        margin_ramp: shares of training between which the margin rises from 0 to full; [0, 0] is full from the start.
        fused: update centres during the backward pass; False holds their gradients until ``update``, so that
            micro-batches add up and ``gradient_norm`` can be asked for.
        backend: ``auto`` by device, ``eager``, ``chunked`` or ``triton``; all give the same numbers.
        products: operands of the large matrix products: ``float32``, ``float64``, ``tf32`` or ``bfloat16``.
        keep_mib: MiB of exponentials of logits that ``chunked`` may keep for the backward pass: one product of four
            less for the classes that fit (at a batch of 256, a thousand to a MiB).
        centres: rule of centres that do not move (docclf.loss.centres.fixed); ``optimizer`` then has nothing to do.
            None, or nothing in it: they are learned.
        smoothing: share of the target that goes to all classes alike; with fixed centres only.
        seed: of the centres and of the draws.

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
        keep_mib: int = 256,
        centres: object | None = None,
        smoothing: float = 0.0,
        seed: int = 0,
    ) -> None:
        super().__init__(num_classes, margin, scale, margin_ramp, smoothing)
        guard.sampling(sample_rate, unsampled, keep_mib)
        backends.check(backend)
        guard.fixed(bool(centres), smoothing, backend)
        self.sample_rate, self.logq, self.unsampled = sample_rate, logq, unsampled
        self.fused, self.optimizer, self.seed = fused and not centres, optimizer, seed
        if centres:
            self.rows = Constant(num_classes, embed_dim, centres, seed)
        else:
            self.rows = Rows(0, num_classes, embed_dim, optimizer, seed)
        self._middle = self.rows.mean() if smoothing else None
        self.ranks: Ranks | None = None
        self.backend_name, self.product, self.keep_mib, self._backend = backend, Product(products), keep_mib, None
        self._draws, self._pending, self._seen = 0, Pending(), {}

    @property
    def centres(self) -> Tensor:
        """Centres [K,D] of the classes of this rank, of any length."""
        return self.rows.weight

    @property
    def backend(self) -> object:
        """The implementation in use, chosen for the device of the centres when first asked for."""
        if self._backend is None:
            self._backend = backends.choose(self.backend_name, self.product, self.centres.device, self.keep_mib << 20)
        return self._backend

    def shard(self) -> None:
        """Keeps the classes of this rank only; the first batch does it, and loading or saving shards."""
        if self.ranks is not None:
            return
        self.ranks = Ranks()
        span = self.ranks.span(self.num_classes)
        if (self.rows.first, self.rows.last) != span:
            self.rows.narrow(*span, self.ranks)

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Returns the mean loss of embeddings [B,D] of any length and labels [B]; label -1 leaves a sample out."""
        self.shard()
        x, y = kept(embeddings, labels, self.num_classes)
        with torch.autocast(x.device.type, enabled=False):
            x, y = self.ranks.gather(real(x), y)
            if not len(y):
                return real(embeddings).sum() * 0.0
            dtype, lengths, x = x.dtype, x.norm(dim=1), unit(x.double())
            if torch.is_grad_enabled() and not x.requires_grad:
                x.requires_grad_()  # the centres learn although the encoder is frozen
            rows, position, count = self._sample(y)
            target = targets(x.detach(), self.rows.weight, rows, position)
            self.target.observe(self.ranks.sum((x.detach() * target).sum(1)), lengths, self.training)
            scale, kind = self.target.scale, self.product.dtype(dtype)
            lse, top, cosine = Others.apply(x, self, rows, position, target, scale, kind)
            if self.logq and 1 < count < self.num_classes:
                lse = lse + math.log((self.num_classes - 1) / (count - 1))
            mean = cosine if self._middle is None else self.ranks.part(x @ self._middle.to(x))
            loss = self.target.loss(cosine, lse, mean, self.num_classes).mean().to(dtype)
        named = {"embeddings": x, "target cosines": cosine, "log-sum-exp": lse, "loss": loss}
        guard.finite(named, self.step, self.ranks.rank, HINT)
        self._seen = {"genuine": cosine.detach(), "impostor": top}
        return loss

    def _sample(self, labels: Tensor) -> tuple[Tensor | None, Tensor, int]:
        """Returns what ``sampled`` does for the classes of this step."""
        self._draws += self.training
        rows, draw = self.rows, (self.num_classes, self.sample_rate, self.seed, self._draws)
        return sampled(labels, *draw, rows.first, rows.last)

    @property
    def step(self) -> int:
        """Number of the step, for messages."""
        return self._draws if self.fixed else self.rows.clock

    def emit(self, index: Tensor | slice, grad: Tensor, raw: Tensor) -> None:
        """Takes the gradient [n,D] of some centres, whose values are ``raw`` [n,D]."""
        if self.fused:
            self.rows.apply(index, grad.to(raw.dtype), raw)
        else:
            self._pending.add(index, grad.to(raw.dtype, copy=True))  # the memory is the backend's

    def settle(self, rows: Tensor | None) -> None:
        """Ends a fused step in which ``rows`` took part."""
        if self.fused and self.unsampled == "dense":
            self.rows.coast(rows)

    def outer_parameters(self) -> list[nn.Parameter]:
        """Returns no parameter: the centres have their own optimizer."""
        return []

    def gradient_norm(self) -> float:
        """Returns the norm of the gradients held, over the centres of all ranks; every rank must ask."""
        grad = self._pending.merge()[1] if self._pending else torch.zeros(1, device=self.centres.device)
        return (self.ranks or Ranks()).sum(grad.double().square().sum()).sqrt().item()

    def scale_gradient(self, factor: float) -> None:
        """Multiplies the gradients held, to clip them together with the encoder's."""
        if self._pending:
            self._pending.merge()[1].mul_(factor)

    def update(self) -> None:
        """Applies the gradients held since the last update; does nothing when updates are fused."""
        if not self._pending:
            return
        index, grad = self._pending.merge()
        self.rows.begin()
        self.rows.apply_blocks(index, grad)
        if self.unsampled == "dense":
            self.rows.coast(index)
        self._pending.clear()

    def held(self) -> tuple[int, int]:
        """Returns the first class whose centre this rank holds, and the one after the last."""
        self.shard()
        return self.rows.first, self.rows.last

    def health(self) -> dict[str, float]:
        """Returns numbers to log: cosines, lengths of the centres, share never touched, effective margin."""
        steps = None if self.fixed else self.rows.steps
        return summary(self._seen, self.centres, steps) | self.target.settings()

    def grow(self, num_classes: int) -> None:
        """Adds classes; the rows of those that are there stay as they are. One process only.

        Raises:
            InputError: fewer classes than there are, or the centres are spread over several processes.
        """
        if num_classes < self.num_classes or self.rows.ranks is not None or self.fixed:
            raise InputError(
                f"cannot grow from {self.num_classes} classes to {num_classes}: want more, of learned centres, before "
                "they are spread"
            )
        self.rows.grow(num_classes)
        self.num_classes = num_classes

    def get_extra_state(self) -> dict:
        """Returns the number of draws, on which the next sample depends."""
        return {"draws": self._draws}

    def set_extra_state(self, state: dict) -> None:
        """Takes the number of draws."""
        self._draws = state["draws"]
