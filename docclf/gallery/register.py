"""What is checked of images before and after they are registered."""

from collections.abc import Sequence

import numpy as np

from docclf.errors import InputError
from docclf.gallery.images import Finding, Picture, differ
from docclf.gallery.match import checked
from docclf.search.code.base import Code
from docclf.search.code.choose import make
from docclf.utils.cosines import alike, text

_ROWS = 512


def sorted_out(
    pictures: Sequence[Picture], hashes: list[str], labels: list[str], names: list[str]
) -> tuple[list[Picture], list[Finding]]:
    """Returns the pictures whose file is not registered yet under its label, and what is said of the others.

    Args:
        pictures: what is to be added.
        hashes: SHA-256 of the files that are registered, with their labels and names.
        labels: theirs.
        names: theirs.

    Raises:
        InputError: one file under two labels, or a label that cannot be one.
    """
    known = dict(zip(hashes, zip(labels, names, strict=True), strict=True))
    fresh, findings = [], []
    for row in pictures:
        label = checked(row.label)
        if row.sha256 in known and known[row.sha256][0] != label:
            other, name = known[row.sha256]
            raise InputError(
                f"{row.name} is registered as {label} and, as {name}, as {other}: the same file under two labels "
                "has no right answer. Remove one of them; nothing was registered."
            )
        if row.sha256 in known:
            findings.append(Finding("copy", f"{row.name} is {known[row.sha256][1]} again ({label}); left out"))
            continue
        known[row.sha256] = label, row.name
        fresh.append(row)
    return fresh, findings


def refuse_collapsed(probe: np.ndarray, fresh: list[Picture], vectors: np.ndarray) -> None:
    """Refuses a model to which test pictures, or different pictures of different labels, look all alike.

    Args:
        probe: unit vectors of the test pictures [n,D].
        fresh: pictures that are to be registered.
        vectors: their unit vectors [N,D].
    """
    found = alike(probe)
    if not found and len({row.label for row in fresh}) > 1 and any(differ(fresh[0], row) for row in fresh):
        found = alike(vectors)
    if found:
        raise InputError(
            f"{found}. The model tells no two images apart, so nothing was registered: take another checkpoint, or "
            "train it anew (a lower learning rate, a look at the loss)."
        )


def coded(
    code: Code | str | None, codes: np.ndarray | None, vectors: np.ndarray
) -> tuple[Code | None, np.ndarray | None, np.ndarray]:
    """Returns the code, all codes with those of new vectors, and what these stand for; nothing changes without a code.

    Args:
        code: of the gallery; a name is made of the vectors, which a fitted code is then fitted to.
        codes: of what is registered, uint8 [N,bytes]; ``None`` for none yet.
        vectors: new unit rows [n,D].

    Raises:
        InputError: as `docclf.search.code.choose.make`.
    """
    if code is None:
        return None, None, vectors
    made = make(code, vectors.shape[1], vectors) if isinstance(code, str) else code
    fresh = made.encode(vectors)
    return made, fresh if codes is None else np.concatenate([codes, fresh]), made.decode(fresh)


def lookalikes(vectors: np.ndarray, labels: list[str], names: list[str], old: int, cosine: float) -> list[Finding]:
    """Returns the pairs of images of two labels from a cosine on, one of them registered just now; nearest first.

    Args:
        vectors: unit vectors of all registered images [N,D].
        labels: theirs.
        names: theirs.
        old: images that were registered before.
        cosine: from which a pair is reported.
    """
    found = []
    for start in range(old, len(labels), _ROWS):
        block = vectors[start : start + _ROWS] @ vectors.T
        for i, j in zip(*np.nonzero(block >= cosine), strict=True):
            new = start + int(i)
            if j < new and labels[j] != labels[new]:
                found.append((float(block[i, j]), new, int(j)))
    return [
        Finding(
            "alike",
            f"{names[i]} ({labels[i]}) and {names[j]} ({labels[j]}) have cosine {text(score)}"
            ": queries of one may be answered with the other",
        )
        for score, i, j in sorted(found, key=lambda row: (-row[0], row[1:]))
    ]
