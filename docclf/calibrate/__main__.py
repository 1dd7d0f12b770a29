"""A threshold for a gallery from its own images: ``python -m docclf.calibrate GALLERY DIR --model MODEL``.

The registered images are photographed by a simulated camera; no query is looked at. The gallery gets the threshold of
the rate asked for, with an upper bound; what else was found is printed and, with --report, written as JSON.
"""

import argparse

from docclf.cli import entry
from docclf.errors import InputError
from docclf.gallery import storage
from docclf.gallery.command.calibrate import calibrated, options, settings
from docclf.gallery.embedder import open_model
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import Picture, folder
from docclf.results import thresholds


def run(words: list[str] | None = None) -> None:
    """Reads the command line and calibrates."""
    chosen = parser().parse_args(words)
    embedder = open_model(chosen.model, chosen.allow)
    gallery = storage.load(chosen.gallery, embedder)
    pictures = registered(gallery, folder(chosen.dir, photo=True)[0], chosen.gallery)
    calibrated(gallery, pictures, settings(chosen, gallery), chosen.report)
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


def parser() -> argparse.ArgumentParser:
    """Returns the command line."""
    new = argparse.ArgumentParser(prog="python -m docclf.calibrate", description=__doc__.split("\n\n")[0])
    new.add_argument("gallery", help="gallery file, NAME.npz; it gets the threshold")
    new.add_argument("dir", help="the folder that was registered")
    new.add_argument("--model", required=True, help="the checkpoint or ONNX file of the gallery")
    new.add_argument("--fpr", type=float, default=1e-3, help="promised share of impostor pairs (1e-2, 1e-3, 1e-4)")
    new.add_argument("--fpir", type=float, help="instead: promised share of queries of no registered type (0.1, 0.05)")
    new.add_argument("--allow", action="append", help="package of your own whose classes a checkpoint may name")
    options(new)
    return new


if __name__ == "__main__":
    entry.run(run)
