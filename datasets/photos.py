"""Real photos against clean registered images: film covers, banknotes, forms; 126 registered, 678 photos, four sets.

python datasets/photos.py --root DIR
DOCCLF_PHOTOS=datasets/photos/sets python evaluate.py ckpt=RUN/best.ckpt evaluate_on=photos

The sets are halves of public collections, drawn by a seed that is not published, shrunk and encoded again, so they
cannot be made anew from their sources: DIR is a copy of the prepared sets, which is compared with their hashes.
"""

import argparse
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from archives import PublicSet
from public_set import arguments, git_tree, prepare, script

from docclf.errors import InputError


@dataclass(frozen=True)
class PhotoSet:
    """One set: images in register/ and query/, git's hash of its folder, its sources with commits, their licence."""

    register: int
    query: int
    tree: str
    source: str
    licence: str


COVER_SOURCE = "kdatsenko/scalable-vocabulary-tree-image-recognition@d4516d0a0419aab342fa30b5110ea5759d8c5748"
COVER_LICENCE = "none stated; Stanford Mobile Visual Search, cover art under its owners' copyright"
SETS = {
    "covers": PhotoSet(50, 200, "261526f1ce0fd127f80df33e8469c876c7c5bc89", COVER_SOURCE, COVER_LICENCE),
    "covers_cropped": PhotoSet(50, 197, "15fc147d48fbde7e399a99ae8a8ab47a5813d9c3", COVER_SOURCE, COVER_LICENCE),
    "banknotes": PhotoSet(
        20,
        85,
        "0b975f72473eb939149d2e8f1532212e134a317a",
        "Soroushcro/banknote-detector@1608056da489c93fc4451481114d6d7c19aa361a, "
        "carlosmccosta/Currency-Recognition@445eb406a81dde099da7b3fc8e7c48d5ef35a284, "
        "pablocano/mundosvirtuales-BanknoteClassifier@f2718acda441baf3d68fd769552a7462a879c474",
        "MIT repositories, the third states none; designs of central banks, some images from the web",
    ),
    "forms": PhotoSet(
        6,
        196,
        "843342a50e8edb46fcf7d9e7620fec8a88ab7743",
        "slug183/phone-scan@175945bcb9fc0888d1901d7ba0b830efb69dc0a3",
        "none stated; the names filled in look invented",
    ),
}
PHOTOS = PublicSet(
    name="photos",
    title="Photos against clean registered images",
    licence="to measure with, not to train on or to pass on; "
    + "; ".join(f"{name}: {one.licence}" for name, one in SETS.items()),
    citation="covers: V. Chandrasekhar et al., The Stanford Mobile Visual Search Data Set, MMSys 2011; sources: "
    + "; ".join(dict.fromkeys(one.source for one in SETS.values())),
    images=sum(one.register + one.query for one in SETS.values()),
    folders=len(SETS),
)


def checked(root: Path, partial: bool) -> dict[str, dict]:
    """Returns, for each set below ``root``, its counts and whether its content is exactly the published half.

    Raises:
        InputError: a set is missing, has other counts or other content, unless ``partial``.
    """
    found = {}
    for name, want in SETS.items():
        parts = {part: _images(root / name / part) for part in ("register", "query")}
        if partial and not any(parts.values()):
            continue
        whole = parts == {"register": want.register, "query": want.query} and git_tree(root / name) == want.tree
        if not whole and not partial:
            raise InputError(
                f"{root / name}: {parts['register']} registered images and {parts['query']} photos; want "
                f"{want.register} and {want.query}, and git tree {want.tree[:12]}: files are missing, changed or "
                "added. Copy the set again, or say --partial."
            )
        found[name] = parts | {"whole": whole, "source": want.source, "licence": want.licence}
    if not found:
        raise InputError(f"--root={root}: none of {', '.join(SETS)} is there, each with register/ and query/.")
    return found


def _images(folder: Path) -> int:
    return sum(path.suffix == ".jpg" for path in folder.rglob("*")) if folder.is_dir() else 0


def laid_out(root: Path, out: Path, names: list[str]) -> Path:
    """Copies the sets to ``out``/sets, whole or not at all; returns that folder, or ``root`` if it is that folder."""
    target, temporary = out / "sets", out / ".arranging"
    if target.exists() and target.samefile(root):
        return target
    if target.exists():
        raise InputError(f"{target} exists; give --root {target} to check what is there, or remove it.")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        for name in names:
            shutil.copytree(root / name, temporary / name)
        os.replace(temporary, target)
    except OSError as error:
        raise InputError(f"{root} could not be copied to {target} ({error}).") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def main(words: list[str] | None = None) -> dict:
    """Reads the command line; returns the record."""
    chosen: argparse.Namespace = arguments(PHOTOS).parse_args(words)
    if chosen.root is None:
        raise InputError(
            "the sets cannot be made anew from their sources (the halves, shrunk and encoded again, are not "
            "published); give --root DIR, a folder with covers/, covers_cropped/, banknotes/ and forms/."
        )
    found = checked(chosen.root, chosen.partial)
    for name, facts in found.items():
        print(f"{name}: {facts['register']} registered, {facts['query']} photos, whole: {facts['whole']}")
    return prepare(PHOTOS, chosen, laid_out(chosen.root, chosen.out, list(found)), {"sets": found})


if __name__ == "__main__":
    script(main)
