"""Invented issuers and places, and the printed labels, in all languages. Nothing named here exists."""

from docclf.synthetic.dice import Dice
from docclf.synthetic.wording.language import LABELS, Language
from docclf.synthetic.wording.latin import ENGLISH, FRENCH, GERMAN, POLISH, SPANISH
from docclf.synthetic.wording.scripts import ARMENIAN, CYRILLIC, GEORGIAN, GREEK

# Repeated entries are more frequent.
LANGUAGES = (
    ENGLISH,
    ENGLISH,
    ENGLISH,
    ENGLISH,
    FRENCH,
    FRENCH,
    GERMAN,
    GERMAN,
    SPANISH,
    SPANISH,
    POLISH,
    GREEK,
    GREEK,
    CYRILLIC,
    CYRILLIC,
    GEORGIAN,
    ARMENIAN,
)
_COMPANIES = (
    "{} Bank",
    "{}",
    "{} Market",
    "{} & Co",
    "{} Lines",
    "{} Foods",
    "{} Air",
    "{} Rail",
    "{} Union",
    "Banco {}",
    "Café {}",
    "{} Express",
    "{} Trust",
    "{} Arena",
)


def place(dice: Dice, language: Language) -> str:
    """Returns an invented place name."""
    return dice.pick(language.starts) + dice.pick(language.ends)


def state(dice: Dice, language: Language) -> str:
    """Returns an invented authority."""
    return dice.pick(language.states).format(place(dice, language))


def company(dice: Dice, language: Language) -> str:
    """Returns an invented company."""
    pattern = dice.pick(_COMPANIES)
    return (pattern if language.coverage != "ascii" else pattern.replace("é", "e")).format(place(dice, language))


def upper(string: str) -> str:
    """Returns capitals, except for Georgian, whose capitals the fonts lack."""
    return string if any("\u10a0" <= character <= "\u10ff" for character in string) else string.upper()


def label(language: Language, name: str) -> str:
    """Returns the printed label of a field named in LABELS."""
    return language.labels[LABELS.index(name)]
