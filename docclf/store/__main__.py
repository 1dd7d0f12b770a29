"""Moves registered vectors between homes: ``python -m docclf.store copy FROM TO``, ``count``, ``list``."""

import argparse
import sys

from docclf.errors import InputError
from docclf.store.open import HOMES, copy, open_store
from docclf.utils.process import console
from docclf.utils.text import shown


def run_copy(chosen: argparse.Namespace) -> None:
    """Copies all rows, pictures and facts into another home; given again, it goes on."""
    number = copy(open_store(chosen.source), open_store(chosen.target))
    print(f"copied: {number} images from {chosen.source} to {chosen.target}")


def run_count(chosen: argparse.Namespace) -> None:
    """Prints how many images there are, with all attributes asked for."""
    print(open_store(chosen.address).count(pairs(chosen.where)))


def run_list(chosen: argparse.Namespace) -> None:
    """Prints label, name and attributes of each image."""
    for row in open_store(chosen.address).scan(pairs(chosen.where)):
        tags = "  ".join(f"{key}={value}" for key, value in row.attributes.items())
        print(shown(f"{row.label}  {row.name}  {tags}".rstrip()))


def pairs(given: list[str] | None) -> dict[str, str]:
    """Returns ``KEY=VALUE`` texts as a filter.

    Raises:
        InputError: one without =, or two values for one attribute.
    """
    found: dict[str, str] = {}
    for text in given or []:
        key, sign, value = text.partition("=")
        if not sign or not key or not value:
            raise InputError(f"where {shown(text)!r}: want ATTRIBUTE=VALUE.")
        if found.setdefault(key, value) != value:
            raise InputError(f"where {shown(key)!r} is asked to be two values at once; no image has both.")
    return found


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
