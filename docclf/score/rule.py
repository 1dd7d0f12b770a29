"""What a query's cosines are turned into before a threshold: one rule for metric, evaluation, gallery and export.

A raw cosine is not comparable between queries: a query that resembles everything scores high everywhere. Each rule maps
cosines to scores in [-1, 1], rounded once to float32, and keeps their order within a query: so the nearest image of a
label stays its nearest, and whoever applies a rule to the same cosines gets the same bits.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.score import adapter
from docclf.score.adapter import FEATURES

KINDS = ("cosine", "margin", "snorm", "adapter", "verified")
COHORT = ("snorm", "adapter")  # need a cohort


@dataclass(frozen=True)
class Score:
    """A rule from cosines to scores.

    ``margin`` is (cosine - alpha * best cosine of another label) / (1 + alpha). ``snorm`` measures each cosine against
    a cohort of foreign documents from both sides (symmetric normalisation, arXiv:1702.03883 section 2) and brings the
    result z into (-1, 1) as z / (1 + |z|). ``adapter`` is a logistic function of the cosine whose slope and shift
    depend on the query (Cosine Adapter, arXiv:2408.04887): a probability. ``verified`` leaves what verification
    (`docclf.verify`) scored as it is.

    Args:
        kind: one of `KINDS`.
        alpha: of margin: share of the best other label's cosine that is taken off, in [0, 1]; 0 is cosine.
        weights: of adapter: slope, then shift, `FEATURES` numbers each; None until `docclf.score.adapter` fits it.

    Raises:
        InputError: an unknown kind, an alpha outside [0, 1], or weights that are not so many finite numbers.
    """

    kind: str = "cosine"
    alpha: float = 0.4
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"score={self.kind!r}: want one of {', '.join(KINDS)}.")
        if type(self.alpha) not in (int, float) or not 0 <= self.alpha <= 1:
            raise InputError(f"score.alpha={self.alpha}: want a share in [0, 1].")
        if self.weights is not None:
            if len(self.weights) != 2 * FEATURES or not all(_finite(value) for value in self.weights):
                raise InputError(f"score.weights={self.weights!r:.80}: want {2 * FEATURES} finite numbers.")
            object.__setattr__(self, "weights", tuple(float(value) for value in self.weights))

    @property
    def cohort(self) -> bool:
        """Whether it needs a cohort."""
        return self.kind in COHORT

    def __call__(
        self,
        cosines: np.ndarray,
        groups: np.ndarray | None = None,
        query_cohort: np.ndarray | None = None,
        image_cohort: np.ndarray | None = None,
    ) -> np.ndarray:
        """Returns the scores, float32 [Q,R]; cosines that are -inf (labels taken out) stay so.

        Args:
            cosines: of each query with each registered image or label, [Q,R].
            groups: number of the label of each column [R]; None: each column is a label.
            query_cohort: of snorm and adapter: cosines of each query with the cohort [Q,C].
            image_cohort: of snorm: cosines of the cohort with each column [C,R].

        Raises:
            InputError: no cohort where one is needed, or an adapter that was not fitted.
        """
        if self.kind in ("cosine", "verified") or (self.kind == "margin" and self.alpha == 0):
            return np.asarray(cosines, np.float32)
        cosines = np.asarray(cosines, np.float64)
        if self.kind == "margin":
            groups = np.arange(cosines.shape[1]) if groups is None else groups
            return ((cosines - self.alpha * others(cosines, groups)) / (1 + self.alpha)).astype(np.float32)
        if query_cohort is None or (self.kind == "snorm" and image_cohort is None):
            raise InputError(f"score={self.kind} needs a cohort of foreign documents; calibrate the gallery with it.")
        out = np.isneginf(cosines)
        cosines = np.where(out, 0.0, cosines)
        if self.kind == "adapter":
            scores = self._adapted(cosines, query_cohort)
        else:
            by_query = (cosines - query_cohort.mean(1, keepdims=True)) / spread(query_cohort, 1)
            z = (by_query + (cosines - image_cohort.mean(0, keepdims=True)) / spread(image_cohort, 0)) / 2
            scores = z / (1 + np.abs(z))
        return np.where(out, -np.inf, scores).astype(np.float32)

    def _adapted(self, cosines: np.ndarray, query_cohort: np.ndarray) -> np.ndarray:
        if self.weights is None:
            raise InputError("score=adapter was not fitted; calibrate the gallery with --score adapter.")
        slope, shift = adapter.lines(query_cohort, np.array(self.weights))
        return 1 / (1 + np.exp(-(slope * cosines + shift)))

    def plain(self) -> dict[str, Any]:
        """Returns what a file keeps of it."""
        own: dict[str, Any] = {"kind": self.kind}
        if self.kind == "margin":
            own["alpha"] = self.alpha
        if self.kind == "adapter" and self.weights is not None:
            own["weights"] = list(self.weights)
        return own


def read(node: Any, where: str) -> Score:
    """Returns the rule that a file names (`Score.plain`); raises InputError for anything else."""
    if (
        type(node) is not dict
        or not {"kind"} <= set(node) <= {"kind", "alpha", "weights"}
        or type(node["kind"]) is not str
    ):
        raise InputError(f"{where}: its score is no rule ({', '.join(KINDS)}); calibrate it anew.")
    if not isinstance(node.get("weights"), list | None):
        raise InputError(f"{where}: the weights of its score are no list; calibrate it anew.")
    return Score(**node)


def others(cosines: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Returns for each entry its row's highest entry of another group, [Q,R]; 0 where there is none."""
    names, place = np.unique(groups, return_inverse=True)
    fused, rows = nearest(cosines, place, len(names)), np.arange(len(cosines))
    top = fused.argmax(axis=1)
    first = fused[rows, top].copy()
    fused[rows, top] = -np.inf
    best = np.where(place == top[:, None], fused.max(axis=1)[:, None], first[:, None])
    return np.where(np.isfinite(best), best, 0.0)


def nearest(cosines: np.ndarray, numbers: np.ndarray, count: int) -> np.ndarray:
    """Returns the highest entry [Q,L] of each label's columns, given those of all images [Q,R] and their labels [R]."""
    order = np.argsort(numbers, kind="stable")
    if len(order) == count:
        return cosines[:, order]
    return np.maximum.reduceat(cosines[:, order], np.searchsorted(numbers[order], np.arange(count)), axis=1)


def spread(cosines: np.ndarray, axis: int) -> np.ndarray:
    """Returns the standard deviation along an axis, kept as one; a cohort that is all alike counts as spread 1e-6."""
    return np.maximum(cosines.std(axis, keepdims=True, dtype=np.float64), 1e-6)


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))
