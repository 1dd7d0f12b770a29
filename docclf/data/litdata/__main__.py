"""Shards for LitData, made of packs: `python -m docclf.data.litdata PACK ... --out DIR`."""

if __name__ == "__main__":
    import docclf.utils.process.watch  # noqa: F401  first: Ctrl-C while the rest loads

import argparse

from docclf.data.litdata.shards import write_shards
from docclf.data.pack.combine import without_copies
from docclf.data.pack.read import open_pack
from docclf.data.pixels.mapped import Mapped
from docclf.errors import InputError
from docclf.utils.process import stop


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packs", nargs="+", metavar="PACK")
    parser.add_argument("--out", required=True)
    parser.add_argument("--chunk", type=int, default=128, help="images of a shard (default: 128, 6 MB of 128 px)")
    given = parser.parse_args()
    try:
        parts = [open_pack(path) for path in given.packs]
        facts = write_shards(Mapped(list(zip(parts, without_copies(parts), strict=True))), given.out, given.chunk)
    except InputError as error:
        parser.exit(1, f"error: {error}\n")
    print(f"{given.out}: {facts.count} images of {facts.side} px, fingerprint {facts.fingerprint[:16]}")


if __name__ == "__main__":
    with stop.orderly():
        main()
