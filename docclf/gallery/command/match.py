"""Commands that ask a gallery: match, list."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from docclf.errors import InputError
from docclf.gallery import storage
from docclf.gallery.decision.scores import outgrown
from docclf.gallery.embedder import open_model
from docclf.gallery.verified import told, told_of_score, write_crop
from docclf.imaging.read import read_image
from docclf.locator.locate import Locator
from docclf.results import thresholds
from docclf.score import rerank
from docclf.search.attributes import parsed
from docclf.utils import cosines
from docclf.utils.text import shown, to_json


def match(chosen: argparse.Namespace) -> None:
    """Prints the label of each image, or unknown; one that cannot be read costs the others nothing."""
    embedder = open_model(chosen.model, chosen.allow)
    gallery = storage.load(chosen.gallery, embedder, chosen.search, given_locator(chosen), not chosen.no_verify)
    if chosen.out_crop and not gallery.verifier and not gallery.locator:
        raise InputError("--out-crop: nobody says where the sheet lies; register with --verify, or give --locate.")
    if chosen.threshold is not None:
        gallery.set_threshold(thresholds.given(chosen.threshold))
    if gallery.verifier and not chosen.json:
        print(told_of_score(gallery.verifier.calibration, gallery.fingerprint))
    elif gallery.threshold and not chosen.json:
        print(f"threshold: {thresholds.sentence(gallery.threshold)}; search: {gallery.search().name}")
    if (warning := outgrown(gallery)) and not chosen.json:
        print(f"warning: {warning}")
    gallery.rerank = chosen.rerank
    if chosen.rerank and not chosen.json:
        print(f"reranking: {rerank.helps(gallery.counts()) or 'by neighbours among the registered images'}")
    failed, where = 0, parsed(chosen.where or [])
    for number, name in enumerate(chosen.images, 1):
        try:
            pixels = read_image(name)
        except InputError as error:
            failed += 1
            print(_line({"image": name, "error": str(error)}) if chosen.json else shown(f"{error}"))
            continue
        found = gallery.match([pixels], chosen.top, where=where)[0]
        if chosen.out_crop and found.corners is not None:
            write_crop(Path(chosen.out_crop), number, Path(name).stem, found, pixels)
        told_apart = {} if found.best else {"answer": found.answer}
        line = _line({"image": name, **vars(found), **told_apart}) if chosen.json else None
        print(line or _text(name, found, gallery.verifier))
    if failed:
        raise InputError(f"{failed} of {len(chosen.images)} images could not be read; the others are answered above.")


def _line(answer: dict) -> str:
    """Returns an answer as JSON in letters that the console has."""
    text = to_json(answer)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(answer)
    return text


def _text(name: str, found: Any, verifier: Any) -> str:
    """Returns an answer as lines for a reader."""
    if not found.best:
        return shown(f"{name}: {found.answer}")
    lines = [shown(f"{name}: {found.answer}  cosine {cosines.text(found.cosine)}")]
    if found.probability is not None:
        right, none = found.probability, found.none
        lines.append(f"    probability {right:.3f} that this is right, {none:.3f} that it is none of them")
    lines += [shown(line) for line in told(found)] if verifier else []
    lines += [shown(f"    {cosines.text(cosine)}  {label}") for label, cosine in found.top]
    if found.corners:
        place = ", ".join(f"({x:.0f}, {y:.0f})" for x, y in found.corners)
        sure = "" if found.confidence is None else f", confidence {found.confidence:.2f}"
        lines.append(f"    the sheet: {place}{sure}")
    return "\n".join(lines)


def given_locator(chosen: argparse.Namespace) -> Any:
    """Returns the locator that the command line asks for, or ``None``."""
    return Locator(chosen.locator) if chosen.locate or chosen.locator else None


def show(chosen: argparse.Namespace) -> None:
    """Prints the labels and how many images each has."""
    gallery = storage.load(chosen.gallery)
    for label, count in gallery.counts().items():
        print(shown(f"{count:6}  {label}"))
    print(f"{len(gallery):6}  in all; model {gallery.fingerprint[:17]}, {gallery.image_size} px")
    print(f"threshold: {thresholds.sentence(gallery.threshold) if gallery.threshold else 'none'}")
