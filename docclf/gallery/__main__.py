"""Registers document images and names the type of others: ``python -m docclf.gallery register|match|list|...``."""

if __name__ == "__main__":
    import docclf.utils.watch  # noqa: F401  first: Ctrl-C while the rest loads

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from docclf.cli import entry as cli
from docclf.errors import InputError
from docclf.gallery import storage
from docclf.gallery.embedder import Embedder, open_model
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import Finding, folder, picture
from docclf.gallery.verified import told, write_crop
from docclf.imaging.read import read_image
from docclf.locator.locate import Locator
from docclf.results import thresholds
from docclf.utils import cosines
from docclf.utils.text import shown, to_json
from docclf.verify.homography import Homography

SHOWN = 20


def register(chosen: argparse.Namespace) -> None:
    """Registers folders and images into a new or an existing gallery."""
    embedder, out = open_model(chosen.model, chosen.allow), Path(chosen.out)
    if out.exists() and not chosen.add:
        raise InputError(f"{out} exists; add to it with --add, or give another --out.")
    verifier = Homography() if chosen.verify else None
    gallery = storage.load(out, embedder) if out.exists() else Gallery(embedder, verifier=verifier)
    if verifier and gallery.local is None:
        raise InputError(f"--verify: {out} was made without local features; register its images into a new gallery.")
    given = {"locator": _locator(chosen), "describe": gallery.verifier.describe if gallery.verifier else None}
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
    findings += gallery.register(pictures, chosen.duplicate)
    _threshold(gallery, chosen, embedder)
    storage.save(gallery, out)
    _report(findings)
    print(f"registered: {len(gallery)} images of {len(gallery.counts())} labels in {out}")
    if gallery.local is not None:
        print(f"local features: {gallery.local.nbytes / len(gallery) / 1e3:.1f} kB an image")
    print(f"threshold: {thresholds.sentence(gallery.threshold) if gallery.threshold else 'none yet: --metrics'}")


def match(chosen: argparse.Namespace) -> None:
    """Prints the label of each image, or unknown; one that cannot be read costs the others nothing."""
    embedder = open_model(chosen.model, chosen.allow)
    gallery = storage.load(chosen.gallery, embedder, chosen.search, _locator(chosen), not chosen.no_verify)
    if chosen.out_crop and not gallery.verifier:
        raise InputError("--out-crop: only a gallery registered with --verify knows where the sheet lies in a photo.")
    if chosen.threshold is not None:
        gallery.set_threshold(thresholds.given(chosen.threshold))
    if gallery.verifier and not chosen.json:
        about = gallery.verifier.calibration.about.get("threshold", "unmeasured")
        print(f"verified: score from {gallery.verifier.calibration.threshold} unless measured otherwise ({about})")
    elif gallery.threshold and not chosen.json:
        print(f"threshold: {thresholds.sentence(gallery.threshold)}; search: {gallery.search().name}")
    failed = 0
    for number, name in enumerate(chosen.images, 1):
        try:
            pixels = read_image(name)
        except InputError as error:
            failed += 1
            print(_line({"image": name, "error": str(error)}) if chosen.json else shown(f"{error}"))
            continue
        found = gallery.match([pixels], chosen.top)[0]
        if chosen.out_crop and found.corners is not None:
            write_crop(Path(chosen.out_crop), number, Path(name).stem, found, pixels)
        if chosen.json:
            print(_line({"image": name, **vars(found)}))
            continue
        print(shown(f"{name}: {found.answer}  cosine {cosines.text(found.cosine)}"))
        if gallery.verifier:
            print(shown("\n".join(told(found))))
        for label, cosine in found.top:
            print(shown(f"    {cosines.text(cosine)}  {label}"))
        if found.corners:
            place = ", ".join(f"({x:.0f}, {y:.0f})" for x, y in found.corners)
            sure = "" if found.confidence is None else f", confidence {found.confidence:.2f}"
            print(f"    the sheet: {place}{sure}")
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


def _locator(chosen: argparse.Namespace) -> Any:
    """Returns the locator that the command line asks for, or ``None``."""
    return Locator(chosen.locator) if chosen.locate or chosen.locator else None


def show(chosen: argparse.Namespace) -> None:
    """Prints the labels and how many images each has."""
    gallery = storage.load(chosen.gallery)
    for label, count in gallery.counts().items():
        print(shown(f"{count:6}  {label}"))
    print(f"{len(gallery):6}  in all; model {gallery.fingerprint[:17]}, {gallery.image_size} px")
    print(f"threshold: {thresholds.sentence(gallery.threshold) if gallery.threshold else 'none'}")


def remove(chosen: argparse.Namespace) -> None:
    """Takes a label, or one of its images, out of the gallery."""
    gallery = storage.load(chosen.gallery)
    gone = gallery.remove(chosen.label, chosen.image)
    storage.save(gallery, chosen.gallery)
    print(shown(f"removed: {gone} images of {chosen.label}; {len(gallery)} are left"))


def threshold(chosen: argparse.Namespace) -> None:
    """Sets the threshold of a gallery."""
    gallery = storage.load(chosen.gallery)
    if not _threshold(gallery, chosen, None):
        raise InputError("give --metrics metrics.json, or --threshold COSINE.")
    storage.save(gallery, chosen.gallery)
    print(f"threshold: {thresholds.sentence(gallery.threshold)}")


def _threshold(gallery: Gallery, chosen: argparse.Namespace, embedder: Embedder | None) -> bool:
    """Sets the threshold that the command line, or else the model's file, gives; tells whether there was one."""
    rate, target = ("fpir", chosen.fpir) if chosen.fpir else ("fpr", chosen.fpr)
    if chosen.threshold is not None:
        gallery.set_threshold(thresholds.given(chosen.threshold))
    elif chosen.metrics:
        read = thresholds.read(chosen.metrics)
        thresholds.check_model(read, gallery.fingerprint, chosen.metrics)
        rows = thresholds.measured(read, thresholds.source(chosen.metrics))
        gallery.set_threshold(thresholds.choose(rows, chosen.metrics, rate, target))
    elif embedder is not None and embedder.thresholds and (target or gallery.threshold is None):
        gallery.set_threshold(thresholds.choose(embedder.thresholds, chosen.model, rate, target))
    elif target:
        raise InputError(f"--{rate} {target} needs --metrics metrics.json, where its threshold was measured.")
    else:
        return False
    return True


def _report(findings: list[Finding]) -> None:
    for finding in findings[:SHOWN]:
        print(finding)
    if len(findings) > SHOWN:
        print(f"and {len(findings) - SHOWN} more")


def parser() -> argparse.ArgumentParser:
    """Returns the command line."""
    whole = argparse.ArgumentParser(prog="python -m docclf.gallery", description=__doc__)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    cut = argparse.ArgumentParser(add_help=False)
    cut.add_argument("--metrics", help="metrics.json of this model, whose threshold to take")
    cut.add_argument("--fpr", help="share of impostor pairs accepted there (default: 1e-4, or what was resolved)")
    cut.add_argument("--fpir", help="instead: share of unregistered queries accepted there")
    model = argparse.ArgumentParser(add_help=False)
    model.add_argument("--allow", action="append", help="package of your own whose classes a checkpoint may name")
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--locate", action="store_true", help="find the sheet in each image first")
    where.add_argument("--locator", metavar="FILE", help="locator.onnx or locator.ckpt to find it with")
    value = argparse.ArgumentParser(add_help=False)
    value.add_argument("--threshold", type=float, help="cosine in [-1, 1] to use, unmeasured")

    def command(name: str, action, *parents) -> argparse.ArgumentParser:
        new = commands.add_parser(name, parents=parents, help=action.__doc__, description=action.__doc__)
        new.set_defaults(action=action)
        return new

    new = command("register", register, cut, model, value, where)
    new.add_argument("model", help="checkpoint or ONNX file")
    new.add_argument("sources", nargs="+", metavar="SOURCE", help="folder (LABEL.jpg or LABEL/FILE.jpg) or image")
    new.add_argument("-o", "--out", required=True, help="gallery file, NAME.npz")
    new.add_argument("--add", action="store_true", help="add to that file")
    new.add_argument("--label", help="label of single images (default: their file name)")
    new.add_argument("--verify", action="store_true", help="store local features, to verify matches and find the sheet")
    new.add_argument("--duplicate", type=float, default=0.95, help="cosine from which two labels are reported as alike")
    new = command("match", match, model, value, where)
    new.add_argument("gallery")
    new.add_argument("images", nargs="+", metavar="IMAGE")
    new.add_argument("--model", required=True, help="the checkpoint or ONNX file of the gallery")
    new.add_argument("--top", type=int, default=3, help="labels to list")
    new.add_argument("--json", action="store_true", help="one JSON object a line")
    new.add_argument("--no-verify", action="store_true", help="go by the cosine, though local features are stored")
    new.add_argument("--out-crop", metavar="DIR", help="write the sheet of each photo there, cut out and straightened")
    new.add_argument("--search", default="auto", help="auto, numpy or faiss; all exact")
    command("list", show).add_argument("gallery")
    new = command("remove", remove)
    new.add_argument("gallery")
    new.add_argument("label")
    new.add_argument("--image", help="only this image, by name")
    command("threshold", threshold, cut, value).add_argument("gallery")
    return whole


def main(words: list[str] | None = None) -> None:
    """Reads the command line."""
    chosen = parser().parse_args(words)
    chosen.action(chosen)


if __name__ == "__main__":
    cli.run(main)
