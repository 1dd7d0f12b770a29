"""A picture of a recipe: `python -m docclf.augment.sheet OUT.png --recipe capture [--executor device]`."""

if __name__ == "__main__":
    import docclf.utils.process.watch  # noqa: F401  first: Ctrl-C while the rest loads

import argparse
import importlib
import sys
from pathlib import Path

import numpy as np
import torch
import yaml

from docclf.augment.recipe import Recipe
from docclf.errors import InputError
from docclf.imaging.read import read_image
from docclf.imaging.resize import squash
from docclf.imaging.sheet import grid, sample_card, write_png
from docclf.utils.process import stop
from docclf.utils.text import shown

RECIPES = Path(__file__).resolve().parents[2] / "conf" / "augment"


def load(name: str, image_size: int, seed: int) -> Recipe:
    """The recipe of conf/augment/NAME.yaml, without the command line around it.

    Args:
        name: a recipe that augments ("none" does not).
        image_size: side of the result, pixels.
        seed: of the run.

    Raises:
        InputError: there is no such recipe, it is empty, or made of several.
    """
    path = RECIPES / f"{name}.yaml"
    texts = {path.stem: path.read_text(encoding="utf-8") for path in RECIPES.glob("*.yaml")}
    known = sorted(stem for stem, text in texts.items() if text and "@recipes" not in text)
    if name not in known:
        raise InputError(f"recipe {name} is none of {', '.join(known)}; choose one of these (they lie in {RECIPES}).")
    return _build({**_node(path), "image_size": image_size, "seed": seed})


def _node(path: Path) -> dict:
    """What the yaml says over the one it builds on, as Hydra would compose it."""
    node = yaml.safe_load(path.read_text(encoding="utf-8"))
    for base in node.pop("defaults", []):
        if base != "_self_":
            node = _over(_node(path.with_name(f"{base}.yaml")), node)
    return node


def _over(base: dict, node: dict) -> dict:
    both = {key for key in base.keys() & node.keys() if isinstance(node[key], dict) and isinstance(base[key], dict)}
    return {**base, **node, **{key: _over(base[key], node[key]) for key in both}}


def _build(node: object) -> object:
    # Components know nothing of Hydra; for a recipe, whose nodes are plain, this is all that instantiate does.
    if not isinstance(node, dict):
        return node
    values = {key: _build(value) for key, value in node.items() if not key.startswith("_")}
    if "_target_" not in node:
        return values
    module, name = node["_target_"].rsplit(".", 1)
    return getattr(importlib.import_module(module), name)(**values)


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
