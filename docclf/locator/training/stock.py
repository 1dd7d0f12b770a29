"""What scenes are made of: sheets and natural images held in memory, each kind drawn as its size deserves."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from docclf.errors import InputError
from docclf.imaging.file.kinds import is_image_name
from docclf.imaging.read import read_image
from docclf.imaging.resize import at_most
from docclf.synthetic.draw import draw

LONGEST = 256  # side that a scene, which has fewer pixels, can show


class Stock:
    """Images by folder; a folder's chance is the square root of how many it holds, so that no kind drowns the others.

    Args:
        folders: name to images, uint8 [h,w,3]; each folder holds some.
    """

    def __init__(self, folders: dict[str, list[np.ndarray]]) -> None:
        self.folders = list(folders.values())
        share = np.sqrt([len(images) for images in self.folders])
        self.chances = np.cumsum(share / share.sum())
        self.counts = {name: len(images) for name, images in folders.items()}

    def __call__(self, rng: np.random.Generator) -> np.ndarray:
        """Returns one of the images."""
        images = self.folders[min(int(np.searchsorted(self.chances, rng.random())), len(self.folders) - 1)]
        return images[int(rng.integers(len(images)))]


def load(roots: Sequence[str], drawn: int, seed: int, argument: str, say: Callable[[str], None] = print) -> Stock:
    """Returns the images below some folders, made smaller, and designs that docclf draws.

    Args:
        roots: folders; each folder below them that holds images is a kind of its own.
        drawn: how many drawn designs there are besides.
        seed: of the designs.
        argument: what the user calls the folders.
        say: is told what could not be read.

    Raises:
        InputError: a root that is no folder, or no image at all.
    """
    folders: dict[str, list[np.ndarray]] = {}
    for root in map(Path, roots):
        if not root.is_dir():
            raise InputError(f"{argument} {root}: there is no such folder; give one with images below it.")
        for path in sorted(path for path in root.rglob("*") if path.is_file() and is_image_name(path.name)):
            try:
                image = at_most(read_image(path, min_side=LONGEST), LONGEST)
            except InputError as error:
                say(f"left out: {error}")
                continue
            folders.setdefault(_kind(root, path), []).append(image)
    if drawn:
        folders["drawn"] = [draw(design, 0, seed, LONGEST) for design in range(drawn)]
    if not folders:
        raise InputError(f"{argument}: no readable image in {', '.join(roots) or 'no folder'}; give folders with some.")
    return Stock(folders)


def _kind(root: Path, path: Path) -> str:
    inner = path.relative_to(root).parts
    return f"{root.name}/{inner[0]}" if len(inner) == 2 else root.name
