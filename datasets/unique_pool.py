"""UniquePool: DocClassifier's document images, each its own class; by default the 451 listed in splits/.

python datasets/unique_pool.py --download --pack 128
python train.py experiment=documents data.root=datasets/unique_pool/selected name=mine
"""

import shutil
from pathlib import Path

from archives import PublicSet, unpack_inside
from public_set import arguments, git_tree, located, prepare, script
from split import check_files, read

from docclf.errors import InputError

COMMIT = "16e0d9a7073d191f39f0f76cb73359d1461dd114"
TREE = "0bd1f96c38434612ebc8a37aa11001a13f90e9dd"  # git's hash of data/unique_pool in that commit
SPLIT = Path(__file__).resolve().parent / "splits" / "unique_pool_seed0.json"
POOL = PublicSet(
    name="unique_pool",
    title="UniquePool (DocClassifier)",
    licence="Apache-2.0 (the repository's); nothing separate is stated for the images; the designs are their issuers'",
    citation="DocsaidLab, DocClassifier, github.com/DocsaidLab/DocClassifier, data/unique_pool",
    images=606,
    url=f"https://codeload.github.com/DocsaidLab/DocClassifier/tar.gz/{COMMIT}",
    archive=f"DocClassifier-{COMMIT[:12]}.tar.gz",
    inside="data/unique_pool",
)


def selected(root: Path, out: Path) -> Path:
    """Returns a folder with the listed files of ``root`` alone; ``root`` itself when it holds no others."""
    wanted = {row["name"] for rows in read(SPLIT)["files"].values() for row in rows}
    if {path.name for path in root.iterdir() if not path.name.startswith(".")} == wanted:
        return root
    target = out / "selected"
    if target.exists():
        raise InputError(f"{target} exists; give --root {target} to check what is there, or remove it.")
    target.mkdir(parents=True)
    for name in sorted(wanted):
        shutil.copyfile(root / name, target / name)
    return target


def main(words: list[str] | None = None) -> dict:
    """Reads the command line; returns the record."""
    parser = arguments(POOL)
    parser.add_argument("--all", action="store_true", help="keep all 606 images, not the listed 451")
    chosen = parser.parse_args(words)
    root = located(POOL, chosen, unpack_inside(POOL.inside, skip=1))
    if not root.is_dir():
        raise InputError(f"--root={root}: there is no such folder.")
    whole = git_tree(root) == TREE
    print(f"content: {'exactly' if whole else 'not'} data/unique_pool of commit {COMMIT[:12]} (git tree {TREE[:12]})")
    if chosen.all:
        if not whole and not chosen.partial:
            raise InputError(f"{root} differs from the published folder; fetch it again, or say --partial.")
        return prepare(POOL, chosen, root, {"git_tree": TREE if whole else None})
    if not chosen.partial:
        check_files(SPLIT, root)
    root, chosen.partial = (root if chosen.partial else selected(root, chosen.out)), True
    return prepare(POOL, chosen, root, {"git_tree": TREE if whole else None, "selection": SPLIT.name})


if __name__ == "__main__":
    script(main)
