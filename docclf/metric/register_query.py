"""Each query against each registered class."""

from collections.abc import Callable

import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.metric.assemble import assemble, check_settings
from docclf.metric.base import Metric
from docclf.metric.pairs.layout import Layout, register_query_layout
from docclf.metric.pairs.matrix import matrix_layout
from docclf.metric.result import Result


class RegisterQuery(Metric):
    """Verification and identification of queries against a register.

    Args:
        targets: false-positive rates in (0, 1).
        fusion: how several registered images of a class become one score: max, mean or centroid.
        ranks: k of rank-k.
        replicates: bootstrap replicates; 0 leaves the intervals out.
        seed: of the bootstrap.
        block_rows: queries a worker takes at a time; changes memory, never a number.

    Raises:
        InputError: a setting out of range.
    """

    def __init__(self, targets: list[float], fusion: str = "max", ranks: list[int] = [1, 5],  # noqa: B006
                 replicates: int = 1000, seed: int = 0, block_rows: int = 512):  # fmt: skip
        check_settings(targets, replicates, block_rows)
        if not ranks or min(ranks) < 1:
            raise InputError(f"ranks={ranks}: give at least one rank, each 1 or more.")
        self.targets, self.fusion, self.ranks = [float(target) for target in targets], fusion, list(ranks)
        self.replicates, self.seed, self.block_rows = replicates, seed, block_rows

    def settings(self) -> dict:
        """Returns what the numbers depend on."""
        own = {"targets": self.targets, "fusion": self.fusion, "ranks": self.ranks}
        return own | {"replicates": self.replicates, "seed": self.seed}

    def __call__(self, register: Tensor, register_labels: Tensor, query: Tensor, query_labels: Tensor,
                 parents: Tensor | None = None, replicates: int | None = None) -> Result:  # fmt: skip
        """Measures.

        Args:
            register: embeddings of any length [R, D].
            register_labels: int64 [R].
            query: embeddings [Q, D].
            query_labels: int64 [Q]; a label with no registered image makes its queries impostors only.
            parents: parent number of each label [labels], for sub-labels; adds the parent/... keys.
            replicates: in place of the constructor's.

        Raises:
            InputError: bad embeddings, labels or widths.
        """

        def layout(one: Tensor, other: Tensor) -> Layout:
            return register_query_layout(register, one, query, other, self.fusion)

        return self._measured(layout, register_labels, query_labels, parents, replicates)

    def of_scores(self, scores: Tensor, register_labels: Tensor, query_labels: Tensor,
                  parents: Tensor | None = None, replicates: int | None = None) -> Result:  # fmt: skip
        """Measures scores that were made elsewhere, by the same walk.

        Args:
            scores: float [Q, R], the higher the more alike, at least -1.
            register_labels, query_labels, parents, replicates: as above.

        Raises:
            InputError: bad scores or labels, or fusion by centroid.
        """

        def layout(one: Tensor, other: Tensor) -> Layout:
            return matrix_layout(scores, one, other, self.fusion)

        return self._measured(layout, register_labels, query_labels, parents, replicates)

    def _measured(self, make: Callable[[Tensor, Tensor], Layout], register_labels: Tensor, query_labels: Tensor,
                  parents: Tensor | None, replicates: int | None) -> Result:  # fmt: skip
        replicates = self.replicates if replicates is None else replicates
        layout = make(register_labels, query_labels)
        result, found = assemble(layout, self.targets, self.ranks, replicates, self.seed, self.block_rows)
        if parents is not None:
            parents = check_parents(parents, register_labels, query_labels)
            upper = make(parents[register_labels.cpu()], parents[query_labels.cpu()])
            above, _ = assemble(upper, self.targets, self.ranks, 0, self.seed, self.block_rows)
            result.metrics |= {f"parent/{key}": value for key, value in above.metrics.items()}
            missed = torch.from_numpy(found.rank > 1)
            best = layout.col_label.cpu()[torch.from_numpy(found.best_col).clamp(min=0)]
            wrong_leaf = missed & (parents[best] == parents[layout.row_label.cpu()])
            known = int((found.rank > 0).sum())
            result.metrics["wrong_leaf@rank1"] = int(wrong_leaf.sum()) / known if known else None
        return result


def check_parents(parents: Tensor, *labels: Tensor) -> Tensor:
    """Parents [labels] on the CPU as int64, or an InputError."""
    highest = max(int(part.max()) for part in labels)
    if parents.dim() != 1 or parents.is_floating_point() or len(parents) <= highest:
        raise InputError(
            f"parents has shape {tuple(parents.shape)} and type {parents.dtype}: give one parent number for each label "
            f"from 0 to {highest}."
        )
    return parents.cpu().long()
