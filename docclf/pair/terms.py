"""The pair terms of a run, weighed, over the batches of all processes."""

import torch
from torch import Tensor, nn

from docclf.distributed.ranks import Ranks
from docclf.errors import InputError
from docclf.ops import unit
from docclf.pair.base import Pair


class Terms(nn.Module):
    """Weighs and adds up terms.

    Args:
        terms: by name.
        embed_dim: width D of the embeddings.
        seed: of the run.

    Raises:
        InputError: a weight or a ramp out of range.
    """

    def __init__(self, terms: dict[str, Pair], embed_dim: int, seed: int) -> None:
        super().__init__()
        for name, term in terms.items():
            start, end = term.ramp if len(term.ramp) == 2 else (1.0, 0.0)
            if not term.weight > 0 or not 0 <= start <= end <= 1:
                raise InputError(
                    f"pair.{name} weight={term.weight}, ramp={list(term.ramp)}: want a weight above 0, and two "
                    "shares of training in order, such as [0.0, 0.3]"
                )
            term.start(embed_dim, seed)
        self.terms = dict(terms)
        self.learned = nn.ModuleDict({name: term for name, term in terms.items() if isinstance(term, nn.Module)})
        self.local = any(term.local for term in terms.values())
        self._progress, self._seen = 1.0, {}

    def set_progress(self, progress: float) -> None:
        """Told the share of training done, in [0, 1]."""
        self._progress = progress

    def forward(self, embeddings: Tensor, labels: Tensor, maps: Tensor | None = None) -> dict[str, Tensor]:
        """Returns each term times its weight; the same on every process, whose gradients are to be averaged.

        Args:
            embeddings: of this process, [b,D], of any length.
            labels: int64 [b]; -1 leaves a sample out.
            maps: feature maps [b,C,h,w], where a term is ``local``.
        """
        with torch.autocast(embeddings.device.type, enabled=False):
            held, ranks = labels >= 0, Ranks()
            x, y = ranks.gather(embeddings[held].double(), labels[held], whole=True)
            if self.local:
                shape = maps.shape[1:]
                maps = ranks.gather(maps[held].float().flatten(1), labels[held], whole=True)[0].unflatten(1, shape)
            out = {}
            self._seen = {"": x.detach()}
            for name, term in self.terms.items():
                factor = term.weight * rise(self._progress, *term.ramp)
                if not factor and name not in self.learned:
                    continue
                value, active = term.term(x, y, maps if term.local else None)
                out[name] = (factor * value).to(torch.float32)
                self._seen[name] = active.detach()
        return out

    def health(self) -> dict[str, float]:
        """Returns the active share of each term, and the effective rank of the embeddings of the last batch."""
        seen = dict(self._seen)
        numbers = {"pair/effective_rank": effective_rank(seen.pop(""))} if seen else {}
        return numbers | {f"pair/{name}_active": float(active) for name, active in seen.items()}


def rise(progress: float, start: float, end: float) -> float:
    """Returns 0 before the ramp, 1 after, linear between."""
    return 1.0 if progress >= end else max(0.0, (progress - start) / (end - start))


def effective_rank(x: Tensor) -> float:
    """Returns e^H of the singular values of unit embeddings [B,D] (RankMe, arXiv:2210.02885): 1 when all are alike."""
    if not len(x):
        return 0.0
    values = torch.linalg.svdvals(unit(x))
    shares = values / values.sum().clamp_min(1e-12)
    return float(torch.special.entr(shares).sum().exp())
