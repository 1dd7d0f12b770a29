"""The answer for one query, and what may be an answer."""

import unicodedata
from dataclasses import dataclass

from docclf.errors import InputError
from docclf.utils.text import shown

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Match:
    """The answer for one query.

    Args:
        label: the registered label, or ``None`` when no cosine reaches the threshold.
        best: the nearest label, reached or not.
        cosine: its score.
        margin: its score less that of the next label; ``None`` when only one is registered.
        threshold: what the score had to reach.
        top: the nearest labels with their scores, best first.
    """

    label: str | None
    best: str
    cosine: float
    margin: float | None
    threshold: float
    top: list[tuple[str, float]]

    @property
    def answer(self) -> str:
        """The label, or "unknown"."""
        return UNKNOWN if self.label is None else self.label


def checked(label: str) -> str:
    """Returns a label in Unicode form C.

    Raises:
        InputError: it is empty, has an empty part, is the word for no label, or holds a control character.
    """
    label = unicodedata.normalize("NFC", label)
    for character in label:
        if unicodedata.category(character) in ("Cc", "Zl", "Zp") or 0xD800 <= ord(character) < 0xDC80:
            name = unicodedata.name(character, "a control character")
            raise InputError(
                f"label {shown(label)}: holds U+{ord(character):04X} ({name}), which ends or moves a line; rename it. "
                "Letters, spaces, joiners and emoji of any script may stand in a label."
            )
    if any(not part.strip() for part in label.split("/")) or label.lower() == UNKNOWN:
        raise InputError(f"label {shown(label)!r}: want a name, with / before a sub-label, other than {UNKNOWN!r}.")
    return label
