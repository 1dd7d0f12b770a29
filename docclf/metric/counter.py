"""Counts a stream of impostor scores against fixed edges and keeps the few that decide something, in bounded memory."""

import numpy as np
import torch

HISTOGRAM_EDGES = np.linspace(-1.0, 1.0, 201).astype(np.float32)
BUFFER = 1 << 22  # 16 MB of float32 a worker: long enough that the searches cost less than the sort


class Counter:
    """Exact counts below every edge, the scores inside `brackets`, and a histogram.

    Scores arrive in any order and grouping; all that is kept adds up, so neither changes the result. A score of -inf
    marks a pair that is no impostor pair and is left out.

    Args:
        edges: ascending, distinct float32 values [E].
        brackets: disjoint closed ranges [low, high] whose scores are kept whole.
    """

    def __init__(self, edges: np.ndarray, brackets: list[tuple[float, float]], size: int = BUFFER):
        self.edges, self.brackets = edges, brackets
        self.below = np.zeros(len(edges), np.int64)
        self.equal = np.zeros(len(edges), np.int64)
        self.histogram = np.zeros(len(HISTOGRAM_EDGES) - 1, np.int64)
        self.above = [0] * len(brackets)
        self.kept: list[list[np.ndarray]] = [[] for _ in brackets]
        self.total = 0
        self._buffer, self._fill = np.empty(size, np.float32), 0

    def add(self, scores: torch.Tensor) -> None:
        """Takes flat scores; a tensor on the device is sorted there."""
        if scores.device.type != "cpu":
            self._count(torch.sort(scores)[0].cpu().numpy())
            return
        values = scores.numpy()
        while len(values):
            room = min(len(values), len(self._buffer) - self._fill)
            self._buffer[self._fill : self._fill + room] = values[:room]
            self._fill += room
            values = values[room:]
            if self._fill == len(self._buffer):
                self._flush()

    def finish(self) -> "Counter":
        """Counts what is left in the buffer and lets the buffer go."""
        self._flush()
        self._buffer = np.empty(0, np.float32)
        return self

    def merge(self, other: "Counter") -> None:
        """Adds another finished counter of the same edges and brackets."""
        self.below += other.below
        self.equal += other.equal
        self.histogram += other.histogram
        self.total += other.total
        for place in range(len(self.brackets)):
            self.above[place] += other.above[place]
            self.kept[place] += other.kept[place]

    def largest(self, rank: int) -> tuple[float, float, int] | None:
        """The rank-th largest score (from 1), the next distinct one above it (inf if none) and how many lie above it.

        None when the brackets do not hold these two.
        """
        for place, (_, high) in enumerate(self.brackets):
            kept = np.concatenate(self.kept[place]) if self.kept[place] else np.empty(0, np.float32)
            inside = rank - self.above[place]
            if 1 <= inside <= len(kept):
                kept.sort()
                value = kept[len(kept) - inside]
                after = np.searchsorted(kept, value, side="right")
                higher = self.above[place] + len(kept) - int(after)
                if after < len(kept) or higher == 0:
                    return float(value), float(kept[after]) if higher else float("inf"), higher
                return None
        return None

    def _flush(self) -> None:
        values, self._fill = self._buffer[: self._fill], 0
        values.sort()
        self._count(values)

    def _count(self, values: np.ndarray) -> None:
        values = values[np.searchsorted(values, np.float32(-np.inf), side="right") :]
        self.total += len(values)
        if len(values) == 0:
            return
        left = np.searchsorted(values, self.edges, side="left")
        self.below += left
        self.equal += np.searchsorted(values, self.edges, side="right") - left
        # The outer bins take what rounding puts a little beyond -1 and 1.
        inner = np.searchsorted(values, HISTOGRAM_EDGES[1:-1], side="left")
        self.histogram += np.diff(inner, prepend=0, append=len(values))
        for place, (low, high) in enumerate(self.brackets):
            begin = np.searchsorted(values, np.float32(low), side="left")
            end = np.searchsorted(values, np.float32(high), side="right")
            self.above[place] += len(values) - int(end)
            self.kept[place].append(values[begin:end].copy())
