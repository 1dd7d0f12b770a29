"""Documents held out of training, evaluated on simulated captures."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from docclf.data.evaluation.loader import EvaluationPart
from docclf.data.evaluation.set import EvaluationSet
from docclf.data.index.build import Entry
from docclf.data.index.hashes import of_entries
from docclf.data.pixels.files import Files
from docclf.errors import InputError
from docclf.synthetic.capture import VERSION, capture
from docclf.utils.seeded import number


def hold_out(
    images: Sequence[tuple[Path, Entry]], share: float, most: int | None, seed: int
) -> tuple[list, list, list]:
    """Splits images into (training, validation, test); the held-out share is halved between the last two.

    Each image's place is drawn from its content, so that a file that is renamed keeps its place and a file that is
    added moves at most a few others.

    Args:
        images: (root, entry) of each.
        share: share held out, in (0, 1).
        most: hold out no more than this many; None for no limit.
        seed: seed of the choice.

    Raises:
        InputError: when a part would be too small to evaluate.
    """
    if not 0 < share < 1:
        raise InputError(
            f"data.holdout={share}: expected a share between 0 and 1 (without a held-out part, give a register/query "
            f"folder: data.eval_root=DIR)."
        )
    count = round(share * len(images))
    count = count if most is None else min(count, most)
    if count < 4 or len(images) - count < 1:
        raise InputError(
            f"data.holdout={share} of {len(images)} images holds {count} out: expected at least 4 (2 for validation, 2 "
            f"for test) and at least 1 left to train on; give more images, another share, or data.eval_root=DIR."
        )
    ranked = sorted(range(len(images)), key=lambda i: number(seed, "hold out", images[i][1].sha256))
    chosen = ranked[:count]
    held = set(chosen)
    training = [image for i, image in enumerate(images) if i not in held]
    return training, *([images[i] for i in sorted(chosen[half::2])] for half in (0, 1))


def captured_documents(
    documents: dict[str, list[tuple[Path, Entry]]],
    seed: int,
    captures: int,
    unregistered: float,
    image_size: int,
    batch_size: int,
    threads: int | None,
    max_pixels: int,
    files_of: Callable[[list], Files] | None = None,
) -> EvaluationSet:
    """Returns an evaluation set: each document is registered as it is, its simulated captures are the queries.

    Args:
        documents: split to held-out images, each a class.
        seed: seed of the captures; capture k of an image is a function of (seed, its content, k).
        captures: queries per document.
        unregistered: share of the documents that is not registered, so that their captures are impostors.
        image_size: side S, pixels.
        batch_size: images per batch.
        threads: threads that read.
        max_pixels: refuse larger images.
        files_of: makes the source of a list of such images; None reads them from files.
    """
    if captures < 1:
        raise InputError(f"data.captures={captures}: expected 1 or more simulated captures per held-out image.")
    if not 0 <= unregistered < 1:
        raise InputError(f"data.unregistered={unregistered}: expected a share in [0, 1).")
    parts, classes = {}, {}
    for split, images in documents.items():
        impostors = min(round(unregistered * len(images)), len(images) - 1)
        ranked = sorted(images, key=lambda image: number(seed, "register", image[1].sha256))
        known = sorted(ranked[impostors:], key=lambda image: image[1].path)
        images = known + sorted(ranked[:impostors], key=lambda image: image[1].path)
        files = Files(images, max_pixels=max_pixels) if files_of is None else files_of(images)
        # A slash would make the last part of a path a sub-label of the first.
        classes[split] = [entry.path.replace("/", "|") for _, entry in images]
        names = [files.name(i) for i in range(len(files))]
        hashes = of_entries([entry for _, entry in images])
        parts[split, "register"] = EvaluationPart(
            names[: len(known)], np.arange(len(known)), files.read, lambda h=hashes: h
        )
        parts[split, "query"] = EvaluationPart(
            [f"{name}#capture{k}" for name in names for k in range(captures)],
            np.arange(len(images)).repeat(captures),
            Captured(files, seed, captures).read,
            lambda h=hashes: h,
        )
    described = {"held_out_seed": seed, "captures_per_document": captures, "capture_version": VERSION}
    return EvaluationSet(parts, classes, image_size, batch_size, threads, described)


class Captured:
    """Simulated captures of files: sample i is capture i % captures of image i // captures."""

    def __init__(self, files: Files, seed: int, captures: int):
        self.files, self.seed, self.captures = files, seed, captures

    def read(self, i: int) -> np.ndarray:
        """Returns capture i, uint8 [H,W,3]."""
        image, k = divmod(i, self.captures)
        return capture(self.files.read(image), number(self.seed, self.files.images[image][1].sha256, k))
