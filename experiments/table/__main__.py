"""Builds the tables from recorded results: ``python -m experiments.table [RESULTS.jsonl ...] [-o experiments]``."""

import argparse
from pathlib import Path

from docclf.cli import entry as cli
from docclf.utils import atomic
from experiments.table import markdown, page
from experiments.table.rows import blocks, load


def build(paths: list[Path], out: Path) -> list[Path]:
    """Writes TABLE.md and TABLE.html into a folder and returns them; the same records give the same bytes."""
    found = blocks(load(sorted(paths)))
    files = {out / "TABLE.md": markdown.document(found), out / "TABLE.html": page.document(found)}
    for path, text in files.items():
        atomic.write_text(path, text)
    return list(files)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m experiments.table", description=__doc__)
    parser.add_argument("results", nargs="*", type=Path, metavar="RESULTS", help="default: experiments/results/*.jsonl")
    parser.add_argument("-o", "--out", type=Path, default=Path("experiments"), help="folder of TABLE.md and TABLE.html")
    parser.add_argument("--short", nargs="*", metavar="ROW", help="print the README's table of these rows instead")
    chosen = parser.parse_args()
    paths = chosen.results or sorted(Path("experiments/results").glob("*.jsonl"))
    if chosen.short is not None:
        print(markdown.short(blocks(load(paths)), tuple(chosen.short)))
        return
    for path in build(paths, chosen.out):
        print(path)


if __name__ == "__main__":
    cli.run(main)
