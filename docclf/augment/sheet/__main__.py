"""A picture of a recipe: `python -m docclf.augment.sheet OUT.png --recipe capture [--executor device]`."""

if __name__ == "__main__":
    import docclf.utils.process.watch  # noqa: F401  first: Ctrl-C while the rest loads

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from docclf.augment.recipe import Recipe
from docclf.augment.sheet.recipes import load
from docclf.errors import InputError
from docclf.imaging.read import read_image
from docclf.imaging.resize import squash
from docclf.imaging.sheet import grid, sample_card, write_png
from docclf.utils.process import stop
from docclf.utils.text import shown


def sheet(recipe: Recipe, images: list[np.ndarray], count: int, executor: str = "cpu") -> np.ndarray:
    """uint8 [H,W,3]: per image one row, the plain image and then `count` augmented versions of it.

    Args:
        recipe: what is shown.
        images: uint8 [H,W,3] each.
        count: versions per image.
        executor: "cpu" or "device"; the latter runs on CUDA where there is one, else on the CPU.
    """
    cells = []
    for index, image in enumerate(images):
        versions = (recipe(image, epoch, index) for epoch in range(count))
        cells += [
            squash(image, recipe.image_size),
            *(versions if executor == "cpu" else _batch(recipe, image, index, count)),
        ]
    return grid(cells, columns=count + 1)


def _batch(recipe: Recipe, image: np.ndarray, index: int, count: int) -> list[np.ndarray]:
    batch = torch.from_numpy(image).permute(2, 0, 1).expand(count, -1, -1, -1)
    batch = batch.to("cuda" if torch.cuda.is_available() else "cpu")
    out = recipe.device_executor()(batch, torch.arange(count), torch.full((count,), index))
    return list(out.permute(0, 2, 3, 1).cpu().numpy())


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; 1 after a mistake of the user's."""
    parser = argparse.ArgumentParser(prog="python -m docclf.augment.sheet", description=__doc__)
    parser.add_argument("out", type=Path, help="PNG to write")
    parser.add_argument("--recipe", required=True, help="name of a yaml in conf/augment")
    parser.add_argument("--image", type=Path, nargs="+", default=[], help="image files; a generated card without them")
    parser.add_argument("--image-size", type=int, default=128, help="side of the results, pixels")
    parser.add_argument("--count", type=int, default=11, help="augmented versions per image")
    parser.add_argument("--executor", choices=("cpu", "device"), default="cpu", help="which executor draws them")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        recipe = load(given.recipe, given.image_size, given.seed)
        images = [read_image(path) for path in given.image] or [sample_card() for _ in range(6)]
        write_png(given.out, sheet(recipe, images, given.count, given.executor))
    except InputError as error:
        print(shown(f"{error}", keep="\n"), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    with stop.orderly():
        sys.exit(main())
