"""The command that brings a gallery to a new model: images where they are there, a map or compatible training else."""

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from docclf.data.sources.scan import check_folder, scan
from docclf.errors import InputError
from docclf.gallery import storage
from docclf.gallery.command.change import take_threshold
from docclf.gallery.embedder import Embedder, open_model, unit
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import embedded, picture
from docclf.results import thresholds
from docclf.utils import atomic
from docclf.versions import align

BEFORE = ".before"  # beside the gallery: as it was before the upgrade


@dataclass(frozen=True)
class Pairs:
    """Unit vectors of the same images by the old model [N,D_old] and by the new one [N,D_new]."""

    old: np.ndarray
    new: np.ndarray


def from_images(gallery: Gallery, new: Embedder, root: str | Path) -> dict[int, np.ndarray]:
    """Returns row to new unit vector [D_new] of every registered image whose very file lies below a folder."""
    root = check_folder(root, "--images")
    rows: dict[str, list[int]] = {}
    for row, digest in enumerate(gallery.hashes):
        rows.setdefault(digest, []).append(row)
    every = (picture(root / name, "image", name, new.image_size) for name in scan(root)[0])
    there = [one for one in every if one.sha256 in rows]
    vectors = embedded(new, there)
    return {row: vector for one, vector in zip(there, vectors, strict=True) for row in rows[one.sha256]}


def from_any(old: Embedder, new: Embedder, root: str | Path) -> Pairs:
    """Returns pairs of all images below a folder, whatever they show."""
    root = check_folder(root, "--fit")
    images = [picture(root / name, "image", name).pixels for name in scan(root)[0]]
    return Pairs(old(images), new(images))


def upgraded(gallery: Gallery, new: Embedder, known: dict[int, np.ndarray], kind: str, pairs: Pairs | None) -> Gallery:
    """Returns the gallery as one of the new model; the old one stays as it was.

    Rows whose image is there get the new model's vector. The others are mapped (``procrustes``, ``map``), or, when the
    new model was trained to be comparable, stay as they are; then all rows and queries are cut to the numbers that both
    models share. Each row keeps the weights its vector came from. The threshold goes: it was the old model's.

    Args:
        gallery: opened without its model.
        new: the new model.
        known: of `from_images`.
        kind: none, procrustes or map.
        pairs: what a map is fitted on; ``None``: the rows in ``known``.

    Raises:
        InputError: the gallery is the new model's already, nothing can be done for some rows, it keeps codes, or it
            holds local features and images are missing.
    """
    if gallery.code is not None:
        raise InputError(
            f"the gallery keeps codes ({gallery.code.id}), and only vectors can be brought to a new model; register "
            "the images again with it."
        )
    if gallery.fingerprint == new.fingerprint:
        raise InputError("the gallery is this model's already; nothing to upgrade.")
    left = [row for row in range(len(gallery)) if row not in known]
    vectors = {row: unit(known[row][None])[0] for row in known}
    mapped = False
    if left and kind != "none":
        given = pairs or Pairs(gallery.vectors[sorted(known)], np.stack([known[row] for row in sorted(known)] or [[]]))
        moved = align.apply(gallery.vectors[left], align.fit(kind, given.old, given.new))
        vectors |= dict(zip(left, moved, strict=True))
        mapped = True
    elif left and new.compatible_with not in gallery.lineage():
        raise InputError(
            f"{len(left)} of {len(gallery)} registered images are not there, and the new model was not trained to be "
            f"comparable with the weights {gallery.fingerprint[:12]}. Give the images (--images DIR), or a map: "
            "--align procrustes with --old MODEL --fit DIR (any images)."
        )
    elif left:
        width = min(gallery.vectors.shape[1], new.probe().shape[1])
        vectors = {row: unit(vector[None, :width])[0] for row, vector in vectors.items()}
        vectors |= {row: unit(gallery.vectors[row][None, :width])[0] for row in left}
        new = new.cut(width)
    result = Gallery(new, gallery.backend, gallery.locator, representatives=gallery.representatives)
    result.attributes = list(gallery.attributes)
    result.labels, result.names, result.hashes = list(gallery.labels), list(gallery.names), list(gallery.hashes)
    result.vectors = np.stack([vectors[row] for row in range(len(gallery))])
    result.versions = [new.fingerprint if row in known else gallery.versions[row] for row in range(len(gallery))]
    result.align = kind if mapped else "none"
    result.local, result.verify_settings = gallery.local, gallery.verify_settings
    return result


def told(gallery: Gallery) -> list[str]:
    """Returns how many rows came from which weights."""
    counts = Counter(gallery.versions)
    return [f"{count:6}  vectors of the weights {weights[:12]}" for weights, count in counts.most_common()]


def undo(path: Path) -> None:
    """Puts the gallery back as it was before its last upgrade.

    Raises:
        InputError: there was none.
    """
    before = path.with_name(path.name + BEFORE)
    if not before.is_file():
        raise InputError(f"{before} is not there: {path} was not upgraded, or the upgrade was undone already.")
    before.replace(path)


def upgrade(chosen: argparse.Namespace) -> None:
    """Brings a gallery to a new model, with the registered images, a map, or as the model was trained for."""
    path = Path(chosen.gallery)
    if chosen.undo:
        undo(path)
        print(f"undone: {path} is as it was before its last upgrade")
        return
    if not chosen.model:
        raise InputError("upgrade: give the new model, --model FILE, or --undo.")
    gallery, new = storage.load(path), open_model(chosen.model, chosen.allow)
    known = from_images(gallery, new, chosen.images) if chosen.images else {}
    pairs = None
    if chosen.fit or chosen.old:
        if not (chosen.fit and chosen.old) or chosen.align == "none":
            raise InputError("a map is fitted with --align procrustes|map, --old MODEL and --fit DIR together.")
        old = open_model(chosen.old, chosen.allow)
        storage.load(path, old)  # refuses a model that is not the gallery's
        pairs = from_any(old, new, chosen.fit)
    result = upgraded(gallery, new, known, chosen.align, pairs)
    take_threshold(result, chosen, None)
    atomic.write_bytes(path.with_name(path.name + BEFORE), path.read_bytes())
    storage.save(result, path)
    print(f"upgraded: {path}, {len(result)} vectors of {result.vectors.shape[1]} numbers (align={result.align})")
    print("\n".join(told(result)))
    print(f"threshold: {thresholds.sentence(result.threshold) if result.threshold else 'none: measure it across'}")
    print(f"back: python -m docclf.gallery upgrade {path} --undo")
