"""What makes a document type: kind, structure, palette, lettering, issuer, emblem; and the families of siblings."""

from typing import NamedTuple

from docclf.synthetic.dice import Dice
from docclf.synthetic.figure.emblem import CHARGES, Emblem, make_emblem
from docclf.synthetic.palette import Palette, make_palette
from docclf.synthetic.text import HAND, MONO, Face, pick_face
from docclf.synthetic.wording.language import Language
from docclf.synthetic.wording.words import LANGUAGES, company, place, state

# In each block of 45 design numbers the first nine are families of 2, 3 and 4: 20 % of the designs, in any range.
BLOCK = 45
_FAMILY_OF = (0, 0, 2, 2, 2, 5, 5, 5, 5)
# Repeated entries are more frequent.
KINDS = (
    "identity_card",
    "identity_card",
    "identity_card",
    "licence",
    "licence",
    "bank_card",
    "bank_card",
    "ticket",
    "ticket",
    "receipt",
    "receipt",
    "certificate",
    "certificate",
    "form",
    "form",
    "passport",
    "invoice",
    "member_card",
    "member_card",
)
_EDITIONS = (
    ("2008", "2014", "2019", "2025"),
    ("SERIES A", "SERIES B", "SERIES C", "SERIES D"),
    ("I", "II", "III", "IV"),
    ("CLASSIC", "GOLD", "PLATINUM", "BUSINESS"),
    ("TYPE 1", "TYPE 2", "TYPE 3", "TYPE 4"),
    ("NORTH", "SOUTH", "EAST", "WEST"),
)
_TITLED_AS = {"passport": "identity_card", "bank_card": "member_card", "invoice": "receipt"}
_TRAITS = 1


class Look(NamedTuple):
    """The traits of a design that layouts draw with.

    `structure` and `decor` are streams for the layout's own choices: where things stand and how they are drawn.
    `edition` is empty or a short mark; only siblings of a family differ in it.
    """

    kind: str
    palette: Palette
    language: Language
    heading: Face
    body: Face
    mono: Face
    hand: Face
    issuer: str
    company: str
    title: str
    edition: str
    emblem: Emblem
    structure: Dice
    decor: Dice


def family(design: int) -> tuple[int, int]:
    """Returns the number of the family's first design and the place in the family (0 for designs without siblings)."""
    block, position = divmod(design, BLOCK)
    first = _FAMILY_OF[position] if position < len(_FAMILY_OF) else position
    return block * BLOCK + first, position - first


def siblings(design: int) -> list[int]:
    """Returns the design numbers of a family, the asked one among them; one number where there are no siblings."""
    root = family(design)[0]
    return [other for other in range(root, root + 4) if family(other)[0] == root]


def kind_of(design: int, seed: int) -> str:
    """Returns the kind of a design, one of KINDS."""
    return Dice(_TRAITS, seed, family(design)[0], 0).pick(KINDS)


def make_look(design: int, seed: int) -> Look:
    """Returns the traits of a design; siblings share everything but colour, edition or emblem."""
    root, place_in_family = family(design)
    streams = [Dice(_TRAITS, seed, root, k) for k in range(8)]
    kind = streams[0].pick(KINDS)
    language = streams[1].pick(LANGUAGES)
    turn, edition, emblem = 0, "", make_emblem(streams[4])
    if len(siblings(design)) > 1:
        manner = streams[5].pick(("colour", "edition", "colour", "all"))
        editions = streams[5].pick(_EDITIONS)
        step = streams[5].pick((75, 110, 145))
        if manner in ("colour", "all"):
            turn = place_in_family * step
        if manner in ("edition", "all"):
            edition = editions[place_in_family]
        if manner == "edition":
            # A mark of a few pixels alone would not survive a photograph; real editions change the arms and shades too.
            charge = (CHARGES.index(emblem.charge) + 5 * place_in_family) % len(CHARGES)
            emblem, turn = emblem._replace(charge=CHARGES[charge]), place_in_family * 30
    face_dice, word_dice = streams[3], streams[2]
    titles = language.titles[_TITLED_AS.get(kind, kind)]
    issuer = state(word_dice, language)
    return Look(
        kind=kind,
        palette=make_palette(streams[7], turn),
        language=language,
        heading=pick_face(face_dice, language.coverage, bold=True),
        body=pick_face(face_dice, language.coverage),
        mono=Face(face_dice.pick(MONO), face_dice.pick((80, 90, 100))),
        hand=Face(face_dice.pick(HAND) if language.coverage != "full" else "DejaVuSans-Oblique", 100),
        issuer=issuer if language.coverage != "full" or word_dice.chance(70) else place(word_dice, language),
        company=company(word_dice, language),
        title=word_dice.pick(titles),
        edition=edition,
        emblem=emblem,
        structure=streams[6],
        decor=Dice(_TRAITS, seed, root, 8),
    )
