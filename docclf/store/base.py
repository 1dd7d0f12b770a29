"""What every home of registered vectors does, whether a file, a database or an engine on other machines."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from docclf.errors import InputError
from docclf.gallery import schema
from docclf.gallery.match import checked
from docclf.search.attributes import checked as attributed
from docclf.utils.text import shown

MOST_PICTURE = 2**20  # bytes

Where = Mapping[str, str]  # attribute to value; a row has all of them


@dataclass(frozen=True)
class Row:
    """A registered image.

    Args:
        id: `ident` of what it is, so that writing it again changes nothing.
        label: what a query of it is answered with.
        name: of its file.
        sha256: of its file.
        vector: float32 unit vector [D].
        fingerprint: of the model that made the vector.
        attributes: text to text.
        picture: a small JPEG of it, if one is kept.
    """

    id: str
    label: str
    name: str
    sha256: str
    vector: np.ndarray
    fingerprint: str
    attributes: dict[str, str] = field(default_factory=dict)
    picture: bytes | None = None


@dataclass(frozen=True)
class Changes:
    """What happened since a state.

    Args:
        state: to ask from next time.
        rows: new or written anew; their pictures are left out.
        gone: ids that went; ``None``: whatever is not among the rows.
    """

    state: int
    rows: list[Row]
    gone: list[str] | None


class Store(Protocol):
    """Rows and a few facts about all of them (fingerprint, image_size, probe, thresholds).

    What a call returned from is durable: it outlives a killed process. A call that raised changed nothing. All vectors
    are of one model. Every method raises `docclf.store.retry.Down` where the engine does not answer.
    """

    address: str

    def insert(self, rows: Sequence[Row]) -> None:
        """Writes rows, all or none; a row whose id is there takes its place.

        Raises:
            InputError: a row that is none, or of another model or width.
        """

    def delete(self, ids: Sequence[str]) -> int:
        """Takes rows out, all or none; returns how many there were."""

    def scan(self, where: Where | None = None, pictures: bool = False) -> Iterator[Row]:
        """Yields rows by id; their pictures only when asked for.

        Raises:
            InputError: an attribute that no row has.
        """

    def count(self, where: Where | None = None) -> int:
        """Returns how many rows there are; raises InputError as `scan` does."""

    def nearest(self, query: np.ndarray, count: int, where: Where | None = None) -> list[tuple[float, Row]]:
        """Returns exact cosines and rows, best first, of a unit vector [D]; equal cosines by id.

        The engine's index may find the candidates; the cosines are always `docclf.store.base.ranked`'s.
        """

    def picture(self, id: str) -> bytes | None:
        """Returns the picture of a row, ``None`` where there is none."""

    def facts(self) -> dict[str, Any]:
        """Returns the facts, plain values."""

    def keep(self, facts: Mapping[str, Any]) -> None:
        """Writes facts, all or none; those not named stay."""

    def since(self, state: int | None) -> Changes | None:
        """Returns what changed since a state (``None``: since ever), or ``None`` for nothing."""

    def close(self) -> None:
        """Lets go of files and connections."""


@runtime_checkable
class Rebuilds(Protocol):
    """A home that can change all its rows at once, which another model asks for."""

    def rebuild(self, rows: Sequence[Row], facts: Mapping[str, Any], state: int) -> bool:
        """Puts rows of another model in the place of all, unless something changed since ``state``; tells whether."""


def ident(label: str, sha256: str, attributes: Where | None = None) -> str:
    """Returns the id of a file under a label, in a tenant where one is named: 32 hexadecimal digits."""
    tenant = (attributes or {}).get("tenant", "")
    return hashlib.sha256("\0".join((tenant, label, sha256)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def sound(rows: Sequence[Row], where: str, fingerprint: str | None, width: int | None) -> None:
    """Raises InputError unless rows may stand in a store, whose model and width are given where it has any."""
    for row in rows:
        if not (len(row.id) == 32 and set(row.id) <= set("0123456789abcdef")):
            raise InputError(f"{where}: id {shown(row.id)[:40]!r}: want 32 hexadecimal digits.")
        if checked(row.label) != row.label:
            raise InputError(f"{where}: label {shown(row.label)!r} is not in Unicode form C.")
        if len(row.picture or b"") > MOST_PICTURE:
            raise InputError(f"{where}: a picture of {len(row.picture or b'')} bytes; want at most {MOST_PICTURE}.")
        attributed(row.attributes)
        if row.fingerprint != (fingerprint := fingerprint or row.fingerprint):
            raise InputError(
                f"{where} holds vectors of the model {fingerprint[:17]}, {shown(row.name)} is of {row.fingerprint[:17]}"
                ": vectors of two models cannot be compared. Register it with the store's model."
            )
    if rows:
        widths = {row.vector.shape for row in rows}
        if len(widths) > 1:
            raise InputError(f"{where}: vectors of several shapes {sorted(widths)}; want one width.")
        schema.unit(np.stack([row.vector for row in rows]), f"{where}: its vectors", width)


def known(where: Where | None, keys: set[str], address: str) -> None:
    """Raises InputError when an attribute is asked for that no row has."""
    for key in where or {}:
        if key not in keys:
            there = ", ".join(sorted(keys)) or "none"
            raise InputError(f"{address} has no attribute {shown(key)!r}; there are: {there}.")


def ranked(query: np.ndarray, rows: Sequence[Row], count: int) -> list[tuple[float, Row]]:
    """Returns the cosines and rows of the best, summed in float64 one by one and rounded once, whatever found them."""
    scored = [(float(np.float32((row.vector.astype(np.float64) * query).sum())), row) for row in rows]
    return sorted(scored, key=lambda pair: (-pair[0], pair[1].id))[:count]
