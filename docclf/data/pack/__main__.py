"""`python -m docclf.data.pack SOURCE --out DIR --side 128`: makes a pack, or verifies one."""

if __name__ == "__main__":
    import docclf.utils.process.watch  # noqa: F401  first: Ctrl-C while the rest loads

import argparse
import time

from docclf.data.index.build import left_out
from docclf.data.index.command import add_source_arguments, indexes_of, main
from docclf.data.pack.estimate import check_space, duration, predict
from docclf.data.pack.items import PackItems
from docclf.data.pack.verify import verify_pack
from docclf.data.pack.write import write_pack
from docclf.errors import InputError
from docclf.utils.text import shown


def run() -> None:
    """Runs the command."""
    main(_work)


def _work() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m docclf.data.pack",
        description="Decodes the images of one or more sources once, squashed to a square, into a folder that training "
        "reads by number. Stopped at any moment, the same command goes on where it was.",
    )
    add_source_arguments(parser, "*")
    parser.add_argument("--out", metavar="DIR", help="folder of the pack: new, empty, or an unfinished pack")
    parser.add_argument("--side", type=int, default=128, help="side of the stored images, pixels (default: 128)")
    parser.add_argument(
        "--compact", action="store_true", help="store JPEG: about a quarter of the size, slower to read"
    )
    parser.add_argument("--verify", metavar="DIR", help="compare a pack with its checksums and end")
    options = parser.parse_args()
    if options.verify:
        pack = verify_pack(options.verify, options.threads)
        print(f"{pack.path}: {pack.num_images} images of {pack.side} px, every checksum right")
        return
    if not options.source or not options.out:
        parser.error("give SOURCE and --out DIR, or --verify DIR")
    if options.side < 8:
        raise InputError(f"--side={options.side}: expected 8 pixels or more.")
    _pack(options)


def _pack(options: argparse.Namespace) -> None:
    indexes = indexes_of(options)
    for index in indexes:
        lines = [f"{index.root}: {len(index.entries)} images, {len(index.skipped)} left out", *left_out(index.skipped)]
        print("\n".join(map(shown, lines)))
    items = PackItems(indexes, options.side, options.compact, options.max_pixels)
    expected = predict(items, options.threads)
    print(f"pack: {expected}")
    check_space(options.out, expected.bytes)
    sources = [
        {"location": str(index.root), "images": len(index.entries), "fingerprint": index.fingerprint()}
        for index in indexes
    ]
    start = time.perf_counter()
    pack = write_pack(items, options.out, options.threads, sources)
    size = sum(pack.manifest["files"].values())
    print(
        f"{pack.path}: {pack.num_images} images of {pack.side} px, {size / 1e9:.2f} GB, in "
        f"{duration(time.perf_counter() - start)}, fingerprint {pack.fingerprint[:16]}"
    )


if __name__ == "__main__":
    run()
