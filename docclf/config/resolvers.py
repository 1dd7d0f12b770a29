"""Names of folders that a configuration works out: registered when this is imported."""

import hashlib
import re

from omegaconf import OmegaConf

MOST = 150  # characters of a folder's name; a file system allows 255 bytes, a path on some 260


def budget_folder(budget: str | None) -> str:
    """Returns the folder of a budget below that of a recipe: none for the recipe's own numbers."""
    return "" if budget in (None, "full") else f"/{budget}"


def override_folder(overrides: str) -> str:
    """Returns a name of one folder for the overrides of a job, different for different overrides.

    Slashes (paths, groups) would nest folders and long lists exceed what a file system allows; such names are changed
    or cut and carry eight digits of the sha256 of the whole.
    """
    name = re.sub(r"[/\\]+", "-", overrides)
    if name == overrides and len(name.encode()) <= MOST:
        return name
    cut = name.encode()[: MOST - 9].decode(errors="ignore")
    return f"{cut}_{hashlib.sha256(overrides.encode()).hexdigest()[:8]}"


OmegaConf.register_new_resolver("budget_folder", budget_folder, replace=True)
OmegaConf.register_new_resolver("override_folder", override_folder, replace=True)
