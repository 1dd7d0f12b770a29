"""Counts a stream of impostor scores against fixed edges and keeps the few that decide something, in bounded memory."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

HISTOGRAM_EDGES = np.linspace(-1.0, 1.0, 201).astype(np.float32)
BUFFER = 1 << 22  # 16 MB of float32 a worker: long enough that the searches cost less than the sort


@dataclass(frozen=True)
class Plan:
    """What a counter is asked for; a plan decides cost and memory, the numbers come out the same.

    Args:
        edges: ascending, distinct float32 values to count against [E].
        brackets: ascending, disjoint closed ranges [low, high] whose scores are kept whole.
        cut: scores below it are only counted, one pass per edge below it; the others are sorted.
        floor: scores from here on are returned with their places; not below `cut`.
    """

    edges: np.ndarray
    brackets: list[tuple[float, float]]
    cut: float
    floor: float


class Counter:
    """Exact counts below and at every edge, and the scores inside the brackets.

    Scores arrive in any order and grouping; all that is kept adds up, so neither changes the result. A score of -inf
    marks a pair that is no impostor pair and is left out.
    """

    def __init__(self, plan: Plan):
        self.plan = plan
        self.low = int(np.searchsorted(plan.edges, np.float32(plan.cut)))
        self.below = np.zeros(len(plan.edges), np.int64)
        self.equal = np.zeros(len(plan.edges), np.int64)
        self.histogram = np.zeros(len(HISTOGRAM_EDGES) - 1, np.int64)
        self.above = [0] * len(plan.brackets)
        self.kept: list[list[np.ndarray]] = [[] for _ in plan.brackets]
        self.total = self.sorted = 0
        self._waiting: list[np.ndarray | Tensor] = []
        self._fill = 0

    def add(self, scores: Tensor, void: int) -> tuple[np.ndarray, np.ndarray]:
        """Takes flat scores, `void` of which are -inf; returns places and scores of those at or above the floor."""
        flat = scores.numpy() if _on_host(scores) else scores
        self.total += len(flat) - void
        for at, edge in enumerate(self.plan.edges[: self.low]):
            below = _count(flat < edge)
            self.below[at] += below - void
            self.equal[at] += _count(flat <= edge) - below
        place = _where(flat >= np.float32(self.plan.cut))
        kept = flat[place]
        top = _where(kept >= np.float32(self.plan.floor))
        self._waiting.append(kept)
        self._fill += len(kept)
        if self._fill >= BUFFER:
            self.finish()
        return _numpy(place[top]), _numpy(kept[top])

    def finish(self) -> None:
        """Counts what waits."""
        if not self._waiting:
            return
        if isinstance(self._waiting[0], Tensor):
            self._count_sorted(torch.sort(torch.cat(self._waiting))[0])
        else:
            values = np.concatenate(self._waiting)
            values.sort()
            self._count_sorted(values)
        self._waiting, self._fill = [], 0

    def merge(self, other: "Counter") -> None:
        """Adds another finished counter of the same plan."""
        for name in ("below", "equal", "histogram", "total", "sorted"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for place in range(len(self.above)):
            self.above[place] += other.above[place]
            self.kept[place] += other.kept[place]

    def counts(self) -> tuple[np.ndarray, np.ndarray]:
        """Impostors strictly above each edge and at each edge."""
        below = self.below.copy()
        below[self.low :] += self.total - self.sorted
        return self.total - below - self.equal, self.equal

    def largest(self, rank: int) -> tuple[float, float, int] | None:
        """The rank-th largest score (from 1), the next distinct one above it (inf if none) and how many lie above it.

        None when the brackets do not hold these two.
        """
        for place in range(len(self.kept)):
            kept = np.concatenate(self.kept[place] or [np.empty(0, np.float32)])
            inside = rank - self.above[place]
            if 1 <= inside <= len(kept):
                kept = np.partition(kept, len(kept) - inside)
                value = kept[len(kept) - inside]
                after = kept[len(kept) - inside :]
                after = after[after > value]
                higher = self.above[place] + len(after)
                if len(after):
                    return float(value), float(after.min()), higher
                return (float(value), float("inf"), 0) if higher == 0 else None
        return None

    def _count_sorted(self, values: np.ndarray | Tensor) -> None:
        edges = self.plan.edges[self.low :]
        count = len(values)
        left = _search(values, edges, "left")
        self.below[self.low :] += left
        hit = np.flatnonzero(left < count)
        hit = hit[_numpy(values[left[hit]]) == edges[hit]]
        self.equal[self.low + hit] += _search(values, edges[hit], "right") - left[hit]
        # The outer bins take what rounding puts a little beyond -1 and 1.
        inner = _search(values, HISTOGRAM_EDGES[1:-1], "left")
        self.histogram += np.diff(inner, prepend=0, append=count)
        self.sorted += count
        for place, (low, high) in enumerate(self.plan.brackets):
            begin = int(_search(values, np.float32([low]), "left")[0])
            end = int(_search(values, np.float32([high]), "right")[0])
            self.above[place] += count - end
            self.kept[place].append(_numpy(values[begin:end]).copy())


def _on_host(scores: Tensor) -> bool:
    return scores.device.type == "cpu"


def _search(values: np.ndarray | Tensor, edges: np.ndarray, side: str) -> np.ndarray:
    if isinstance(values, Tensor):
        return torch.searchsorted(values, torch.from_numpy(edges.copy()).to(values.device), side=side).cpu().numpy()
    return np.searchsorted(values, edges, side=side)


def _where(mask: np.ndarray | Tensor) -> np.ndarray | Tensor:
    return mask.nonzero()[:, 0] if isinstance(mask, Tensor) else np.flatnonzero(mask)


def _count(mask: np.ndarray | Tensor) -> int:
    return int(mask.sum()) if isinstance(mask, Tensor) else int(np.count_nonzero(mask))


def _numpy(values: np.ndarray | Tensor) -> np.ndarray:
    return values.cpu().numpy() if isinstance(values, Tensor) else values
