"""Grocery Store: 81 product pictures to register, 2,485 photos from shops as queries.

python datasets/grocery.py --download
python evaluate.py ckpt=RUN/best.ckpt data=register_query data.root=datasets/grocery/register_query
"""

import csv
import os
import shutil
from pathlib import Path, PurePosixPath

from archives import PublicSet, safe, unpack_inside
from public_set import arguments, git_tree, located, prepare, script

from docclf.errors import InputError

COMMIT = "fc80ba90f803d79d0383df52c5a4ac5de99ff6fc"
TREE = "e7756d505f53e3eef89ae1ee97f3a799a9885475"  # git's hash of dataset/ in that commit
GROCERY = PublicSet(
    name="grocery",
    title="Grocery Store, iconic images against test photos",
    licence="MIT (Copyright (c) 2019 Marcus Klasson); no separate licence for the iconic images, which were downloaded",
    citation="M. Klasson, C. Zhang, H. Kjellstrom, A Hierarchical Grocery Store Image Dataset with Visual and Semantic "
    "Labels, WACV 2019",
    images=81 + 2485,
    folders=2,
    url=f"https://codeload.github.com/marcusklasson/GroceryStoreDataset/tar.gz/{COMMIT}",
    archive=f"GroceryStoreDataset-{COMMIT[:12]}.tar.gz",
    inside="dataset",
)


def arranged(root: Path, out: Path) -> Path:
    """Copies the iconic image of each class to register/ and the images of test.txt to query/; returns the folder.

    Raises:
        InputError: classes.csv, test.txt or an image is missing.
    """
    target, temporary = out / "register_query", out / ".arranging"
    if target.exists():
        raise InputError(f"{target} exists; remove it to prepare the set again.")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        with (root / "classes.csv").open(newline="", encoding="utf-8") as stream:
            classes = [(int(row[1]), row[0], row[4]) for row in list(csv.reader(stream))[1:] if row]
        names = {number: name for number, name, _ in classes}
        copies = [(icon.lstrip("/"), f"register/{name}") for _, name, icon in classes]
        for line in (root / "test.txt").read_text(encoding="utf-8").split("\n"):
            if line.strip():
                path, number, _ = (part.strip() for part in line.split(","))
                copies.append((path, f"query/{names[int(number)]}"))
        for path, folder in copies:
            (temporary / folder).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / safe(path), temporary / folder / PurePosixPath(path).name)
        os.replace(temporary, target)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise InputError(
            f"{root} is not the dataset/ folder of the repository ({type(error).__name__}: {error})."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def main(words: list[str] | None = None) -> dict:
    """Reads the command line; returns the record."""
    chosen = arguments(GROCERY).parse_args(words)
    root = located(GROCERY, chosen, unpack_inside(GROCERY.inside, skip=1))
    whole = root.is_dir() and git_tree(root) == TREE
    if not whole and not chosen.partial:
        raise InputError(
            f"{root} is not exactly dataset/ of commit {COMMIT[:12]} (git tree {TREE[:12]}): files are missing, "
            "changed or added. Fetch it again, or say --partial."
        )
    return prepare(GROCERY, chosen, arranged(root, chosen.out), {"git_tree": TREE if whole else None})


if __name__ == "__main__":
    script(main)
