"""Old and new models against each other: ``python -m docclf.versions OLD_OLD NEW_OLD [RUN ...] -o versions.html``.

A run is a folder of evaluate.py; ``evaluate.py ckpt=NEW register_ckpt=OLD`` makes one that crosses two models.
"""

if __name__ == "__main__":
    import docclf.utils.process.watch  # noqa: F401  first: Ctrl-C while the rest loads

import argparse
from pathlib import Path

from docclf.cli import entry as cli
from docclf.compare import saved
from docclf.compare.__main__ import check
from docclf.measures import title
from docclf.report.page import render
from docclf.utils import atomic
from docclf.versions import matrix


def write(folders: list[Path], out: Path) -> list[matrix.Cell]:
    """Writes the page; returns its cells.

    Raises:
        InputError: runs that cannot be read, or are of different splits.
    """
    runs = {folder: saved.read(folder) for folder in dict.fromkeys(folders)}
    first, *others = runs
    for folder in others:
        check(runs[first], runs[folder], first, folder)
    found = matrix.cells(runs)
    shown = [
        {"cell": cell, "numbers": [(matrix.number(cell, name), matrix.verdict(cell, name)) for name in cell.values]}
        for cell in found
    ]
    page = render(
        "versions.html.j2",
        title="Versions of a model against each other",
        rows=shown,
        measures=[title(name) for name in found[0].values],
        share=matrix.average_compatibility(found),
        queries=len(runs[first].names),
        classes=len(runs[first].class_names),
    )
    atomic.write_text(out, page)
    return found


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m docclf.versions", description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folder with compare.npz; the oldest first")
    parser.add_argument("-o", "--out", type=Path, default=Path("versions.html"), help="the page to write")
    chosen = parser.parse_args()
    found = write(chosen.runs, chosen.out)
    print("\n".join(matrix.lines(found)))
    if (share := matrix.average_compatibility(found)) is not None:
        print(f"average compatibility: {share:.2f}")
    print(f"versions: {chosen.out}")


if __name__ == "__main__":
    cli.run(main)
