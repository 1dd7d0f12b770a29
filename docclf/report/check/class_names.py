"""Class names that may mean one class."""

import re
import unicodedata

from docclf.report.inputs import EXAMPLES, Evaluation, Finding
from docclf.utils.text import shown


def alike_names(evaluation: Evaluation) -> list[Finding]:
    """Returns the groups of class names that differ only in case, spaces, hyphens or Unicode form."""
    groups: dict[str, list[str]] = {}
    for name in evaluation.class_names:
        key = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
        groups.setdefault("_".join(part for part in re.split(r"[\s_-]+", key) if part), []).append(name)
    alike = [names for names in groups.values() if len(names) > 1]
    if not alike:
        return []
    text = ("groups of class names that differ only in case, spaces, hyphens or Unicode form; if they mean one "
            "class, its images count as impostors of each other.")  # fmt: skip
    examples = [" / ".join(_told(name) for name in names) for names in alike]
    return [Finding("class names alike", "problem", len(alike), text, examples[:EXAMPLES])]


def _told(name: str) -> str:
    """Returns a class name that shows how it differs: with code points where two would look the same."""
    return shown(name) if name.isprintable() and name.isascii() else f"{shown(name)} ({name!a})"
