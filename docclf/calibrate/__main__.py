"""A threshold for a gallery from its own images: ``python -m docclf.calibrate GALLERY DIR --model MODEL``.

The registered images are photographed by a simulated camera; no query is looked at. The gallery gets the threshold of
the rate asked for, with an upper bound; what else was found is printed and, with --out, written as JSON.
"""

import argparse
import json
from typing import Any

from tqdm import tqdm

from docclf.calibrate.simulate import simulate, textureless
from docclf.calibrate.thresholds import calibrate
from docclf.cli import entry
from docclf.errors import InputError
from docclf.gallery import storage
from docclf.gallery.embedder import open_model
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import Picture, folder
from docclf.results import thresholds
from docclf.utils import atomic


def run(words: list[str] | None = None) -> None:
    """Reads the command line and calibrates."""
    chosen = parser().parse_args(words)
    embedder = open_model(chosen.model, chosen.allow)
    gallery = storage.load(chosen.gallery, embedder)
    if gallery.code is not None or gallery.representatives != "all":
        raise InputError(
            f"{chosen.gallery} scores by codes or by representatives, and simulated photographs are scored with whole "
            "vectors of all images; measure its threshold with evaluate.py (code=NAME, metric.fusion=centroid)."
        )
    pictures = registered(gallery, folder(chosen.dir)[0], chosen.gallery)
    images, labels = [row.pixels for row in pictures], [row.label for row in pictures]
    names = sorted(set(labels))
    print(f"{len(images)} images of {len(names)} labels, {chosen.captures} simulated photographs each", flush=True)
    if len(names) == 1:
        print("one label: its impostors are the drawn cohort only; register more, and calibrate again")
    for row in pictures:
        if textureless(row.pixels):
            print(f"{row.name} ({row.label}) has no texture: whatever looks as plain will pass as it")
    total = len(images) * chosen.captures + chosen.cohort
    with tqdm(total=total, desc="photographing", unit="photo", leave=False, disable=None) as bar:
        scores = simulate(embedder, images, labels, chosen.captures, chosen.cohort, chosen.seed, bar.update)
    found = calibrate(scores, names, seed=chosen.seed)
    found |= {"weights_sha256": gallery.fingerprint, "captures": chosen.captures, "cohort": chosen.cohort}
    for row in found["thresholds"]:
        print(line(row))
    for row in found["siblings"][:20]:
        print(
            f"siblings: {row['share']:.0%} of the simulated photographs of {row['photographs_of']} pass as "
            f"{row['pass_as']}: register a crop that tells them apart, merge them, or set them under one parent"
        )
    measure, target = ("fpir", chosen.fpir) if chosen.fpir else ("fpr", chosen.fpr)
    row = pick(found["thresholds"], measure, target)
    gallery.set_threshold(evidence(row, found, len(images)))
    if chosen.out:
        atomic.write_text(chosen.out, json.dumps(found | {"seed": chosen.seed}, indent=1, ensure_ascii=False) + "\n")
    storage.save(gallery, chosen.gallery)
    print(f"threshold: {thresholds.sentence(gallery.threshold)}")


def registered(gallery: Gallery, pictures: list[Picture], path: str) -> list[Picture]:
    """Returns the pictures that are registered, in the gallery's order.

    Raises:
        InputError: one of the gallery's images is not among them.
    """
    have = {(row.sha256, row.label): row for row in pictures}
    keys = list(zip(gallery.hashes, gallery.labels, strict=True))
    missing = [name for name, key in zip(gallery.names, keys, strict=True) if key not in have]
    if missing:
        raise InputError(
            f"{path} has {len(missing)} images that are not in the folder, for example {missing[0]}: a threshold holds "
            "for the register it was made for. Give the folder that was registered."
        )
    return [have[key] for key in keys]


def pick(rows: list[dict], measure: str, target: float) -> dict:
    """Returns the threshold of a rate.

    Raises:
        InputError: no such target, or one whose upper bound breaks the promise.
    """
    found = [row for row in rows if row["measure"] == measure and abs(row["target"] / target - 1) < 1e-9]
    if not found:
        known = ", ".join(f"{row['target']:g}" for row in rows if row["measure"] == measure)
        raise InputError(f"--{measure} {target:g}: want one of {known}.")
    if not found[0]["kept"]:
        raise InputError(
            f"--{measure} {target:g}: this register does not resolve it (it would take a cosine of "
            f"{found[0]['value']:.3f}, upper bound {found[0]['bound']:.1e}); ask for a looser rate, mend the siblings, "
            "or give more --captures and a larger --cohort."
        )
    return found[0]


def evidence(row: dict, found: dict[str, Any], images: int) -> dict[str, Any]:
    """Returns a threshold as a gallery keeps it, with what it rests on."""
    return {
        "cosine": row["value"],
        "rate": row["measure"],
        "target": f"{row['target']:g}",
        "source": "calibrated on the registered images",
        "calibrated": {
            "estimate": row["rate"],
            "bound": row["bound"],
            "modelled": row["modelled"],
            "tpr": row["tpr"],
            "labels": found["labels"],
            "images": images,
            "captures": found["captures"],
            "cohort": found["cohort"],
        },
    }


def line(row: dict) -> str:
    """Returns a threshold as one line."""
    how = "tail model" if row["modelled"] else "counted"
    kept = "" if row["kept"] else "  (not to be used: its bound is above twice the promise, or no cosine is so high)"
    return (
        f"{row['measure'].upper()} {row['target']:<6g} cosine {row['value']:.4f}  estimate {row['rate']:.1e}, at most "
        f"{row['bound']:.1e} ({how})  TPR {row['tpr']:.3f} of simulated photographs{kept}"
    )


def parser() -> argparse.ArgumentParser:
    """Returns the command line."""
    new = argparse.ArgumentParser(prog="python -m docclf.calibrate", description=__doc__.split("\n\n")[0])
    new.add_argument("gallery", help="gallery file, NAME.npz; it gets the threshold")
    new.add_argument("dir", help="the folder that was registered")
    new.add_argument("--model", required=True, help="the checkpoint or ONNX file of the gallery")
    new.add_argument("--fpr", type=float, default=1e-3, help="promised share of impostor pairs (1e-2, 1e-3, 1e-4)")
    new.add_argument("--fpir", type=float, help="instead: promised share of queries of no registered type (0.1, 0.05)")
    new.add_argument("--captures", type=int, default=12, help="simulated photographs of each image")
    new.add_argument("--cohort", type=int, default=100, help="drawn documents that play what is not registered")
    new.add_argument("--seed", type=int, default=0)
    new.add_argument("-o", "--out", help="JSON file for all that was found")
    new.add_argument("--allow", action="append", help="package of your own whose classes a checkpoint may name")
    return new


if __name__ == "__main__":
    entry.run(run)
