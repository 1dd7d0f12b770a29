"""Commands that change a gallery: register, remove, threshold."""

import argparse
from pathlib import Path

from docclf.errors import InputError
from docclf.gallery import storage
from docclf.gallery.command.match import given_locator
from docclf.gallery.decision.scores import outgrown
from docclf.gallery.embedder import Embedder, open_model
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import Finding, attributed, folder, picture
from docclf.gallery.threshold import usable
from docclf.results import thresholds
from docclf.score.rule import Score
from docclf.search.code.choose import make
from docclf.search.vectors import read_vectors
from docclf.utils.text import shown
from docclf.verify.homography import Homography

SHOWN = 20


def register(chosen: argparse.Namespace) -> None:
    """Registers folders and images into a new or an existing gallery."""
    embedder, out = open_model(chosen.model, chosen.allow), Path(chosen.out)
    if out.exists() and not chosen.add:
        raise InputError(f"{out} exists; add to it with --add, or give another --out.")
    verifier = Homography() if chosen.verify else None
    gallery = storage.load(out, embedder) if out.exists() else _new(embedder, verifier, chosen)
    if verifier and gallery.local is None:
        raise InputError(f"--verify: {out} was made without local features; register its images into a new gallery.")
    given = {"locator": given_locator(chosen), "describe": gallery.verifier.describe if gallery.verifier else None}
    given["photo"] = bool(chosen.calibrate or gallery.calibration)
    if chosen.calibrate and gallery.labels and not gallery.calibration:
        raise InputError(f"--calibrate: {out} holds images not given here; python -m docclf.calibrate takes them all.")
    pictures, findings = [], []
    for source in map(Path, chosen.sources):
        if source.is_dir():
            if chosen.label:
                raise InputError(f"--label is for single images; the labels of the folder {source} are its names.")
            found, left_out = folder(source, embedder.image_size, **given)
            pictures, findings = pictures + found, findings + left_out
        else:
            label = chosen.label or source.stem
            pictures.append(picture(source, label, source.name, embedder.image_size, **given))
    if chosen.attributes:
        pictures, odd = attributed(pictures, chosen.attributes)
        findings += odd
    findings += gallery.register(pictures, chosen.duplicate)
    if chosen.calibrate and not gallery.calibration:
        from docclf.gallery.command.calibrate import calibrated, settings

        first = {(row.sha256, row.label): row for row in pictures}
        keys = zip(gallery.hashes, gallery.labels, strict=True)
        calibrated(gallery, [first[key] for key in keys], settings(chosen, gallery), chosen.report)
    elif not gallery.calibration:
        if chosen.score:
            gallery.score = Score(chosen.score, chosen.alpha)
        if not take_threshold(gallery, chosen, embedder) and embedder.thresholds and not gallery.threshold:
            print("no threshold of the model keeps its promise on other sets: give --calibrate, or name one: --fpr")
    storage.save(gallery, out)
    _report(findings)
    if warning := outgrown(gallery):
        print(f"warning: {warning}")
    print(f"registered: {len(gallery)} images of {len(gallery.counts())} labels in {out}")
    if gallery.codes is not None:
        print(f"code: {gallery.code.id}, {gallery.code.bytes} bytes a vector")
    if gallery.local is not None:
        print(f"local features: {gallery.local.nbytes / len(gallery) / 1e3:.1f} kB an image")
    print(f"threshold: {thresholds.sentence(gallery.threshold) if gallery.threshold else 'none yet: --metrics'}")


def _new(embedder: Embedder, verifier: Homography | None, chosen: argparse.Namespace) -> Gallery:
    """Returns an empty gallery, its code fitted where vectors to fit it to are given."""
    code = chosen.code if chosen.code != "float" else None
    if chosen.fit:
        if code is None:
            raise InputError("--fit is for a code that is fitted: --code pq, pca64-sq8, fitted-binary2.")
        rows, photos = (read_vectors(path) if path else None for path in (chosen.fit, chosen.fit_photos))
        code = make(code, embedder.probe().shape[1], rows, photos)
    return Gallery(embedder, verifier=verifier, code=code, representatives=chosen.representatives)


def remove(chosen: argparse.Namespace) -> None:
    """Takes a label, or one of its images, out of the gallery."""
    gallery = storage.load(chosen.gallery)
    gone = gallery.remove(chosen.label, chosen.image)
    storage.save(gallery, chosen.gallery)
    _report(gallery.changed)
    print(shown(f"removed: {gone} images of {chosen.label}; {len(gallery)} are left"))


def threshold(chosen: argparse.Namespace) -> None:
    """Sets the threshold of a gallery."""
    gallery = storage.load(chosen.gallery)
    if not take_threshold(gallery, chosen, None):
        raise InputError("give --metrics metrics.json, or --threshold COSINE.")
    storage.save(gallery, chosen.gallery)
    print(f"threshold: {thresholds.sentence(gallery.threshold)}")


def take_threshold(gallery: Gallery, chosen: argparse.Namespace, embedder: Embedder | None) -> bool:
    """Sets the threshold that the command line, or else the model's file, gives; tells whether there was one."""
    rate, target = ("fpir", chosen.fpir) if chosen.fpir else ("fpr", chosen.fpr)
    if chosen.threshold is not None:
        gallery.set_threshold(thresholds.given(chosen.threshold))
    elif chosen.metrics:
        read = thresholds.read(chosen.metrics)
        thresholds.check_model(read, gallery.fingerprint, chosen.metrics)
        check_versions(read, gallery, chosen.metrics)
        rows = thresholds.measured(read, thresholds.source(chosen.metrics))
        gallery.set_threshold(thresholds.choose(rows, chosen.metrics, rate, target))
    elif embedder is not None and (rows := _shipped(embedder, gallery, target)) and (target or not gallery.threshold):
        gallery.set_threshold(thresholds.choose(rows, chosen.model, rate, target))
    elif target:
        raise InputError(f"--{rate} {target} needs --metrics metrics.json, where its threshold was measured.")
    else:
        return False
    return True


def check_versions(metrics: dict, gallery: Gallery, source: str) -> None:
    """Refuses a threshold that was measured between other versions than the gallery holds.

    Raises:
        InputError: measured across models for a gallery of one, the other way round, or with another map.
    """
    register = metrics["about"].get("register") or {}
    measured, older = register.get("weights_sha256"), {*gallery.versions} - {gallery.fingerprint}
    if (older and (measured not in older or register.get("align", "none") != gallery.align)) or (
        measured and not older
    ):
        have = ", ".join(sorted(weights[:12] for weights in gallery.lineage()))
        raise InputError(
            f"{source} was measured with a register of {(measured or gallery.fingerprint)[:12]} (align="
            f"{register.get('align', 'none')}); this gallery holds vectors of {have} (align={gallery.align}). Measure "
            "across: evaluate.py ckpt=NEW register_ckpt=OLD align=..."
        )


def _shipped(embedder: Embedder, gallery: Gallery, target: str | None) -> list[dict]:
    """Returns the thresholds of a model that fit; unless one is named, those that keep their promise elsewhere."""
    return [row for row in usable(embedder.thresholds, gallery) if target or thresholds.deployable(row)]


def _report(findings: list[Finding]) -> None:
    for finding in findings[:SHOWN]:
        print(finding)
    if len(findings) > SHOWN:
        print(f"and {len(findings) - SHOWN} more")
