"""A recipe of conf/augment by its name."""

import importlib
from pathlib import Path

import yaml

from docclf.augment.recipe import Recipe
from docclf.errors import InputError

RECIPES = Path(__file__).resolve().parents[3] / "conf" / "augment"


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
