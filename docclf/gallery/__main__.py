"""Registers document images and names the type of others: ``python -m docclf.gallery register|match|list|...``."""

if __name__ == "__main__":
    import docclf.utils.process.watch  # noqa: F401  first: Ctrl-C while the rest loads

import argparse

from docclf.cli import entry as cli
from docclf.gallery.command.calibrate import options
from docclf.gallery.command.change import register, remove, threshold
from docclf.gallery.command.match import match, show
from docclf.gallery.command.upgrade import upgrade
from docclf.search.code.choose import CODES
from docclf.search.search import KINDS as SEARCHES
from docclf.versions.align import KINDS


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
    new.add_argument("--code", default="float", help=f"what is kept of a vector: {', '.join(CODES)}")
    new.add_argument("--fit", metavar="VECTORS", help="vectors (.npy, or a folder of docclf.embed) to fit a code to")
    new.add_argument("--fit-photos", metavar="VECTORS", help="those of photographs, for leanN codes")
    new.add_argument("--representatives", default="all", help="what stands for a label: all its images, mean or two")
    new.add_argument("--attributes", metavar="CSV", help="name or label, then one column an attribute, for --where")
    new.add_argument("--calibrate", action="store_true", help="threshold by simulated photos of what is registered")
    options(new)
    new = command("match", match, model, value, where)
    new.add_argument("gallery")
    new.add_argument("images", nargs="+", metavar="IMAGE")
    new.add_argument("--model", required=True, help="the checkpoint or ONNX file of the gallery")
    new.add_argument("--top", type=int, default=3, help="labels to list")
    new.add_argument("--json", action="store_true", help="one JSON object a line")
    new.add_argument("--no-verify", action="store_true", help="go by the cosine, though local features are stored")
    new.add_argument("--out-crop", metavar="DIR", help="write the sheet of each photo there, cut out and straightened")
    new.add_argument("--search", default="auto", help=f"{', '.join(SEARCHES)}; scores are exact with all of them")
    new.add_argument("--rerank", action="store_true", help="order labels by neighbours, where all have 3 images")
    new.add_argument("--where", action="append", metavar="KEY=VALUE", help="only images with this attribute; repeat it")
    command("list", show).add_argument("gallery")
    new = command("remove", remove)
    new.add_argument("gallery")
    new.add_argument("label")
    new.add_argument("--image", help="only this image, by name")
    command("threshold", threshold, cut, value).add_argument("gallery")
    new = command("upgrade", upgrade, model, cut, value)
    new.add_argument("gallery")
    new.add_argument("--model", help="the new checkpoint or ONNX file")
    new.add_argument("--images", metavar="DIR", help="the registered images, or some of them: found by their content")
    new.add_argument("--align", choices=["none", *KINDS], default="none", help="map vectors whose image is not there")
    new.add_argument("--old", help="the gallery's model so far, to fit the map with --fit")
    new.add_argument("--fit", metavar="DIR", help="any images to fit the map on (default: those found in --images)")
    new.add_argument("--undo", action="store_true", help="put the gallery back as it was before its last upgrade")
    return whole


def main(words: list[str] | None = None) -> None:
    """Reads the command line."""
    chosen = parser().parse_args(words)
    chosen.action(chosen)


if __name__ == "__main__":
    cli.run(main)
