"""The command that brings a gallery to a new model."""

import argparse
from pathlib import Path

from docclf.errors import InputError
from docclf.gallery import storage
from docclf.gallery import upgrade as upgrades
from docclf.gallery.command.change import take_threshold
from docclf.gallery.embedder import open_model
from docclf.results import thresholds
from docclf.utils import atomic


def upgrade(chosen: argparse.Namespace) -> None:
    """Brings a gallery to a new model, with the registered images, a map, or as the model was trained for."""
    path = Path(chosen.gallery)
    if chosen.undo:
        upgrades.undo(path)
        print(f"undone: {path} is as it was before its last upgrade")
        return
    if not chosen.model:
        raise InputError("upgrade: give the new model, --model FILE, or --undo.")
    gallery, new = storage.load(path), open_model(chosen.model, chosen.allow)
    known = upgrades.from_images(gallery, new, chosen.images) if chosen.images else {}
    pairs = None
    if chosen.fit or chosen.old:
        if not (chosen.fit and chosen.old) or chosen.align == "none":
            raise InputError("a map is fitted with --align procrustes|map, --old MODEL and --fit DIR together.")
        old = open_model(chosen.old, chosen.allow)
        storage.load(path, old)  # refuses a model that is not the gallery's
        pairs = upgrades.from_any(old, new, chosen.fit)
    result = upgrades.upgraded(gallery, new, known, chosen.align, pairs)
    take_threshold(result, chosen, None)
    atomic.write_bytes(path.with_name(path.name + upgrades.BEFORE), path.read_bytes())
    storage.save(result, path)
    print(f"upgraded: {path}, {len(result)} vectors of {result.vectors.shape[1]} numbers (align={result.align})")
    print("\n".join(upgrades.told(result)))
    print(f"threshold: {thresholds.sentence(result.threshold) if result.threshold else 'none: measure it across'}")
    print(f"back: python -m docclf.gallery upgrade {path} --undo")
