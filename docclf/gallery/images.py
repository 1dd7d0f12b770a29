"""Finding what is to be registered: a folder with one image or one folder per label, or single files."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from docclf.data.evaluation.layout import QUERY_PREFIX, class_of
from docclf.data.sources.scan import CLOSED, check_folder, scan
from docclf.errors import InputError
from docclf.gallery.match import checked
from docclf.imaging.feature.local import Points
from docclf.imaging.read import read_image
from docclf.imaging.resize import squash
from docclf.search.attributes import read
from docclf.synthetic.capture import working
from docclf.utils.text import shown

Describe = Callable[[np.ndarray], Points]
APART = 10.0  # grey levels of 255, root mean square


@dataclass(frozen=True)
class Picture:
    """An image to register: label, name, sha256 of its file, uint8 pixels [H,W,3], local features, attributes.

    ``photo`` is what a simulated camera photographs, in its own proportions; without it the pixels are. ``sheet`` is
    what a locator found, straightened: pixels and sheet are embedded, and their mean stands for the image.
    """

    label: str
    name: str
    sha256: str
    pixels: np.ndarray
    points: Points | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    photo: np.ndarray | None = None
    sheet: np.ndarray | None = None


@dataclass(frozen=True)
class Finding:
    """Something the user should know about a registration: kind, and a sentence that names the files."""

    kind: str
    text: str

    def __str__(self) -> str:
        return shown(f"{self.kind}: {self.text}")


def differ(a: Picture, b: Picture) -> bool:
    """Returns whether two pictures, shrunk to 16 x 16, are anything but copies of each other."""
    small = [squash(row.pixels, 16).astype(np.float32) for row in (a, b)]
    return bool(np.sqrt(((small[0] - small[1]) ** 2).mean()) > APART)


def picture(
    path: str | Path,
    label: str,
    name: str | None = None,
    side: int | None = None,
    locator: Any = None,
    describe: Describe | None = None,
    photo: bool = False,
) -> Picture:
    """Returns one image file, squashed to a side in pixels if one is given; raises InputError if it is unreadable.

    With a locator it comes with the sheet in it, which a product picture shows on white. ``describe`` makes the local
    features, of the whole image; with ``photo`` it is kept for a simulated camera too.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror or error}).") from error
    pixels = read_image(content, name=str(path))
    points, sheet = None if describe is None else describe(pixels), None
    kept = working(pixels) if photo else None
    if side is not None:
        views = [squash(pixels, side)] if locator is None else locator.register_views(pixels, side)[0]
        pixels, sheet = (*views, None)[:2]
    digest = hashlib.sha256(content).hexdigest()
    return Picture(label, name or Path(path).name, digest, pixels, points, photo=kept, sheet=sheet)


def embedded(model: Callable[[list[np.ndarray]], np.ndarray], pictures: Sequence[Picture]) -> np.ndarray:
    """Returns the unit vectors [N,D] of pictures: of the mean of an image and its sheet where one was found."""
    vectors = model([row.pixels for row in pictures])
    sheets = {i: row.sheet for i, row in enumerate(pictures) if row.sheet is not None}
    if cut := list(sheets):
        means = vectors[cut].astype(np.float64) + model(list(sheets.values()))
        vectors[cut] = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
    return vectors


def attributed(pictures: list[Picture], path: str | Path) -> tuple[list[Picture], list[Finding]]:
    """Returns pictures with the attributes that a csv gives them by their name or label, and who has no row there.

    Raises:
        InputError: as `docclf.search.attributes.read`, or a row that is no picture's.
    """
    key, table = read(path)
    known = {getattr(row, key) for row in pictures}
    if strange := sorted(set(table) - known):
        raise InputError(
            f"{path}: {key} {shown(strange[0])!r} is none of the images to be registered ({len(strange)} such rows); "
            f"they are {', '.join(shown(name) for name in sorted(known)[:5])}, ..."
        )
    without = [row.name for row in pictures if getattr(row, key) not in table]
    findings = [Finding("attributes", f"{name} has none: no row of {path} names it") for name in without]
    return [replace(row, attributes=table.get(getattr(row, key), {})) for row in pictures], findings


def folder(
    path: str | Path,
    side: int | None = None,
    locator: Any = None,
    describe: Describe | None = None,
    photo: bool = False,
) -> tuple[list[Picture], list[Finding]]:
    """Returns the images below a folder with their labels, and what was left out.

    The label is the folder (``A/damaged/1.jpg``: A/damaged) or, in no folder, the file name.

    Args:
        path: the folder.
        side: squash each image to this side at once, so that a large folder fits into memory.
        locator: takes the sheet in each image; see `picture`.
        describe: makes the local features of an image.
        photo: keep each for a simulated camera.

    Raises:
        InputError: no readable image, or a folder that holds register/ and query/.
    """
    root = check_folder(path, "DIR")
    inside = {entry.name.lower(): entry.name for entry in root.iterdir() if entry.is_dir()}
    if "register" in inside and "query" in inside:
        raise InputError(f"{root} holds register and query images; register {root / inside['register']} only.")
    names, failed = scan(root)
    findings = [Finding("skipped", f"{name}: {reason}") for name, reason in failed]
    found = []
    for name in names:
        if "/" not in name and name.lower().startswith(QUERY_PREFIX):
            findings.append(Finding("skipped", f"{name}: its name says it is a query"))
            continue
        try:
            found.append(picture(root / name, checked(class_of(name)), name, side, locator, describe, photo))
        except InputError as error:
            findings.append(Finding("skipped", f"{name}: {str(error).removeprefix(f'{root / name}: ')}"))
    if not found:
        more = f" ({findings[0]})" if findings else ""
        raise InputError(f"{root}: no readable image there or below it{more}; expected LABEL.jpg or LABEL/FILE.jpg.")
    labels = {row.label for row in found}
    closed = {name for name, reason in failed if reason.startswith(CLOSED)}
    files = [*names, *(name for name, _ in failed if name not in closed)]
    lost = {class_of(name) for name in files if not name.lower().startswith(QUERY_PREFIX)} | closed
    findings += [
        Finding("missing", f"{label} is not registered: none of its images can be read")
        for label in sorted(lost - labels - {""})
    ]
    return found, findings
