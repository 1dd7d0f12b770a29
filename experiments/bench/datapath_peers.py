"""What docclf's data path is measured beside: Pillow, a torchvision DataLoader, the original's method."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

BATCH = 256


def pillow(paths: list[Path], size: int, filter: Image.Resampling) -> int:
    """Decodes and resizes with Pillow in one thread."""
    for path in paths:
        with Image.open(path) as image:
            np.asarray(image.convert("RGB").resize((size, size), filter))
    return len(paths)


class Original(torch.utils.data.Dataset):
    """The original's method: one image at a time is decoded, resized linearly and augmented."""

    def __init__(self, paths: list[Path], size: int, recipe: Callable | None):
        self.paths, self.size, self.recipe = paths, size, recipe

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> tuple[np.ndarray, int]:
        image = cv2.resize(cv2.imread(str(self.paths[i])), (self.size, self.size))
        if self.recipe is not None:
            image = self.recipe(image, i)
        return np.transpose(image, (2, 0, 1)).astype("float32") / 255.0, i


def loaders(folder: Path, size: int) -> dict[str, torch.utils.data.DataLoader]:
    """Returns the loaders of the peers by name; the original's with its augmentation where that can be imported."""
    from torchvision import datasets, transforms

    steps = transforms.Compose([transforms.Resize((size, size)), transforms.PILToTensor()])
    paths = sorted(folder.rglob("*.JPEG"))
    sets = {"torchvision ImageFolder, PIL, 2 workers": datasets.ImageFolder(str(folder), steps)}
    sets["original: decode, resize, 2 workers"] = Original(paths, size, None)
    if importlib.util.find_spec("albumentations"):
        from augment import albumentations_recipe

        sets["original: decode, resize, augment, 2 workers"] = Original(paths, size, albumentations_recipe(size))
    how = {"batch_size": BATCH, "shuffle": True, "num_workers": 2, "persistent_workers": True}
    return {name: torch.utils.data.DataLoader(data, **how) for name, data in sets.items()}
