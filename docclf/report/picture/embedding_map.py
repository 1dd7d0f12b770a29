"""Embeddings in the plane: PCA, and t-SNE of a sample."""

import warnings
from dataclasses import dataclass, field

import numpy as np
import torch
from matplotlib.axes import Axes
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from docclf.report.inputs import Evaluation
from docclf.report.picture.figure import PALETTE, Drawing, draw

LINEAR = 20000  # points PCA is fitted to and drawn with at most
NEIGHBOURS = 1000  # points of t-SNE at most
FEWEST = 10


@dataclass
class Maps:
    """Two drawings and what they do not show.

    Args:
        linear, neighbours: PCA and t-SNE; None where a note says why.
        legend: (class name, colour) of the classes drawn in colour.
        notes: sentences.
    """

    linear: Drawing | None = None
    neighbours: Drawing | None = None
    legend: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def maps(evaluation: Evaluation, shown: list[int], seed: int = 0) -> Maps:
    """Returns the drawings; images of the classes `shown` are coloured and always kept, the rest is a seeded sample."""
    out = Maps(legend=[(evaluation.class_names[label], PALETTE[at]) for at, label in enumerate(shown[: len(PALETTE)])])
    if not evaluation.register.shape[1]:
        out.notes.append("No map: the model scores pairs of images and has no embeddings.")
        return out
    vectors = torch.nn.functional.normalize(torch.cat([evaluation.register, evaluation.query]).float(), dim=1)
    labels = torch.cat([evaluation.register_labels, evaluation.query_labels]).numpy()
    registered = np.arange(len(labels)) < len(evaluation.register)
    colour = {label: PALETTE[at] for at, label in enumerate(shown[: len(PALETTE)])}
    order = np.argsort(~np.isin(labels, list(colour)), kind="stable")
    many = int(np.isin(labels, list(colour)).sum())
    order = np.concatenate([order[:many], order[many:][np.random.default_rng(seed).permutation(len(order) - many)]])
    distinct = len(np.unique(vectors.numpy().round(6), axis=0)) if len(vectors) <= 200 else len(vectors)
    if min(vectors.shape[1], distinct - 1) < 2:
        out.notes.append(f"No map: {distinct} different embeddings of {vectors.shape[1]} numbers span no plane.")
        return out
    kept = np.sort(order[:LINEAR])
    if len(kept) < len(labels):
        out.notes.append(f"PCA shows {len(kept)} of {len(labels)} images.")
    components = min(32, vectors.shape[1], len(kept))
    pca = PCA(components, svd_solver="randomized", random_state=seed)
    flat = pca.fit_transform(vectors[kept].numpy())
    share = pca.explained_variance_ratio_[:2]
    out.linear = _draw("map_pca", f"PCA: {share[0]:.0%} and {share[1]:.0%} of the variance", flat, labels[kept],
                       registered[kept], colour)  # fmt: skip
    place = np.flatnonzero(np.isin(kept, order[:NEIGHBOURS]))
    if distinct < FEWEST:
        out.notes.append(f"No t-SNE: it needs {FEWEST} different embeddings, there are {distinct}.")
        return out
    if len(place) < len(labels):
        out.notes.append(f"t-SNE shows {len(place)} of {len(labels)} images, chosen with seed {seed}.")
    tsne = TSNE(2, perplexity=min(30.0, (len(place) - 1) / 3), init="pca", random_state=seed)
    # Its thousand short loops wait for each other: with other work on the cores one thread is far faster than several.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        near = tsne.fit_transform(flat[place])
    if not np.isfinite(near).all():
        out.notes.append("No t-SNE: it did not converge on these embeddings.")
        return out
    out.neighbours = _draw("map_tsne", "t-SNE: neighbours stay neighbours, distances mean little", near,
                           labels[kept][place], registered[kept][place], colour)  # fmt: skip
    return out


def _draw(name: str, title: str, at: np.ndarray, labels: np.ndarray, registered: np.ndarray, colour: dict) -> Drawing:
    def paint(axes: Axes) -> None:
        grey = ~np.isin(labels, list(colour))
        size = 9 if len(labels) < 4000 else 4
        axes.scatter(*at[grey & ~registered, :2].T, s=size, c="#c3c7ce", linewidths=0, rasterized=True)
        axes.scatter(*at[grey & registered, :2].T, s=22, marker="*", c="#8a8f98", linewidths=0, rasterized=True)
        for label, shade in colour.items():
            of = labels == label
            axes.scatter(*at[of & ~registered, :2].T, s=16, color=shade, linewidths=0, rasterized=True)
            axes.scatter(
                *at[of & registered, :2].T, s=120, marker="*", color=shade, edgecolors="#22262c", rasterized=True
            )
        axes.set(xticks=[], yticks=[])
        axes.set_title(title, fontsize=9.5)
        axes.grid(False)

    return draw(name, title, paint, (5.0, 4.4))
