"""What a gallery file holds: one schema, looked at when it is loaded, so that nothing behind it has to doubt."""

from pathlib import Path
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.gallery.match import checked
from docclf.results import thresholds
from docclf.search.attributes import checked as checked_attributes
from docclf.search.code.choose import restore
from docclf.search.representatives import KINDS as REPRESENTATIVES
from docclf.utils.reading import plain_json
from docclf.versions.align import KINDS

VERSION = 1
UNIT = 1e-4  # how far a length may be from 1
MOST_SIDE = 4096


def check(path: Path, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Returns the head of a gallery after everything in the file was compared with what `save` writes.

    Args:
        path: the file, for messages.
        arrays: ``head``, ``probe``, and ``vectors`` or ``codes``.

    Raises:
        InputError: naming what is otherwise.
    """
    try:
        head = plain_json.parse(arrays["head"].astype(np.uint8).tobytes())
    except ValueError as error:
        raise InputError(f"{path} is no gallery, or a damaged one: its head is no JSON ({error}).") from error
    if type(head) is not dict:
        raise InputError(f"{path} is no gallery: its head is no object; register the images again.")
    if head.get("version") != VERSION:
        found = str(head.get("version"))[:20]
        raise InputError(f"{path} has version {found}, this docclf reads {VERSION}; register the images again.")
    for name in ("labels", "names", "sha256"):
        if type(head.get(name)) is not list or not all(type(value) is str for value in head[name]):
            raise InputError(f"{path}: its {name} are no list of texts; register the images again.")
    rows, held = len(head["labels"]), arrays["codes" if "codes" in arrays else "vectors"]
    if not rows == len(head["names"]) == len(head["sha256"]) == len(held):
        raise InputError(f"{path} is damaged: its vectors do not fit its {rows} labels; register the images again.")
    for label in dict.fromkeys(head["labels"]):
        checked(label)
    side = head.get("image_size")
    if type(head.get("fingerprint")) is not str or type(side) is not int or not 1 <= side <= MOST_SIDE:
        raise InputError(f"{path}: its fingerprint is no text, or image_size={side!r} no side of an image.")
    unit(arrays["probe"], f"{path}: its probe")
    if rows and "codes" not in arrays:
        unit(held, f"{path}: its vectors", arrays["probe"].shape[-1])
    head["code"] = _code(path, head.get("code"), arrays)
    head["attributes"] = _attributes(path, head.get("attributes"), rows)
    if head.setdefault("representatives", "all") not in REPRESENTATIVES:
        raise InputError(
            f"{path}: representatives={head['representatives']!r}; want one of {', '.join(REPRESENTATIVES)}."
        )
    if head.get("threshold") is not None:
        head["threshold"] = thresholds.checked(head["threshold"], f"{path}: its threshold")
    versions, how = head.setdefault("versions", [head["fingerprint"]] * rows), head.setdefault("align", "none")
    if type(versions) is not list or len(versions) != rows or not all(type(value) is str for value in versions):
        raise InputError(f"{path} is damaged: its versions are no text for each of its {rows} rows.")
    if how not in ("none", *KINDS):
        raise InputError(f"{path}: align={str(how)[:20]!r} is no map of docclf; upgrade the gallery again.")
    return {"threshold": None} | head


def _code(path: Path, name: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Returns the code of a gallery, restored where it has codes."""
    if "codes" not in arrays:
        if name is not None:
            raise InputError(f"{path} is damaged: it names a code and has none; register the images again.")
        return None
    fitted = {key.removeprefix("fitted_"): rows for key, rows in arrays.items() if key.startswith("fitted_")}
    code, held = restore(str(name), arrays["probe"].shape[-1], fitted), arrays["codes"]
    if held.dtype != np.uint8 or held.ndim != 2 or held.shape[1] != code.bytes:
        raise InputError(
            f"{path}: its codes are {held.dtype} {list(held.shape)}; want uint8 [N,{code.bytes}] of {name}. The file "
            "is damaged; register the images again."
        )
    return code


def _attributes(path: Path, given: Any, rows: int) -> list[dict[str, str]]:
    if given is None:
        return [{} for _ in range(rows)]
    if type(given) is not list or len(given) != rows or not all(type(row) is dict for row in given):
        raise InputError(f"{path}: its attributes are no list of {rows} objects; register the images again.")
    return [checked_attributes(row) for row in given]


def unit(rows: np.ndarray, what: str, width: int | None = None) -> None:
    """Raises InputError unless rows are float32 [N,D] of unit length, and of a width where one is given."""
    if rows.dtype != np.float32 or rows.ndim != 2 or (width is not None and rows.shape[1] != width):
        wanted = f"[N,{width or 'D'}]"
        raise InputError(f"{what} are {rows.dtype} {list(rows.shape)}; want float32 {wanted}, the width of the model.")
    for at in range(0, len(rows), 4096):
        block = rows[at : at + 4096].astype(np.float64)
        off = np.abs(np.sqrt((block * block).sum(axis=1)) - 1)
        if not (off <= UNIT).all():  # a nan is not below anything
            row = at + int(np.argmax(~(off <= UNIT)))
            raise InputError(f"{what}: row {row} has not the length 1; the file is damaged, or no gallery of docclf.")
