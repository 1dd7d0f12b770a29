"""What changes from one model to the next, to read before switching: ``python -m docclf.drift OLD NEW DIR``.

DIR holds register/ and query/ as an evaluation folder does (LABEL.jpg or LABEL/FILE.jpg in each).
"""

if __name__ == "__main__":
    import docclf.utils.process.watch  # noqa: F401  first: Ctrl-C while the rest loads

import argparse
from pathlib import Path

from docclf.cli import entry as cli
from docclf.drift import measures
from docclf.errors import InputError
from docclf.gallery.embedder import Embedder, open_model
from docclf.gallery.images import folder
from docclf.report.page import render
from docclf.utils import atomic
from docclf.utils.cosines import text
from docclf.utils.text import shown

LISTED = 20


def drift(old: Embedder, new: Embedder, root: Path) -> measures.Drift:
    """Returns what changes on the images below a folder.

    Raises:
        InputError: no register/ or query/ there, or no image in one.
    """
    sides = {}
    for part in ("register", "query"):
        if not (root / part).is_dir():
            raise InputError(f"{root}: no folder {part} there; want {root}/register and {root}/query with images.")
        sides[part] = folder(root / part, None)[0]
    vectors = [
        tuple(model([row.pixels for row in sides[part]]) for part in ("register", "query")) for model in (old, new)
    ]
    labels = tuple([row.label for row in sides[part]] for part in ("register", "query"))
    return measures.measure(*vectors, labels, [row.name for row in sides["query"]])


def rows(found: measures.Drift) -> list[tuple[str, str, str]]:
    """Returns (what, old, new) of each number; what concerns both stands under new."""
    spread = ", ".join(f"{share:.0%}" for share in measures.QUANTILES)
    told = [("images", "", str(found.images))]
    if found.direct is not None:
        told.append((f"cosine old to new, quantiles {spread}", "", " ".join(map(text, found.direct))))
    told.append((f"the same after the best turn, quantiles {spread}", "", " ".join(map(text, found.aligned))))
    told.append(("linear CKA", "", f"{found.cka:.4f}"))
    told.append(("queries with the same nearest label", "", f"{found.agreement:.4f}"))
    if found.right is not None:
        told.append(("rank-1", *(f"{share:.4f}" for share in found.right)))
    told += [(f"threshold at FPR {target:g}", *map(text, pair)) for target, pair in found.thresholds.items()]
    return told


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m docclf.drift", description=__doc__)
    parser.add_argument("old", help="checkpoint or ONNX file")
    parser.add_argument("new", help="checkpoint or ONNX file")
    parser.add_argument("root", type=Path, metavar="DIR", help="folder with register/ and query/")
    parser.add_argument("-o", "--out", type=Path, default=Path("drift.html"), help="the page to write")
    parser.add_argument("--allow", action="append", help="package of your own a checkpoint may name")
    chosen = parser.parse_args()
    found = drift(open_model(chosen.old, chosen.allow), open_model(chosen.new, chosen.allow), chosen.root)
    for what, old, new in rows(found):
        print(f"{what}: {old + ' -> ' if old else ''}{new}")
    for change in found.changes[:LISTED]:
        print(shown(f"    {change.name}: {change.old} -> {change.new}" + (f" (is {change.own})" if change.own else "")))
    if len(found.changes) > LISTED:
        print(f"    and {len(found.changes) - LISTED} more: {chosen.out}")
    atomic.write_text(chosen.out, render("drift.html.j2", title="From one model to the next", rows=rows(found),
                                         changes=found.changes, old=chosen.old, new=chosen.new))  # fmt: skip
    print(f"drift: {chosen.out}")


if __name__ == "__main__":
    cli.run(main)
