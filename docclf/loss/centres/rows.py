"""Class centres with the state of their optimizer, one row per class."""

import math

import torch
from torch import Tensor, nn

from docclf.errors import InputError
from docclf.loss.backend.scratch import Work, large_pages, put_rows

# rows drawn from one generator: small enough to start anywhere in the table without drawing all that is before
DRAW = 4096
# rows treated at a time where all are walked
BLOCK = 4096


def draw(first: int, last: int, dim: int, seed: int) -> Tensor:
    """Returns rows first to last (exclusive) of the initial centres, [last-first, D], random unit vectors.

    A row depends on its class and the seed alone, so every number of shards starts from the same table.
    """
    out = large_pages(torch.empty(last - first, dim))
    for block in range(first // DRAW, math.ceil(last / DRAW)):
        generator = torch.Generator().manual_seed(seed * 1_000_003 + block)
        rows = torch.randn(DRAW, dim, generator=generator)
        lo, hi = max(first, block * DRAW), min(last, (block + 1) * DRAW)
        out[lo - first : hi - first] = nn.functional.normalize(rows[lo - block * DRAW : hi - block * DRAW], dim=1)
    return out


class Rows(nn.Module):
    """Centres [K,D] of the classes first to last, and moments, step count and decay seen of each.

    The tensors are neither parameters nor buffers, so that DistributedDataParallel, which would average or broadcast
    them although every rank holds other classes, does not know of them; they move and save with the module.

    Args:
        first: first class held.
        last: class after the last one held.
        dim: D.
        optimizer: rule with ``moments``, ``curve``, ``weight_decay`` and ``step``.
        seed: of the initial centres.
    """

    def __init__(self, first: int, last: int, dim: int, optimizer: object, seed: int) -> None:
        super().__init__()
        self.first, self.last, self.dim, self.seed, self.rule = first, last, dim, seed, optimizer
        self.names = ("weight", *optimizer.moments, "steps", "decay_seen")
        self.clock, self.decay = 0, 0.0
        for name, tensor in zip(self.names, self._fresh(first, last), strict=True):
            setattr(self, name, tensor)
        self._before = 0.0
        self._noise: Tensor | None = None
        self.total, self.ranks, self._work = last, None, Work()

    def _fresh(self, first: int, last: int) -> list[Tensor]:
        count, kind = last - first, self.rule.curve.moment_dtype
        moments = [large_pages(torch.zeros(count, self.dim, dtype=kind)) for _ in self.rule.moments]
        counters = [torch.zeros(count, dtype=torch.int32), torch.full((count,), self.decay).double()]
        return [draw(first, last, self.dim, self.seed), *moments, *counters]

    def begin(self) -> None:
        """Opens an optimizer step: the rows passed to ``apply`` until the next call take part in it, once each."""
        self._before = self.decay
        self.decay += math.log1p(-self.rule.curve.lr * self.rule.weight_decay)
        self.clock += 1
        self._noise = None

    @torch.no_grad()
    def apply(self, index: Tensor | slice, grad: Tensor, weight: Tensor | None = None) -> None:
        """Updates rows, each given once: index [n] or slice, gradient [n,D] (overwritten) and, when at hand, centres.

        The centres are a copy for a tensor index and a view for a slice.
        """
        weight = self._take("weight", index) if weight is None else weight
        steps, missed = self.due(index)
        if self.rule.weight_decay:
            weight.mul_(missed.to(weight.dtype).unsqueeze(1))
        moments = [self._take(name, index) for name in self.rule.moments]
        self.rule.step(weight, grad, moments, steps, self.rule.curve.lr)
        self.mark(index, steps)
        self._put("weight", index, weight)
        for name, moment in zip(self.rule.moments, moments, strict=True):
            self._put(name, index, moment)

    def due(self, index: Tensor | slice) -> tuple[Tensor, Tensor]:
        """Returns the step counts of rows, this step included, and the decay of the steps they missed, [n] each."""
        return self.steps[index] + 1, (self._before - self.decay_seen[index]).exp()

    def mark(self, index: Tensor | slice, steps: Tensor) -> None:
        """Notes that rows took part in this step."""
        self.steps[index] = steps
        self.decay_seen[index] = self.decay

    def apply_blocks(self, index: Tensor, grad: Tensor) -> None:
        """Does what ``apply`` does, some thousand rows at a time, so that what it needs besides stays small."""
        for first in range(0, len(index), BLOCK):
            self.apply(index[first : first + BLOCK], grad[first : first + BLOCK])

    def coast(self, touched: Tensor | None) -> None:
        """Moves all rows but ``touched`` (None: all were) as a gradient of zero would; walks the whole table."""
        if touched is None:
            return
        free = torch.ones(len(self.weight), dtype=torch.bool, device=self.weight.device)
        free[touched] = False
        for first in range(0, len(free), BLOCK):
            index = free[first : first + BLOCK].nonzero().squeeze(1) + first
            self.apply(index, self.weight.new_zeros(len(index), self.dim))

    def _take(self, name: str, index: Tensor | slice) -> Tensor:
        """Returns rows of a table in float32: a copy in scratch memory, or a view where index and type allow it."""
        stored = getattr(self, name)
        if isinstance(index, slice):
            rows = stored[index]
        else:
            rows = self._work(name, (len(index), self.dim), stored.dtype, stored.device)
            torch.index_select(stored, 0, index, out=rows)
        if rows.dtype == torch.float32:
            return rows
        return self._work(name + " wide", tuple(rows.shape), torch.float32, rows.device).copy_(rows)

    def _put(self, name: str, index: Tensor | slice, values: Tensor) -> None:
        stored = getattr(self, name)
        if stored.dtype != values.dtype:
            values = self._rounded(values)
        if isinstance(index, Tensor):
            put_rows(stored.detach(), index, values.detach())
        elif values.data_ptr() != stored[index].data_ptr():
            stored[index] = values

    def _rounded(self, x: Tensor) -> Tensor:
        """Returns x in bfloat16, rounded up or down by chance, so that small steps add up in the mean.

        One noise tensor serves all blocks of a step: rows of different blocks share it, which biases none of them.
        """
        if self._noise is None or len(self._noise) < len(x):
            generator = torch.Generator(x.device).manual_seed(self.clock)
            self._noise = torch.randint(0, 1 << 16, x.shape, generator=generator, dtype=torch.int32, device=x.device)
        bits = x.view(torch.int32).add_(self._noise[: len(x)]).bitwise_and_(-65536)
        out = self._work("rounded", tuple(x.shape), torch.bfloat16, x.device)
        return out.copy_(bits.view(torch.float32))

    def narrow(self, first: int, last: int, ranks: object) -> None:
        """Keeps the classes first to last (exclusive) only; ``ranks`` keep the others."""
        self.ranks = ranks
        for name in self.names:
            setattr(self, name, getattr(self, name)[first - self.first : last - self.first].clone())
        self.first, self.last = first, last

    def grow(self, last: int) -> None:
        """Adds fresh rows up to class ``last`` (exclusive); those that are there stay as they are."""
        for name, fresh in zip(self.names, self._fresh(self.last, last), strict=True):
            old = getattr(self, name)
            setattr(self, name, torch.cat((old, fresh.to(old.device))))
        self.last = self.total = last

    def _apply(self, fn, recurse: bool = True):
        super()._apply(fn, recurse)
        for name in self.names:
            if name not in self._parameters:
                setattr(self, name, fn(getattr(self, name)))
        return self

    def get_extra_state(self) -> dict:
        """Returns the counters of a checkpoint: plain numbers."""
        return {"clock": self.clock, "decay": self.decay, "first": 0, "last": self.total}

    def set_extra_state(self, state: dict) -> None:
        """Takes the counters of a checkpoint.

        Raises:
            InputError: it holds other classes.
        """
        if (state["first"], state["last"]) != (0, self.total):
            raise InputError(
                f"the checkpoint holds the centres of classes {state['first']} to {state['last']}, this run needs "
                f"0 to {self.total}; resume with the same data, or start anew from the encoder (init_from)"
            )
        self.clock, self.decay = state["clock"], state["decay"]

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        super()._save_to_state_dict(destination, prefix, keep_vars)
        for name in self.names:
            table = getattr(self, name).detach()
            destination[prefix + name] = self.ranks.collect(table, self.total) if self.ranks else table

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, errors):
        super()._load_from_state_dict(state_dict, prefix, local_metadata, False, missing_keys, unexpected_keys, errors)
        for name in self.names:
            stored, own = state_dict.get(prefix + name), getattr(self, name)
            if stored is None:
                missing_keys.append(prefix + name)
            elif stored.shape != (self.total, *own.shape[1:]):
                wanted = [self.total, *own.shape[1:]]
                errors.append(f"{prefix}{name} is {list(stored.shape)} in the checkpoint, {wanted} here")
            else:
                with torch.no_grad():
                    own.copy_(stored[self.first : self.last])
