import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from docclf.synthetic import fill, text
from docclf.synthetic.text import Face
from docclf.synthetic.wording.words import LANGUAGES, upper


def _letters(language) -> set[str]:
    names = fill._NAMES.get(language.code, fill._NAMES["latin"])
    strings = [*language.labels, *language.states, *language.starts, *language.ends, *names[0], *names[1]]
    strings += [title for titles in language.titles.values() for title in titles] + ["0123456789<>:./-&{}*=AZaz"]
    return set("".join(strings + [upper(string) for string in strings])) - {" "}


@pytest.mark.parametrize(
    "language", list({language.code: language for language in LANGUAGES}.values()), ids=lambda language: language.code
)
def test_every_letter_printed_has_a_glyph(language):
    hands = text.HAND if language.coverage != "full" else ("DejaVuSans-Oblique",)
    for file in {*text._DRAWN_IN_ONE[language.coverage], *hands}:
        known = TTFont(text._folder() / f"{file}.ttf").getBestCmap()
        missing = [letter for letter in _letters(language) if ord(letter) not in known]
        assert not missing, f"{file} lacks {missing}"


def _ink(string, face, limit=None, anchor="l", x=60):
    image = Image.new("L", (240, 60), 0)
    width = text.write(image, x, 40, string, face, 20, 255, anchor, limit)
    columns = np.flatnonzero(np.asarray(image).max(0))
    return width, (columns[0], columns[-1]) if len(columns) else None


def test_a_stretched_line_is_as_wide_as_said():
    plain, wide, narrow = (Face("DejaVuSans", stretch) for stretch in (100, 120, 70))
    widths = [text.width_of("Specimen", face, 20) for face in (narrow, plain, wide)]
    assert widths == sorted(set(widths))
    for face in (narrow, plain, wide):
        width, (first, last) = _ink("Specimen", face)
        assert width == text.width_of("Specimen", face, 20)
        assert abs(first - 60) <= 4 and abs(last - 60 - width) <= 4


def test_anchors_and_limits_hold():
    face = Face("DejaVuSerif", 100)
    width, (first, last) = _ink("Specimen", face, anchor="r", x=200)
    assert abs(last - 200) <= 4
    _, (first, last) = _ink("Specimen", face, anchor="m", x=120)
    assert abs((first + last) / 2 - 120) <= 4
    for limit in (80, 50, 25):
        width, (first, last) = _ink("Specimen", face, limit=limit)
        assert width <= limit + 2 and last - first <= limit + 6


def test_nothing_is_written_for_an_empty_string():
    assert _ink("", Face("DejaVuSans", 100)) == (0, None)
