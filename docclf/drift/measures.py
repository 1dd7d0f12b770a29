"""What changes between two models on the same images."""

from dataclasses import dataclass

import numpy as np

from docclf.versions import align

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
TARGETS = (1e-2, 1e-3, 1e-4)


@dataclass(frozen=True)
class Change:
    """A query whose answer changed: its name, the label it has (if known), and the answers of both models."""

    name: str
    own: str | None
    old: str
    new: str


@dataclass(frozen=True)
class Drift:
    """Two models on one set of images.

    Args:
        images: how many.
        direct: quantiles of the cosine between both embeddings of an image, as they are; ``None`` for two widths.
        aligned: the same after the best turn (`docclf.versions.align`), which is fitted on these very images.
        cka: linear centred kernel alignment (arXiv:1905.00414 eq. 4), 1 for embeddings that are turned and scaled.
        agreement: share of queries with one nearest label by both.
        right: share of labelled queries that each answers rightly, old and new.
        thresholds: FPR to the cosine that lets that share of impostor pairs pass, old and new; where resolved.
        changes: the queries whose answer is another one.
    """

    images: int
    direct: list[float] | None
    aligned: list[float]
    cka: float
    agreement: float
    right: tuple[float, float] | None
    thresholds: dict[float, tuple[float, float]]
    changes: list[Change]


def cka(a: np.ndarray, b: np.ndarray) -> float:
    """Returns the linear centred kernel alignment of rows [N,D_a] and [N,D_b] of the same images."""
    a, b = a - a.mean(0), b - b.mean(0)
    return float(np.linalg.norm(b.T @ a) ** 2 / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)))


def measure(
    old: tuple[np.ndarray, np.ndarray],
    new: tuple[np.ndarray, np.ndarray],
    labels: tuple[list[str], list[str]],
    names: list[str],
) -> Drift:
    """Returns what changes.

    Args:
        old: register [R,D_old] and queries [Q,D_old] of the old model, unit rows.
        new: the new model's of the same images.
        labels: of the register and of the queries.
        names: of the queries.
    """
    registered, asked = (np.array(side) for side in labels)
    both = [np.concatenate(side) for side in (old, new)]
    same = both[0].shape[1] == both[1].shape[1]
    turned = align.apply(both[0], align.fit("procrustes", *both))
    answers, scores = [], []
    for register, query in (old, new):
        cosines = query @ register.T
        answers.append(registered[cosines.argmax(1)])
        scores.append(cosines)
    impostor = asked[:, None] != registered
    known = np.isin(asked, registered)
    right = tuple(float((found == asked)[known].mean()) for found in answers) if known.any() else None
    changed = np.flatnonzero(answers[0] != answers[1])
    return Drift(
        images=len(both[0]),
        direct=_quantiles((both[0] * both[1]).sum(1)) if same else None,
        aligned=_quantiles((turned * align.unit(both[1])).sum(1)),
        cka=cka(*both),
        agreement=1 - len(changed) / len(asked),
        right=right,
        thresholds=_thresholds([score[impostor] for score in scores]),
        changes=[
            Change(names[i], str(asked[i]) if known[i] else None, str(answers[0][i]), str(answers[1][i]))
            for i in changed
        ],
    )


def _quantiles(cosines: np.ndarray) -> list[float]:
    return [float(value) for value in np.quantile(cosines, QUANTILES)]


def _thresholds(impostors: list[np.ndarray]) -> dict[float, tuple[float, float]]:
    """Returns FPR to the cosine above which that share of impostor pairs lies, for targets that ten pairs resolve."""
    count, falling = len(impostors[0]), [np.sort(scores)[::-1] for scores in impostors]
    return {
        target: tuple(float(scores[int(target * count)]) for scores in falling)
        for target in TARGETS
        if target * count >= 10
    }
