"""A contact sheet of the synthetic documents: `python -m docclf.data.drawn.sheet OUT.png --kind designs`."""

if __name__ == "__main__":
    import docclf.utils.process.watch  # noqa: F401  first: Ctrl-C while the rest loads

import argparse
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from docclf.data.drawn.documents import STARTS
from docclf.errors import InputError
from docclf.imaging.sheet import grid, write_png
from docclf.synthetic.capture import capture
from docclf.synthetic.design import BLOCK, siblings
from docclf.synthetic.draw import draw
from docclf.utils import atomic
from docclf.utils.process import stop

_DESK = (226, 228, 232)


def designs(rows: int, columns: int, first: int, seed: int, side: int) -> list[np.ndarray]:
    """Returns one copy each of designs without siblings."""
    singles = [design for design in range(first, first + 2 * rows * columns + BLOCK) if len(siblings(design)) == 1]
    return [draw(design, design, seed, side) for design in singles[: rows * columns]]


def fills(rows: int, columns: int, first: int, seed: int, side: int) -> list[np.ndarray]:
    """Returns rows of one design, a different person in each column."""
    return [draw(first + 9 + row, column, seed, side) for row in range(rows) for column in range(columns)]


def families(rows: int, columns: int, first: int, seed: int, side: int) -> list[np.ndarray]:
    """Returns rows of siblings, the same person on all; short families leave blanks."""
    roots = [block + place for block in range(first, first + rows * BLOCK, BLOCK) for place in (0, 2, 5)]
    blank = np.full((1, 1, 3), _DESK, np.uint8)
    sheet = []
    for root in roots[:rows]:
        row = [draw(design, root, seed, side) for design in siblings(root)][:columns]
        sheet += row + [blank] * (columns - len(row))
    return sheet


def captures(rows: int, columns: int, first: int, seed: int, side: int) -> list[np.ndarray]:
    """Returns rows of one design: the clean copy, then captures of other people's copies."""
    sheet = []
    for design in range(first + 9, first + 9 + rows):
        for column in range(columns):
            copy = draw(design, column, seed, side)
            sheet.append(capture(copy, (seed, design, column), side=side) if column else copy)
    return sheet


KINDS = {"designs": designs, "fills": fills, "families": families, "captures": captures}


def _centred(images: list[np.ndarray], side: int) -> list[np.ndarray]:
    height, width = max(image.shape[0] for image in images), max(image.shape[1] for image in images)
    cells = []
    for image in images:
        cell = np.empty((min(side, height), min(side, width), 3), np.uint8)
        cell[...] = _DESK
        top, left = (cell.shape[0] - image.shape[0]) // 2, (cell.shape[1] - image.shape[1]) // 2
        cell[top : top + image.shape[0], left : left + image.shape[1]] = image
        cells.append(cell)
    return cells


def _write_small(path: Path, sheet: np.ndarray) -> None:
    if not path.parent.is_dir():
        raise InputError(f"{path} cannot be written (no such folder); give a file in an existing folder.")
    buffer = BytesIO()
    Image.fromarray(sheet).quantize(256, kmeans=2).save(buffer, "PNG", optimize=True)
    atomic.write_bytes(path, buffer.getvalue())


def main(arguments: list[str] | None = None) -> None:
    """Draws a sheet as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m docclf.data.drawn.sheet", description=__doc__.splitlines()[0])
    parser.add_argument("out", help="PNG file to write")
    parser.add_argument("--kind", choices=KINDS, default="designs")
    parser.add_argument("--rows", type=int, default=6)
    parser.add_argument("--columns", type=int, default=8)
    parser.add_argument("--first", type=int, default=STARTS["train"], help="first design number, a multiple of 45")
    parser.add_argument("--seed", type=int, default=0, help="seed of the documents (data_seed)")
    parser.add_argument("--small", action="store_true", help="write 256 colours: a third of the bytes")
    parser.add_argument("--side", type=int, default=200, help="longest side of a document, pixels")
    given = parser.parse_args(arguments)
    try:
        if given.rows < 1 or given.columns < 1 or given.first < 0 or given.first % BLOCK:
            raise InputError(
                f"--rows {given.rows} --columns {given.columns} --first {given.first}: expected 1 or more rows and "
                f"columns, and a first design that is a multiple of {BLOCK}, so that families are whole."
            )
        images = KINDS[given.kind](given.rows, given.columns, given.first, given.seed, given.side)
        sheet = grid(_centred(images, given.side), given.columns)
        if given.small:
            _write_small(Path(given.out), sheet)
        else:
            write_png(given.out, sheet)
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    with stop.orderly():
        main()
