"""Every image against every other image, register and query together."""

import torch
from torch import Tensor

from docclf.metric.assemble import assemble, check_settings
from docclf.metric.base import Metric
from docclf.metric.pairs.layout import all_pairs_layout, check_same_model
from docclf.metric.register_query import check_parents
from docclf.metric.result import Result


class AllPairs(Metric):
    """Verification over all pairs of all images, each unordered pair once.

    Args:
        targets: false-positive rates in (0, 1).
        replicates: bootstrap replicates; 0 leaves the intervals out.
        seed: of the bootstrap.
        block_rows: images a worker takes at a time; changes memory, never a number.

    Raises:
        InputError: a setting out of range.
    """

    def __init__(self, targets: list[float], replicates: int = 1000, seed: int = 0, block_rows: int = 512):
        check_settings(targets, replicates, block_rows)
        self.targets = [float(target) for target in targets]
        self.replicates, self.seed, self.block_rows = replicates, seed, block_rows

    def settings(self) -> dict:
        """Returns what the numbers depend on."""
        return {"targets": self.targets, "replicates": self.replicates, "seed": self.seed}

    def __call__(self, register: Tensor, register_labels: Tensor, query: Tensor, query_labels: Tensor,
                 parents: Tensor | None = None, replicates: int | None = None) -> Result:  # fmt: skip
        """Measures; the arguments are those of `RegisterQuery`, indices in the result count register, then query rows.

        Raises:
            InputError: bad embeddings, labels or widths.
        """
        replicates = self.replicates if replicates is None else replicates
        check_same_model(register, query)
        images, labels = torch.cat([register, query]), torch.cat([register_labels, query_labels])
        result, _ = assemble(all_pairs_layout(images, labels), self.targets, [], replicates, self.seed, self.block_rows)
        if parents is not None:
            upper = all_pairs_layout(images, check_parents(parents, labels)[labels.cpu()])
            above, _ = assemble(upper, self.targets, [], 0, self.seed, self.block_rows)
            result.metrics |= {f"parent/{key}": value for key, value in above.metrics.items()}
        return result
