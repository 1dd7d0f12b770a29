"""The code of a name: ``binary2``, ``pca64-sq8``, ``lean64-half``, ``fitted-binary1``."""

import re
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.search.code.base import Code, turned
from docclf.search.code.binary import binary
from docclf.search.code.product import product
from docclf.search.code.projection import lean, pca
from docclf.search.code.rabitq import rabitq
from docclf.search.code.scalar import scalar

CODES = ("float", "half", "sq8", "sq4", "binary1", "binary2", "rabitq", "pq")
_NAME = re.compile(r"(?:(pca|lean)(\d{1,5})-)?(?:(fitted)-(?=binary))?(" + "|".join(CODES) + ")")


def make(name: str, width: int, training: np.ndarray | None = None, queries: np.ndarray | None = None) -> Code:
    """Returns the code of a name, fitted where its name asks for it.

    Args:
        name: one of `CODES`; ``pcaN-`` or ``leanN-`` before it reduces to N coordinates first, ``fitted-`` before
            binary1 and binary2 fits their rotation.
        width: length D of the vectors.
        training: unit rows of clean images, float32 [N,D], for what is fitted.
        queries: unit rows of photographs [M,D], for ``lean``.

    Raises:
        InputError: no such code, a width it cannot take, or too few vectors to fit it (the number needed is named).
    """
    kind, inner, learned, base = _parts(name)
    if kind is None:
        return _base(name, base, width, _needed(name, training) if learned else training, bool(learned), {})
    rows = _needed(name, training)
    if kind == "lean" and queries is None:
        raise InputError(f"code {name} is fitted to queries as well; give vectors of photographs, or take pca{inner}.")
    first = pca(rows, inner) if kind == "pca" else lean(rows, queries, inner)
    found = _base(name, base, inner, turned(rows, first), bool(learned), {})
    turn = first if found.turn is None else found.turn @ first
    return Code(name, width, found.quantiser, turn, found.symmetric, found.unit, found.fitted | {"turn": turn})


def restore(name: str, width: int, fitted: dict[str, np.ndarray]) -> Code:
    """Returns a code from its name and what was fitted, as a file kept them.

    Raises:
        InputError: no such code, or arrays that are not those of this code.
    """
    kind, inner, learned, base = _parts(name)
    want: dict[str, tuple[int, ...]] = {"turn": (inner or width, width)} if kind or learned else {}
    if base == "pq":
        want["centres"] = (64, 256, (inner or width) // 64)
    shapes = {key: rows.shape for key, rows in fitted.items() if rows.dtype == np.float32}
    if shapes != want or not all(np.isfinite(rows).all() for rows in fitted.values()):
        raise InputError(f"code {name}: fitted arrays {shapes}, want {want}, finite float32; register anew.")
    found = _base(name, base, inner or width, None, False, fitted)
    return Code(name, width, found.quantiser, fitted.get("turn", found.turn), found.symmetric, found.unit, fitted)


def _parts(name: str) -> tuple[str | None, int | None, str | None, str]:
    found = _NAME.fullmatch(name)
    if not found:
        raise InputError(
            f"code={name!r}: want one of {', '.join(CODES)}; pcaN- or leanN- before it for fewer coordinates, fitted- "
            "before binary1 or binary2 for a fitted rotation."
        )
    return found[1], int(found[2]) if found[2] else None, found[3], found[4]


def _base(name: str, base: str, width: int, training: np.ndarray | None, learned: bool, fitted: dict[str, Any]) -> Code:
    if base in ("binary1", "binary2"):
        found = binary(base, width, training if learned else None)
    elif base == "pq":
        found = product(width, training, fitted.get("centres"))
    else:
        found = rabitq(width) if base == "rabitq" else scalar(base, width)
    found.name = name
    return found


def _needed(name: str, training: np.ndarray | None) -> np.ndarray:
    if training is None:
        raise InputError(f"code {name} is fitted; give training vectors with --fit, or take one that needs none: sq8.")
    return training
