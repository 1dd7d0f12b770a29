"""Calibrates a gallery with a progress bar and prints what was found."""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from tqdm import tqdm

from docclf.calibrate.labels import remedy
from docclf.calibrate.simulate import COHORT, each_of, textureless
from docclf.errors import InputError
from docclf.gallery.decision.held import Settings
from docclf.gallery.decision.make import make
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import Picture
from docclf.score.rule import KINDS
from docclf.utils import atomic
from docclf.utils.text import shown

SHOWN = 20


def options(parser: argparse.ArgumentParser) -> None:
    """Adds what `settings` reads."""
    parser.add_argument("--score", choices=KINDS, help="what is compared with the threshold (default: the cosine, or "
                        "verified with --verify)")  # fmt: skip
    parser.add_argument("--alpha", type=float, default=0.4, help="of --score margin, in [0, 1]")
    parser.add_argument("--per-label", action="store_true", help="a threshold for each label")
    parser.add_argument("--captures", type=int, help="simulated photographs of each image (12; 6 of more than 300)")
    parser.add_argument("--cohort", type=int, default=COHORT, help="drawn documents that play what is not registered")
    parser.add_argument("--seed", type=int, default=0, help="of the simulated photographs")
    parser.add_argument("--report", metavar="JSON", help="file for all that was found")


def settings(chosen: argparse.Namespace, gallery: Gallery) -> Settings:
    """Returns how the command line wants a gallery calibrated; FPR 1e-3 unless told.

    Raises:
        InputError: a rate that is no number, or a setting out of range.
    """
    measure, target = ("fpir", chosen.fpir) if chosen.fpir else ("fpr", chosen.fpr or 1e-3)
    try:
        target = float(target)
    except ValueError as error:
        raise InputError(f"--{measure} {target}: want a number.") from error
    score = chosen.score or ("verified" if gallery.verifier else "cosine")
    return Settings(measure, target, score, chosen.alpha, chosen.per_label, chosen.captures, chosen.cohort, chosen.seed)


def calibrated(
    gallery: Gallery, pictures: Sequence[Picture], how: Settings, report: str | None = None
) -> dict[str, Any]:
    """Calibrates a gallery on its registered pictures, in its order, and prints what was found."""
    images = [row.pixels if row.photo is None else row.photo for row in pictures]
    each, names = each_of(len(images), how.captures), gallery.counts()
    print(f"{len(images)} images of {len(names)} labels, {each} simulated photographs each", flush=True)
    if len(names) == 1:
        print("one label: its impostors are the drawn cohort only; register more, and calibrate again")
    for row in pictures:
        if textureless(row.pixels):
            print(shown(f"{row.name} ({row.label}) has no texture: whatever looks as plain will pass as it"))
    with tqdm(
        total=len(images) * each + how.cohort, desc="photographing", unit="photo", leave=False, disable=None
    ) as bar:
        found = make(gallery, images, how, bar.update)
    if found.pop("fallback"):
        print("score=margin compares a label with the others, and only one is registered: the cosine decides")
    for row in found["thresholds"]:
        print(line(row))
    for row in found["siblings"][:SHOWN]:
        print(shown(f"siblings: {remedy(row)}"))
    if len(found["siblings"]) > SHOWN:
        print(f"and {len(found['siblings']) - SHOWN} more pairs")
    if how.per_label:
        rows = sorted(found["by_label"].items(), key=lambda row: -row[1]["value"])
        for label, row in rows[:SHOWN]:
            print(shown(f"label {label}: from {row['value']:.4f}; at most {row['bound']:.1e} of impostors pass, TPR "
                        f"{row['tpr']:.3f}"))  # fmt: skip
    if report:
        facts = {"weights_sha256": gallery.fingerprint, "captures": each, "cohort": how.cohort, "seed": how.seed}
        atomic.write_text(report, json.dumps(found | facts, indent=1, ensure_ascii=False) + "\n")
    return found


def line(row: dict) -> str:
    """Returns a threshold as one line."""
    how = "tail model" if row["modelled"] else "counted"
    kept = "" if row["kept"] else "  (not to be used: its bound breaks the promise, or no score is so high)"
    return (
        f"{row['measure'].upper()} {row['target']:<6g} score {row['value']:.4f}  estimate {row['rate']:.1e}, at most "
        f"{row['bound']:.1e} ({how})  TPR {row['tpr']:.3f} of simulated photographs{kept}"
    )
