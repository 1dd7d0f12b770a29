"""The adapter: a query-dependent monotone map from its cosines to a probability (Cosine Adapter, arXiv:2408.04887).

The paper reads the map's parameters off the query's embedding with a network; here they are linear in what the query
scores with a cohort of foreign documents, so that some hundred simulated photographs are enough to fit them.
"""

import numpy as np

FEATURES = 4  # of a query: one, and mean, deviation and highest of its cosines with the cohort
STEEP = 1e-2  # least slope: the map stays monotone
_EACH = 20  # impostors of a query that the fit looks at, its hardest
_PENALTY = 1.0


def features(query_cohort: np.ndarray) -> np.ndarray:
    """Returns what a query is known by, [Q, FEATURES], of its cosines with the cohort [Q,C]."""
    rows = query_cohort.astype(np.float64)
    return np.stack([np.ones(len(rows)), rows.mean(1), rows.std(1), rows.max(1)], axis=1)


def lines(query_cohort: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns slope and shift of each query's logit, both [Q,1]; ``weights`` are those of the slope, then the shift."""
    known = features(query_cohort)
    slope, shift = (known * weights[:FEATURES]).sum(1), (known * weights[FEATURES:]).sum(1)
    return np.maximum(slope, STEEP)[:, None], shift[:, None]


def fit(cosines: np.ndarray, query_cohort: np.ndarray, own: np.ndarray) -> tuple[float, ...]:
    """Returns the weights of a logistic regression from (cosine, query) to: is this the query's label?

    Args:
        cosines: of photographs with labels [Q,L].
        query_cohort: of the photographs with the cohort [Q,C].
        own: number of each photograph's label; L and above: none of them.
    """
    from sklearn.linear_model import LogisticRegression

    count, known = cosines.shape[1], features(query_cohort)
    inside = np.flatnonzero(own < count)
    wrong = cosines.astype(np.float64)
    wrong[inside, own[inside]] = -np.inf
    hardest = np.argsort(-wrong, axis=1, kind="stable")[:, : min(_EACH, count)]
    rows = np.repeat(np.arange(len(cosines)), hardest.shape[1])
    values = np.take_along_axis(wrong, hardest, axis=1).ravel()
    rows, values = rows[np.isfinite(values)], values[np.isfinite(values)]
    x = np.concatenate([cosines[inside, own[inside]], values])
    known = known[np.concatenate([inside, rows])]
    y = np.arange(len(x)) < len(inside)
    if not y.any() or y.all():
        return (8.0, *[0.0] * (FEATURES - 1), -4.0, *[0.0] * (FEATURES - 1))
    table = np.concatenate([known * x[:, None], known[:, 1:]], axis=1)
    deviation = np.maximum(table.std(0), 1e-6)
    model = LogisticRegression(C=_PENALTY, max_iter=500).fit(table / deviation, y)
    slopes = model.coef_[0] / deviation
    return tuple(float(v) for v in (*slopes[:FEATURES], model.intercept_[0], *slopes[FEATURES:]))
