"""Counts a stream of impostor scores against fixed edges and keeps the few that decide something, in bounded memory."""

import numpy as np
import torch
from torch import Tensor

from docclf.metric.pairs.found import HISTOGRAM_EDGES
from docclf.metric.pairs.tiles.pilot import Plan

BUFFER = 1 << 22  # 16 MB of float32 a worker: long enough that the searches cost less than the sort


class Counter:
    """Exact counts below and at every edge, and the scores inside the brackets.

    Scores arrive in any order and grouping; all that is kept adds up, so neither changes the result. A score of -inf
    marks a pair that is no impostor pair and is left out.
    """

    def __init__(self, plan: Plan):
        self.plan, self.total = plan, 0
        self.below = np.zeros(len(plan.edges), np.int64)
        self.equal = np.zeros(len(plan.edges), np.int64)
        self.histogram = np.zeros(len(HISTOGRAM_EDGES) - 1, np.int64)
        self.above = [0] * len(plan.brackets)
        self.kept: list[list[np.ndarray]] = [[] for _ in plan.brackets]
        self._waiting: list[Tensor] = []
        self._fill = 0

    def add(self, scores: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Takes flat scores, whose memory may be used again; returns places and scores of those above the floor."""
        counted = scores[scores > -torch.inf]
        self._waiting.append(counted)
        self._fill += len(counted)
        if self._fill >= BUFFER:
            self.finish()
        place = (scores >= max(self.plan.floor, torch.finfo(torch.float32).min)).nonzero()[:, 0]
        return place.cpu().numpy(), scores[place].cpu().numpy()

    def finish(self) -> None:
        """Counts what waits."""
        if self._waiting:
            self._count(_sorted(torch.cat(self._waiting)))
        self._waiting, self._fill = [], 0

    def merge(self, other: "Counter") -> None:
        """Adds another finished counter of the same plan."""
        for name in ("below", "equal", "histogram", "total"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for place in range(len(self.above)):
            self.above[place] += other.above[place]
            self.kept[place] += other.kept[place]

    def counts(self) -> tuple[np.ndarray, np.ndarray]:
        """Impostors strictly above each edge and at each edge."""
        return self.total - self.below - self.equal, self.equal

    def largest(self, rank: int) -> tuple[float, float, int] | None:
        """The rank-th largest score (from 1), the next distinct one above it (inf if none) and how many lie above it.

        None when the brackets do not hold these two.
        """
        for above, parts in zip(self.above, self.kept, strict=True):
            kept = np.concatenate(parts or [np.empty(0, np.float32)])
            inside = rank - above
            if 1 <= inside <= len(kept):
                kept = np.partition(kept, len(kept) - inside)
                value = kept[len(kept) - inside]
                after = kept[len(kept) - inside :]
                after = after[after > value]
                higher = above + len(after)
                if len(after):
                    return float(value), float(after.min()), higher
                return (float(value), float("inf"), 0) if higher == 0 else None
        return None

    def _count(self, values: np.ndarray | Tensor) -> None:
        below, reached = (_search(values, self.plan.edges, side) for side in ("left", "right"))
        self.below += below
        self.equal += reached - below
        # The outer bins take what rounding puts a little beyond -1 and 1.
        inner = _search(values, HISTOGRAM_EDGES[1:-1], "left")
        self.histogram += np.diff(inner, prepend=0, append=len(values))
        self.total += len(values)
        for place, (low, high) in enumerate(self.plan.brackets):
            begin = int(_search(values, np.float32([low]), "left")[0])
            end = int(_search(values, np.float32([high]), "right")[0])
            self.above[place] += len(values) - end
            kept = values[begin:end]
            self.kept[place].append(kept.cpu().numpy() if isinstance(kept, Tensor) else kept.copy())


def _sorted(scores: Tensor) -> np.ndarray | Tensor:
    """Scores in rising order: on the device they are on, by NumPy (three times faster) on the host."""
    return np.sort(scores.numpy()) if _on_host(scores) else torch.sort(scores)[0]


def _on_host(scores: Tensor) -> bool:
    return scores.device.type == "cpu"


def _search(values: np.ndarray | Tensor, edges: np.ndarray, side: str) -> np.ndarray:
    if isinstance(values, Tensor):
        return torch.searchsorted(values, torch.from_numpy(edges.copy()).to(values.device), side=side).cpu().numpy()
    return np.searchsorted(values, edges, side=side)
