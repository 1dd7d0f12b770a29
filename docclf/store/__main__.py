"""Moves registered vectors between homes: ``python -m docclf.store copy FROM TO``, ``count``, ``list``."""

import argparse
import sys

from docclf.errors import InputError
from docclf.search.attributes import parsed
from docclf.store.open import HOMES, copy, open_store
from docclf.utils.process import console
from docclf.utils.text import shown


def run_copy(chosen: argparse.Namespace) -> None:
    """Copies all rows, pictures and facts into another home; given again, it goes on."""
    number = copy(open_store(chosen.source), open_store(chosen.target))
    print(f"copied: {number} images from {chosen.source} to {chosen.target}")


def run_count(chosen: argparse.Namespace) -> None:
    """Prints how many images there are, with all attributes asked for."""
    print(open_store(chosen.address).count(parsed(chosen.where or [])))


def run_list(chosen: argparse.Namespace) -> None:
    """Prints label, name and attributes of each image."""
    for row in open_store(chosen.address).scan(parsed(chosen.where or [])):
        tags = "  ".join(f"{key}={value}" for key, value in row.attributes.items())
        print(shown(f"{row.label}  {row.name}  {tags}".rstrip()))


def parser() -> argparse.ArgumentParser:
    """Returns the command line."""
    whole = argparse.ArgumentParser(prog="python -m docclf.store", description=f"{__doc__} An address is {HOMES}.")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for name, action, places in (
        ("copy", run_copy, ("source", "target")),
        ("count", run_count, ("address",)),
        ("list", run_list, ("address",)),
    ):
        new = commands.add_parser(name, help=action.__doc__, description=action.__doc__)
        new.set_defaults(action=action)
        for place in places:
            new.add_argument(place)
        if name != "copy":
            new.add_argument("--where", action="append", metavar="ATTRIBUTE=VALUE", help="may be given several times")
    return whole


def main(words: list[str] | None = None) -> None:
    """Reads the command line."""
    console.prepare()
    chosen = parser().parse_args(words)
    try:
        chosen.action(chosen)
    except InputError as error:
        sys.exit(shown(f"error: {error}"))


if __name__ == "__main__":
    main()
