"""What training and evaluation ask of a metric."""

from typing import Protocol, runtime_checkable

from torch import Tensor

from docclf.metric.result import Result


@runtime_checkable
class Metric(Protocol):
    """Embeddings and labels to numbers; a pure function of them and of its settings."""

    def __call__(
        self,
        register: Tensor,
        register_labels: Tensor,
        query: Tensor,
        query_labels: Tensor,
        parents: Tensor | None = None,
        replicates: int | None = None,
    ) -> Result:
        """Measures.

        Args:
            register: embeddings of any length, float [R,D].
            register_labels: int64 [R].
            query: embeddings [Q,D].
            query_labels: int64 [Q]; a label with no registered image makes its queries impostors only.
            parents: parent number of each label, int64 [labels], for sub-labels; adds the parent/... keys.
            replicates: bootstrap replicates in place of its own setting; 0 leaves the intervals out.

        Raises:
            InputError: embeddings or labels that cannot be measured.
        """

    def settings(self) -> dict:
        """Returns the settings that the numbers depend on, by name, as plain values."""


@runtime_checkable
class OfScores(Protocol):
    """A metric that measures scores of pairs too, for models that have no embeddings."""

    def of_scores(
        self,
        scores: Tensor,
        register_labels: Tensor,
        query_labels: Tensor,
        parents: Tensor | None = None,
        replicates: int | None = None,
    ) -> Result:
        """Measures scores [Q,R], larger where two images match; the other arguments are those of `Metric`."""
