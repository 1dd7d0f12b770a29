"""Images per second and core of each recipe beside a floor of one warp and one blur, and beside albumentations.

The device executor is timed on this CPU too, where it is not meant to be used; nothing here runs on a GPU.

    python experiments/bench/augment.py [--images 400] [--rounds 5]

albumentations (2.0.8) is no dependency; where it is installed, the original's recipe is timed with it too, with the
values of the older release spelt out under the names the present one knows.
"""

import argparse
import importlib.util
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # also in an environment that has only the peer

SIZES = (64, 128)
RECIPES = ("geometry", "docclassifier", "capture", "capture_ground")
PEER = "docclassifier by albumentations"
DRAWN, BATCH = 512, 64  # samples per call of the drawing and of the device executor
WARM = 6000  # draws that fill the kernel cache, as the first seconds of a training run do


def sources(count: int, size: int) -> list[np.ndarray]:
    """uint8 [size,size,3] each: cards with different tint, so that no codec or filter sees the same bytes twice."""
    from docclf.imaging.sheet import sample_card

    card, rng = cv2.resize(sample_card(), (size, size), interpolation=cv2.INTER_AREA), np.random.default_rng(0)
    return [cv2.transform(card, np.diag(rng.uniform(0.6, 1.1, 3))) for _ in range(count)]


def floor(size: int) -> Callable[[np.ndarray, int], np.ndarray]:
    """One perspective warp and one 5 x 5 Gaussian blur."""
    matrix = np.array([[1.0, 0.05, -2.0], [-0.05, 1.0, 2.0], [1e-4, 0.0, 1.0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return lambda image, index: cv2.GaussianBlur(
        cv2.warpPerspective(image, matrix, (size, size), flags=flags), (5, 5), 0
    )


def albumentations_recipe(size: int) -> Callable[[np.ndarray, int], np.ndarray]:
    """The original's recipe in albumentations 2.0.8, with the parameter values that its 1.3 defaults had."""
    import albumentations as A

    geometry = [
        A.RandomResizedCrop(size=(size, size), scale=(0.8, 1.0)),
        A.ShiftScaleRotate(shift_limit=0.1, scale_limit=0.1, rotate_limit=15),
    ]
    blur = [
        A.MotionBlur(blur_limit=(3, 7)),
        A.MedianBlur(blur_limit=(3, 7)),
        A.GaussianBlur(blur_limit=(3, 7), sigma_limit=(0.8, 1.4)),
        A.ZoomBlur(),
        A.Defocus(radius=(3, 5)),
        A.ImageCompression(quality_range=(1, 50)),
    ]
    noise = [
        A.ISONoise(),
        A.GaussNoise(std_range=(10**0.5 / 255, 50**0.5 / 255)),
        A.MultiplicativeNoise(multiplier=(0.5, 1.5), elementwise=True, per_channel=True),
    ]
    colour = [
        A.ColorJitter(brightness=(0.7, 1.3), contrast=(0.9, 1.1), saturation=(0.9, 1.1), hue=(-0.2, 0.2)),
        A.ToGray(),
        A.ToSepia(),
        A.ChannelShuffle(),
        A.ChannelDropout(),
        A.RGBShift(),
        A.InvertImg(),
    ]
    recipe = A.Compose([A.OneOf(group, p=0.5) for group in (geometry, blur, noise, colour)], seed=0)
    return lambda image, index: recipe(image=image)["image"]


def rate(function: Callable[[np.ndarray, int], np.ndarray], images: list[np.ndarray], rounds: int) -> float:
    """Images per second of processor time, the median of the rounds; each round draws other samples."""
    seconds = []
    for number in range(rounds + 1):
        start = time.thread_time()  # the wall clock would count other programs on the same core
        for index, image in enumerate(images):
            function(image, number * len(images) + index)
        seconds.append(time.thread_time() - start)
    return len(images) / statistics.median(seconds[1:])  # the first warms up


def batched(function: Callable[[np.ndarray], None], count: int, rounds: int) -> float:
    """Samples per second of processor time of a function of the indices of one batch, the median of the rounds."""
    seconds = []
    for number in range(rounds + 1):
        start = time.thread_time()
        function(np.arange(count) + number * count)
        seconds.append(time.thread_time() - start)
    return count / statistics.median(seconds[1:])


def batches(size: int, rounds: int) -> dict[str, float]:
    """Rates of what works on batches: drawing of parameters, and the device executor on this CPU."""
    import torch

    from docclf.augment.sheet.recipes import load

    torch.set_num_threads(1)
    found, images = {}, torch.from_numpy(np.stack(sources(BATCH, size))).permute(0, 3, 1, 2)
    for name in RECIPES:
        recipe = load(name, size, seed=0)
        executor = recipe.device_executor()
        for start in range(0, WARM, DRAWN):
            recipe.plan(np.ones(DRAWN, dtype=np.int64), np.arange(start, start + DRAWN))
        found[f"{name}, {DRAWN} drawn at once"] = batched(lambda i, r=recipe: r.plan(0 * i, i), DRAWN, 4 * rounds)
        found[f"{name}, device executor"] = batched(
            lambda i, e=executor: e(images, torch.from_numpy(0 * i), torch.from_numpy(i)), BATCH, rounds
        )
    return found


def candidates(size: int) -> dict[str, Callable[[np.ndarray, int], np.ndarray]]:
    """What is timed, by name; the recipes only where docclf's dependencies are installed."""
    from docclf.augment.sheet.recipes import load

    found = {"floor: one warp, one blur": floor(size)}
    images = sources(1, size)
    for name in RECIPES:
        recipe = load(name, size, seed=0)
        for index in range(WARM):
            recipe(images[0], 1, index)
        plan = recipe.plan(np.zeros(DRAWN, np.int64), np.arange(DRAWN))
        found[name] = lambda image, index, r=recipe, p=plan: r.apply(image, p, index % DRAWN)
    if importlib.util.find_spec("albumentations"):
        found[PEER] = albumentations_recipe(size)
    return found


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=400, help="per round")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    names, columns = None, []
    for size in SIZES:
        images = sources(given.images, size)
        column = {name: rate(f, images, given.rounds) for name, f in candidates(size).items()}
        column |= batches(size, given.rounds)
        names, columns = list(column), [*columns, column]
    print(f"images/s on one core, median of {given.rounds} rounds of {given.images}, source and result of one size")
    print(f"{'':34}" + "".join(f"{size:>8} px   of floor" for size in SIZES))
    for name in names:
        cells = "".join(f"{c[name]:11,.0f} {c[name] / c['floor: one warp, one blur']:10.2f}" for c in columns)
        print(f"{name:34}{cells}")
    if PEER in names:
        for size, column in zip(SIZES, columns, strict=True):
            print(
                f"at {size} px docclassifier is {column['docclassifier'] / column[PEER]:.2f} times as fast as its peer"
            )
    else:
        print("albumentations is not installed, peer skipped: pip install albumentations==2.0.8")


if __name__ == "__main__":
    main()
