"""Class centres with the state of their optimizer, one row per class."""

import math

import torch
from torch import Tensor, nn

from docclf.errors import InputError

# rows drawn from one generator: small enough to start anywhere in the table without drawing all that is before
DRAW = 4096


def draw(first: int, last: int, dim: int, seed: int) -> Tensor:
    """Returns rows first to last (exclusive) of the initial centres, [last-first, D], random unit vectors.

    A row depends on its class and the seed alone, so every number of shards starts from the same table.
    """
    out = torch.empty(last - first, dim)
    for block in range(first // DRAW, math.ceil(last / DRAW)):
        generator = torch.Generator().manual_seed(seed * 1_000_003 + block)
        rows = torch.randn(DRAW, dim, generator=generator)
        lo, hi = max(first, block * DRAW), min(last, (block + 1) * DRAW)
        out[lo - first : hi - first] = nn.functional.normalize(rows[lo - block * DRAW : hi - block * DRAW], dim=1)
    return out


def _select(table: Tensor, index: Tensor) -> Tensor:
    return table.index_select(0, index)


class Rows(nn.Module):
    """Centres [K,D] of the classes first to last, and moments, step count and decay seen of each.

    Args:
        first: first class held.
        last: class after the last one held.
        dim: D.
        optimizer: rule with ``moments``, ``curve``, ``weight_decay`` and ``step``.
        seed: of the initial centres.
    """

    def __init__(self, first: int, last: int, dim: int, optimizer: object, seed: int) -> None:
        super().__init__()
        self.first, self.last, self.rule = first, last, optimizer
        self.register_buffer("weight", draw(first, last, dim, seed))
        for name in optimizer.moments:
            self.register_buffer(name, torch.zeros(last - first, dim, dtype=optimizer.curve.moment_dtype))
        self.register_buffer("steps", torch.zeros(last - first, dtype=torch.int32))
        self.register_buffer("decay_seen", torch.zeros(last - first, dtype=torch.float64))
        self.clock, self.decay = 0, 0.0
        self._before = 0.0
        self._noise: Tensor | None = None

    def begin(self) -> None:
        """Opens an optimizer step: the rows passed to ``apply`` until the next call take part in it, once each."""
        self._before = self.decay
        self.decay += math.log1p(-self.rule.curve.lr * self.rule.weight_decay)
        self.clock += 1
        self._noise = None

    @torch.no_grad()
    def apply(self, index: Tensor | slice, grad: Tensor, weight: Tensor | None = None) -> None:
        """Updates some rows of this table.

        Args:
            index: rows, each once: ascending [n], or a slice.
            grad: gradient [n,D]; overwritten.
            weight: the centres of these rows when at hand: a copy for a tensor index, a view for a slice.
        """
        take = _select if isinstance(index, Tensor) else torch.Tensor.__getitem__
        weight = take(self.weight, index) if weight is None else weight
        steps = take(self.steps, index) + 1
        if self.rule.weight_decay:
            weight.mul_((self._before - take(self.decay_seen, index)).exp().to(weight.dtype).unsqueeze(1))
        moments = [take(getattr(self, name), index).to(weight.dtype) for name in self.rule.moments]
        self.rule.step(weight, grad, moments, steps, self.rule.curve.lr)
        self.steps[index] = steps
        self.decay_seen[index] = self.decay
        self._put("weight", index, weight)
        for name, moment in zip(self.rule.moments, moments, strict=True):
            self._put(name, index, moment)

    def _put(self, name: str, index: Tensor | slice, values: Tensor) -> None:
        stored = getattr(self, name)
        if stored.dtype != values.dtype:
            values = self._rounded(values)
        if isinstance(index, Tensor):
            stored.index_copy_(0, index, values)
        elif values.data_ptr() != stored[index].data_ptr():
            stored[index] = values

    def _rounded(self, x: Tensor) -> Tensor:
        """Returns x in bfloat16, rounded up or down by chance, so that small steps add up in the mean.

        One noise tensor serves all blocks of a step: rows of different blocks share it, which biases none of them.
        """
        if self._noise is None or len(self._noise) < len(x):
            generator = torch.Generator(x.device).manual_seed(self.clock)
            self._noise = torch.randint(0, 1 << 16, x.shape, generator=generator, dtype=torch.int32, device=x.device)
        bits = x.float().view(torch.int32).add_(self._noise[: len(x)]).bitwise_and_(-65536)
        return bits.view(torch.float32).to(torch.bfloat16)

    def get_extra_state(self) -> dict:
        """Returns the counters of a checkpoint: plain numbers."""
        return {"clock": self.clock, "decay": self.decay, "first": self.first, "last": self.last}

    def set_extra_state(self, state: dict) -> None:
        """Takes the counters of a checkpoint.

        Raises:
            InputError: it holds other classes.
        """
        if (state["first"], state["last"]) != (self.first, self.last):
            raise InputError(
                f"the checkpoint holds the centres of classes {state['first']} to {state['last']}, this run needs "
                f"{self.first} to {self.last}; resume with the same data, or start anew from the encoder (init_from)"
            )
        self.clock, self.decay = state["clock"], state["decay"]
