"""Which classes take part in a step."""

import numpy as np
import torch
from torch import Tensor


def sampled(
    labels: Tensor, num_classes: int, rate: float, seed: int, step: int, first: int, last: int
) -> tuple[Tensor | None, Tensor, int]:
    """Returns what ``place`` does for the classes of a step (None for all), and their number over all tables.

    Args:
        labels: of the batch, [B].
        num_classes: K.
        rate: share of the classes, above 0 to 1.
        seed: of the run.
        step: number of the step.
        first: first class of this table.
        last: class after its last one.
    """
    if rate == 1:
        return None, torch.where((labels >= first) & (labels < last), labels - first, -1), num_classes
    classes = with_positives(bernoulli(num_classes, rate, seed, step), labels.cpu().numpy())
    return *place(torch.from_numpy(classes).to(labels.device), labels, first, last), len(classes)


def bernoulli(num_classes: int, rate: float, seed: int, step: int) -> np.ndarray:
    """Returns the classes drawn in a step, ascending; each is in with probability ``rate``, independently.

    The gaps between successes of a Bernoulli sequence are geometric, so the cost is that of the drawn classes and the
    result is sorted without a sort. It depends on seed and step alone: every rank draws the same classes.

    Args:
        num_classes: K.
        rate: above 0, at most 1.
        seed: of the run.
        step: number of the step.
    """
    if rate >= 1:
        return np.arange(num_classes)
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, step])))
    mean = num_classes * rate
    drawn, last = [], -1
    while last < num_classes:
        gaps = generator.geometric(rate, size=int(mean + 4 * mean**0.5) + 8)
        places = last + np.cumsum(gaps)
        drawn.append(places)
        last = int(places[-1])
    classes = np.concatenate(drawn)
    return classes[: np.searchsorted(classes, num_classes)]


def with_positives(drawn: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Returns the classes drawn and the classes of the batch, ascending, each once."""
    wanted = np.unique(labels)
    place = np.searchsorted(drawn, wanted)
    absent = (place == len(drawn)) | (drawn[np.minimum(place, len(drawn) - 1)] != wanted) if len(drawn) else wanted >= 0
    return np.insert(drawn, place[absent], wanted[absent])


def place(classes: Tensor, labels: Tensor, first: int, last: int) -> tuple[Tensor, Tensor]:
    """Returns what a table of the classes first to last (exclusive) holds of a sample.

    Args:
        classes: the sample, ascending.
        labels: each of them in the sample, [B].
        first: first class of the table.
        last: class after its last one.

    Returns:
        The places of the sample's classes in the table, [k], and for each label its position among those, [B], or -1
        when the table does not hold it.
    """
    low, high = torch.searchsorted(classes, torch.tensor([first, last], device=labels.device)).tolist()
    position = torch.searchsorted(classes, labels)
    position = torch.where((position >= low) & (position < high), position - low, -1)
    return classes[low:high] - first, position
