"""Trains the locator and hands it on: ``python -m docclf.locator train|release ...``."""

import argparse
import os

import cv2
import torch

from docclf.cli import entry
from docclf.errors import InputError
from docclf.locator.training import stock
from docclf.locator.training.loop import Plan, train
from docclf.locator.training.release import release


def _train(chosen: argparse.Namespace) -> None:
    """Trains a network on drawn scenes."""
    if not chosen.out.endswith(".ckpt"):
        raise InputError(f"--out {chosen.out}: want a file name that ends in .ckpt.")
    if os.path.exists(chosen.out):
        raise InputError(f"--out {chosen.out} exists; give another name, or remove it first.")
    if chosen.batch < 2 or chosen.batch % 2 or chosen.steps < 1:
        raise InputError(f"--batch {chosen.batch} --steps {chosen.steps}: want an even batch and a step or more.")
    cv2.setNumThreads(1)
    torch.set_num_threads(chosen.threads)
    sheets = stock.load(chosen.sheets, chosen.drawn, chosen.seed, "--sheets")
    grounds = stock.load(chosen.grounds, 0, chosen.seed, "--grounds")
    print(f"sheets: {sheets.counts}; grounds: {grounds.counts}", flush=True)
    plan = Plan(
        chosen.steps,
        chosen.minutes,
        chosen.batch,
        chosen.rate,
        seed=chosen.seed,
        weights=chosen.weights or None,
        start=chosen.start,
    )
    facts = {"sheets": sheets.counts, "grounds": grounds.counts}
    train(sheets, grounds, plan, chosen.out, facts, lambda line: print(line, flush=True))


def _release(chosen: argparse.Namespace) -> None:
    """Makes a folder to hand on: ONNX file, weights and card."""
    folder = release(chosen.ckpt, chosen.out, chosen.data, chosen.measured, chosen.licence, chosen.notes)
    print("\n".join(f"{path.stat().st_size / 1e6:8.3f} MB  {path}" for path in sorted(folder.iterdir())))


def parser() -> argparse.ArgumentParser:
    """Returns the command line."""
    whole = argparse.ArgumentParser(prog="python -m docclf.locator", description=__doc__)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    new = commands.add_parser("train", help=_train.__doc__, description=_train.__doc__)
    new.set_defaults(action=_train)
    new.add_argument("--sheets", nargs="*", default=[], help="folders with images of sheets, cropped to them")
    new.add_argument("--drawn", type=int, default=0, help="drawn designs besides")
    new.add_argument("--grounds", nargs="+", required=True, help="folders with natural images")
    new.add_argument("--out", required=True, help="file to write, NAME.ckpt")
    new.add_argument("--steps", type=int, default=Plan.steps)
    new.add_argument("--minutes", type=float, help="end after so long, the schedule cut to it")
    new.add_argument("--batch", type=int, default=Plan.batch)
    new.add_argument("--rate", type=float, default=Plan.rate)
    new.add_argument("--seed", type=int, default=0)
    new.add_argument("--threads", type=int, default=1)
    new.add_argument(
        "--weights", default=Plan.weights, help="of the encoder: package:NAME, pretrained, a file, or none"
    )
    new.add_argument("--start", help="file of this command, whose network is trained further")
    new = commands.add_parser("release", help=_release.__doc__, description=_release.__doc__)
    new.set_defaults(action=_release)
    new.add_argument("ckpt", help="of train")
    new.add_argument("--out", required=True, help="folder to make")
    new.add_argument("--data", action="append", default=[], help="what it was trained on, and its licence")
    new.add_argument("--measured", action="append", default=[], help="a line of figures")
    new.add_argument("--licence", default="Apache-2.0", help="of the locator")
    new.add_argument("--note", action="append", default=[], dest="notes", help="a limit to name")
    return whole


def main(words: list[str] | None = None) -> None:
    """Reads the command line."""
    chosen = parser().parse_args(words)
    chosen.action(chosen)


if __name__ == "__main__":
    entry.run(main)
