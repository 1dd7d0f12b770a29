"""Gradients of centres that wait for an optimizer step."""

import torch
from torch import Tensor


class Pending:
    """Row gradients of one or more micro-batches, which add up.

    When all classes take part, what waits is a whole [K,D] gradient; when they are sampled, that of the sampled rows.
    """

    def __init__(self) -> None:
        self._parts: list[tuple[Tensor, Tensor]] = []

    def __bool__(self) -> bool:
        return bool(self._parts)

    def add(self, index: Tensor | slice, grad: Tensor) -> None:
        """Takes the gradient [n,D] of rows."""
        if isinstance(index, slice):
            first = index.start or 0
            index = torch.arange(first, first + len(grad), device=grad.device)
        self._parts.append((index, grad))

    def merge(self) -> tuple[Tensor, Tensor]:
        """Returns rows, ascending and each once, and their gradient, summed over what was added; keeps holding it."""
        index, place = torch.unique(torch.cat([i for i, _ in self._parts]), return_inverse=True)
        grad = self._parts[0][1].new_zeros(len(index), self._parts[0][1].shape[1])
        first = 0
        for part, values in self._parts:
            grad.index_add_(0, place[first : first + len(part)], values)
            first += len(part)
        self._parts = [(index, grad)]
        return index, grad

    def clear(self) -> None:
        """Forgets everything."""
        self._parts = []
