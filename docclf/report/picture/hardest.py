"""The hardest false accepts and false rejects as pictures side by side, each with the reason in a sentence."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docclf.report.inputs import Evaluation, Place
from docclf.report.outcome import Outcome
from docclf.report.picture.evidence import Evidence
from docclf.report.table.numbers import Point

SHOWN = 24
PER_CLASSES = 2


@dataclass
class Card:
    """A query, the registered image of its class, and the nearest image of another class.

    Args:
        query, own, other: images; own is None when the class is not registered.
        own_score, other_score: cosine of the query with each.
        why: one sentence.
        passed: targets at whose threshold the wrong score passes (false accepts), or the right one fails (rejects).
        evidence: what verification saw of the pair the card is about, and its registered image; None without it.
    """

    query: Place
    own: Place | None
    own_score: float | None
    other: Place | None
    other_score: float | None
    why: str
    passed: list[str]
    evidence: tuple[Evidence, Place] | None = None


def false_accepts(evaluation: Evaluation, result: Any, found: Outcome, points: Sequence[Point]) -> list[Card]:
    """Returns the highest impostor pairs: one per query, at most two per pair of classes."""
    cards = []
    for row, column, score in _varied(evaluation, found, result.false_accepts):
        own = _place(found, int(found.own_at[row]))
        own_score = float(found.own[row]) if own else None
        name = evaluation.class_of(found.column(column))
        if own is None:
            why = f"Its class is not registered; it should be unknown and is taken for “{name}”."
        elif own_score > score:
            why = "Its own class scores higher, but this pair alone would be accepted as well."
        else:
            why = f"It scores higher with “{name}” than with its own class."
        passed = [point.text for point in points if point.threshold is not None and score >= point.threshold]
        seen = _seen(evaluation, found, row, column, genuine=False)
        cards.append(Card(found.row(row), own, own_score, found.column(column), score, why, passed, seen))
    return cards


def false_rejects(evaluation: Evaluation, result: Any, found: Outcome, points: Sequence[Point]) -> list[Card]:
    """Returns the lowest genuine pairs: one per query, at most two per class."""
    cards = []
    for row, column, score in _varied(evaluation, found, result.false_rejects):
        other = _place(found, int(found.other_at[row]))
        other_score = float(found.other[row]) if other else None
        failed = [point.text for point in points if point.threshold is None or score < point.threshold]
        if other is not None and other_score >= score:
            why = f"“{evaluation.class_of(other)}” scores higher than its own class."
        elif failed:
            why = "Its own class is the nearest, but below the threshold."
        else:
            why = "Nothing is wrong with it: it is only the lowest of those that pass."
        seen = _seen(evaluation, found, row, column, genuine=True)
        cards.append(Card(found.row(row), found.column(column), score, other, other_score, why, failed, seen))
    return cards


def _varied(evaluation: Evaluation, found: Outcome, pairs: list) -> list:
    """The first pairs, but one per query and two per pair of classes, so that one bad class does not fill the page."""
    kept, seen, classes = [], set(), Counter()
    for row, column, score in pairs:
        one = evaluation.label(found.row(row))
        key = (one, evaluation.label(found.column(column)))
        if row not in seen and classes[key] < PER_CLASSES:
            seen.add(row)
            classes[key] += 1
            kept.append((row, column, score))
        if len(kept) == SHOWN:
            break
    return kept


def _seen(
    evaluation: Evaluation, found: Outcome, row: int, column: int, genuine: bool
) -> tuple[Evidence, Place] | None:
    if evaluation.evidence is None or found.all_pairs:
        return None
    return evaluation.evidence(row, column, genuine), found.column(column)


def _place(found: Outcome, at: int) -> Place | None:
    return found.column(at) if at >= 0 else None
