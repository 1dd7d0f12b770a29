"""Sub-labels: classes named ``A/damaged`` share the parent ``A``."""

import torch
from torch import Tensor


def parents(class_names: list[str]) -> Tensor | None:
    """Returns the parent number of each class when some names are sub-labels (``A/damaged``), else ``None``."""
    if not any("/" in name for name in class_names):
        return None
    numbers: dict[str, int] = {}
    return torch.tensor([numbers.setdefault(name.split("/")[0], len(numbers)) for name in class_names])
