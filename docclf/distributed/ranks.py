"""The ranks that share the classes, and what they exchange."""

import math
import tempfile

import torch
import torch.distributed as dist
from torch import Tensor

from docclf.errors import InputError

# rows sent at a time
BLOCK = 65536


class Ranks:
    """The default process group, or one process alone; centres are split into even runs of classes (ceil partition)."""

    def __init__(self) -> None:
        alone = not (dist.is_available() and dist.is_initialized())
        self.rank, self.size = (0, 1) if alone else (dist.get_rank(), dist.get_world_size())

    def span(self, num_classes: int, rank: int | None = None) -> tuple[int, int]:
        """Returns first class and class after the last of a rank (this one by default); late ranks may hold none."""
        rank, share = self.rank if rank is None else rank, math.ceil(num_classes / self.size)
        return min(rank * share, num_classes), min((rank + 1) * share, num_classes)

    def sum(self, x: Tensor) -> Tensor:
        """Returns the sum of x over the ranks."""
        if self.size > 1:
            dist.all_reduce(x)
        return x

    def max(self, x: Tensor) -> Tensor:
        """Returns the element-wise maximum of x over the ranks."""
        if self.size > 1:
            dist.all_reduce(x, op=dist.ReduceOp.MAX)
        return x

    def part(self, x: Tensor) -> Tensor:
        """Returns x, which every rank has made alike, with this rank's even share of its gradient."""
        return x if self.size == 1 else x / self.size + (x - x / self.size).detach()

    def share(self, value: object) -> list:
        """Returns the values of all ranks, plain objects, by rank; every rank must call it."""
        values = [value] * self.size
        if self.size > 1:
            dist.all_gather_object(values, value)
        return values

    def collect(self, table: Tensor, count: int) -> Tensor:
        """Returns the rows of all ranks, [count, ...], on rank 0, and no rows on the others; every rank must call it.

        They arrive in blocks and lie in a mapped temporary file, not in memory.
        """
        if self.rank:
            for block in table.split(BLOCK):
                dist.send(block.contiguous(), 0)
            return table[:0].cpu()
        with tempfile.NamedTemporaryFile() as file:
            shape = (count, *table.shape[1:])
            whole = torch.from_file(file.name, shared=True, size=math.prod(shape), dtype=table.dtype).view(shape)
        whole[: len(table)] = table
        for rank in range(1, self.size):
            for part in whole[slice(*self.span(count, rank))].split(BLOCK):
                block = torch.empty_like(part, device=table.device)
                dist.recv(block, rank)
                part.copy_(block)
        return whole

    def gather(self, embeddings: Tensor, labels: Tensor, whole: bool = False) -> tuple[Tensor, Tensor]:
        """Returns embeddings and labels of all ranks; batches may differ in size, and be empty.

        Args:
            embeddings: of this rank, [b,D].
            labels: int64 [b].
            whole: every rank makes the same number of all of them; else each makes the part of its classes.
        """
        if self.size == 1:
            return embeddings, labels
        sizes = labels.new_zeros(self.size)
        sizes[self.rank] = len(labels)
        sizes = self.sum(sizes).tolist()
        padded = labels.new_full((max(sizes),), -1)
        padded[: len(labels)] = labels
        parts = [torch.empty_like(padded) for _ in sizes]
        dist.all_gather(parts, padded)
        gathered = torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])
        x = Gather.apply(embeddings, self, sizes, whole)
        self._name_the_guilty(x, sizes)
        return x, gathered

    def _name_the_guilty(self, x: Tensor, sizes: list[int]) -> None:
        """Raises InputError on every rank, naming the one whose embeddings hold NaN or infinity."""
        if torch.isfinite(x.detach()).all():
            return
        counts = [int((~torch.isfinite(part)).sum()) for part in x.detach().split(sizes)]
        shown = ", ".join(f"{count} of {size * x.shape[1]} on rank {rank}"
                          for rank, (count, size) in enumerate(zip(counts, sizes, strict=True)) if count)  # fmt: skip
        raise InputError(f"numbers of the embeddings are NaN or infinite: {shown}; no centre was changed by them.")


class Gather(torch.autograd.Function):
    """Embeddings [b,D] of each rank to those of all ranks, [B,D].

    Backward adds up what the shards of all ranks say (``whole``: each has said all), and multiplies it by the number of
    ranks: the loss is the mean over the global batch and the same on every rank, and DistributedDataParallel will
    average the encoder's gradients.
    """

    @staticmethod
    def forward(ctx, x, ranks, sizes, whole):
        """Gathers batches of the given sizes."""
        ctx.ranks, ctx.sizes, ctx.whole = ranks, sizes, whole
        padded = x.new_zeros(max(sizes), x.shape[1])
        padded[: len(x)] = x
        parts = [torch.empty_like(padded) for _ in sizes]
        dist.all_gather(parts, padded)
        return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])

    @staticmethod
    def backward(ctx, grad):
        """Returns this rank's share of the summed gradient."""
        total = grad if ctx.whole else ctx.ranks.sum(grad.contiguous())
        first = sum(ctx.sizes[: ctx.ranks.rank])
        return total[first : first + ctx.sizes[ctx.ranks.rank]] * ctx.ranks.size, None, None, None
