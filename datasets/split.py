"""Which documents a run with data=folder holds out, as a file: made, checked, and laid out as folders.

python datasets/split.py make DIR --seed 0 --out datasets/splits/NAME.json
python datasets/split.py lay datasets/splits/NAME.json DIR --out FOLDER     # FOLDER/train, FOLDER/val, FOLDER/test
"""

import argparse
import hashlib
import json
import os
import shutil
from pathlib import Path

from public_set import script

from docclf.data.evaluation.held_out import hold_out
from docclf.data.index.build import build_index
from docclf.data.pixels.files import images_of
from docclf.errors import InputError
from docclf.utils import atomic

PARTS = ("train", "val", "test")


def make(root: Path, seed: int, holdout: float = 0.2, holdout_max: int | None = 1000) -> dict:
    """Returns the split of a folder; the arguments are those of ``data=folder`` (``data.holdout_seed``, ...)."""
    index = build_index(root, argument="DIR")
    parts = hold_out(images_of(index), holdout, holdout_max, seed)
    return {
        "holdout_seed": seed,
        "holdout": holdout,
        "holdout_max": holdout_max,
        "images": len(index.entries),
        "fingerprint": index.fingerprint(),
        "files": {
            name: [{"name": entry.path, "sha256": entry.sha256} for _, entry in part]
            for name, part in zip(PARTS, parts, strict=True)
        },
    }


def read(path: Path) -> dict:
    """Returns a split; raises InputError when the file is none."""
    try:
        split = json.loads(path.read_text(encoding="utf-8"))
        for name in PARTS:
            for row in split["files"][name]:
                row["name"], row["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no split ({type(error).__name__}: {error}).") from error
    return split


def check_files(path: Path, root: Path) -> dict:
    """Returns a split after every file of it was found below ``root`` with its content.

    Raises:
        InputError: naming the files that are missing or differ.
    """
    split, missing, changed = read(path), [], []
    for row in (row for rows in split["files"].values() for row in rows):
        try:
            if hashlib.sha256((root / row["name"]).read_bytes()).hexdigest() != row["sha256"]:
                changed.append(row["name"])
        except OSError:
            missing.append(row["name"])
    if missing or changed:
        shown = ", ".join((missing + changed)[:5])
        raise InputError(
            f"{root}: of {path.name}, {len(missing)} files are missing and {len(changed)} differ ({shown})."
        )
    print(f"content: all {sum(map(len, split['files'].values()))} files of {path.name} are there, unchanged")
    return split


def lay(path: Path, root: Path, out: Path) -> None:
    """Copies the files of a split into ``out``/train, val and test; hard links where the disk allows."""
    if out.exists():
        raise InputError(f"--out={out} exists; give a new folder.")
    for part, rows in check_files(path, root)["files"].items():
        for row in rows:
            target = out / part / row["name"]
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(root / row["name"], target)
            except OSError:
                shutil.copyfile(root / row["name"], target)


def main(words: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    commands = parser.add_subparsers(required=True, dest="command")
    new = commands.add_parser("make", help="write the split of a folder")
    new.add_argument("root", type=Path)
    new.add_argument("--seed", type=int, default=0, help="data.holdout_seed")
    new.add_argument("--holdout", type=float, default=0.2, help="data.holdout")
    new.add_argument("--out", type=Path, required=True)
    new = commands.add_parser("lay", help="lay a split out as folders")
    new.add_argument("split", type=Path)
    new.add_argument("root", type=Path)
    new.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args(words)
    if chosen.command == "lay":
        lay(chosen.split, chosen.root, chosen.out)
        return
    split = make(chosen.root, chosen.seed, chosen.holdout)
    atomic.write_text(chosen.out, json.dumps(split, indent=1, ensure_ascii=False) + "\n")
    print(", ".join(f"{name} {len(rows)}" for name, rows in split["files"].items()), f"in {chosen.out}")


if __name__ == "__main__":
    script(main)
