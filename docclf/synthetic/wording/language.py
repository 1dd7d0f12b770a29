"""What a language of the documents consists of."""

from typing import NamedTuple


class Language(NamedTuple):
    """What is printed on a document.

    `labels` follow LABELS; `states` and `titles` are templates and headings; `starts` and `ends` make place names.
    """

    code: str
    coverage: str
    labels: tuple[str, ...]
    states: tuple[str, ...]
    titles: dict[str, tuple[str, ...]]
    starts: tuple[str, ...]
    ends: tuple[str, ...]


LABELS = (
    "surname",
    "given",
    "birth",
    "sex",
    "nation",
    "number",
    "issued",
    "expires",
    "place",
    "signature",
    "address",
    "total",
)


def rows(text: str) -> tuple[str, ...]:
    """Returns the parts of a text between bars."""
    return tuple(text.split("|"))


def titles_of(identity: str, licence: str, ticket: str, receipt: str, certificate: str, form: str, member: str) -> dict:
    """Returns the headings of each kind; alternatives stand between bars."""
    return {
        "identity_card": rows(identity),
        "licence": rows(licence),
        "ticket": rows(ticket),
        "receipt": rows(receipt),
        "certificate": rows(certificate),
        "form": rows(form),
        "member_card": rows(member),
    }
