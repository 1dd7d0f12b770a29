"""What the two commands of this folder share: arguments of a source, errors as one paragraph."""

import argparse
import logging
import sys
from collections.abc import Callable

from docclf.data.index.build import Index, index_source, without_copies
from docclf.data.index.copies import DEDUP
from docclf.data.sources.open import open_source
from docclf.errors import InputError
from docclf.imaging.read import MAX_PIXELS
from docclf.utils.process import console, stop
from docclf.utils.text import shown


def add_source_arguments(parser: argparse.ArgumentParser, least: str) -> None:
    """Adds the arguments that say what is read; `least` is argparse's count of sources."""
    parser.add_argument(
        "source",
        nargs=least,
        metavar="SOURCE",
        help="a folder of images in any layout; tar shards or parquet or arrow files: a file, a folder, a pattern "
        "('shards-{0000..0146}.tar', 'DIR/*.tar') or an fsspec URL of these",
    )
    parser.add_argument("--dedup", choices=DEDUP, default="exact", help="which copies are left out (default: exact)")
    parser.add_argument("--threads", type=int, help="threads that decode (default: one per core)")
    parser.add_argument("--max-pixels", type=int, default=MAX_PIXELS, help="larger images count as unreadable")
    parser.add_argument("--column", help="column of the images in parquet or arrow files")
    parser.add_argument("--skip-broken", action="store_true", help="leave broken shards out instead of stopping")


def indexes_of(options: argparse.Namespace, dedup: str | None = None) -> list[Index]:
    """Returns the index of each source, without copies among them."""
    indexes = [
        index_source(
            open_source(location, options.column, options.skip_broken), options.max_pixels, options.threads, "off"
        )
        for location in options.source
    ]
    return without_copies(indexes, options.dedup if dedup is None else dedup)


def main(work: Callable[[], None]) -> None:
    """Runs a command; what the user can mend is printed as a paragraph with exit code 1, a signal ends it with 130."""
    console.prepare()
    logging.basicConfig(format="%(message)s", level=logging.ERROR)
    with stop.orderly():
        try:
            work()
        except InputError as error:
            print(shown(f"error: {error}", keep="\n"), file=sys.stderr)
            sys.exit(1)
