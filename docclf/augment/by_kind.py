"""One recipe for images of one kind, another for those of another."""

from collections.abc import Callable, Sequence

import numpy as np

from docclf.augment.base import Augmentation
from docclf.augment.device.executor import DeviceExecutor
from docclf.augment.draws.params import Values, identity
from docclf.augment.recipe import Recipe
from docclf.errors import InputError


class ByKind(Augmentation):
    """Augments each part of data=packed by the recipe of its kind; both executors, as `docclf.augment.recipe.Recipe`.

    A sample's parameters are those its recipe would draw alone, whatever the other parts are.

    Args:
        recipes: kind to what makes its recipe from an image size and a seed.
        image_size: side S of the result, pixels.
        seed: of the run, at least 0.

    Raises:
        InputError: no recipe, or recipes that differ in their stages or in who applies them.
    """

    def __init__(self, recipes: dict[str, Callable[..., Recipe]], image_size: int, seed: int):
        if not recipes:
            raise InputError("augment.recipes is empty; give a recipe for each kind of image.")
        self.recipes = {kind: make(image_size=image_size, seed=seed) for kind, make in recipes.items()}
        first, *others = self.recipes
        self._one = self.recipes[first]
        for kind in others:
            for what in ("stages", "executor", "compiled"):
                own, want = getattr(self.recipes[kind], what), getattr(self._one, what)
                if own != want:
                    raise InputError(
                        f"augment.recipes.{kind}.{what}={own}, but {first} has {want}; give all recipes the same."
                    )
        self.image_size, self.stages = image_size, self._one.stages
        noisy = [recipe for recipe in self.recipes.values() if recipe.bank is not None]
        self._applier = (noisy or [self._one])[0]  # the parameters say what is done; any recipe with noise does it
        self.bank = self._applier.bank
        self._kinds: np.ndarray | None = None
        self._ends: np.ndarray | None = None

    def share_out(self, kinds: Sequence[str] | None, sizes: Sequence[int]) -> None:
        """Tells the kinds and numbers of samples of the parts of the data; samples are numbered through the parts.

        Raises:
            InputError: kinds are missing, too many or too few, or have no recipe.
        """
        if kinds is None or len(kinds) != len(sizes) or not set(kinds) <= set(self.recipes):
            raise InputError(
                f"data.kinds={None if kinds is None else list(kinds)}: this augmentation wants one of "
                f"{', '.join(self.recipes)} for each of the {len(sizes)} parts of the data (packs, then designs), "
                "such as data.kinds=[document,thing]; or choose augment=capture, one recipe for all."
            )
        self._kinds = np.array([list(self.recipes).index(kind) for kind in kinds])
        self._ends = np.cumsum(np.asarray(sizes, dtype=np.int64))

    def plan(self, turns: np.ndarray, indices: np.ndarray, progress: float = 1.0) -> Values:
        """The fields of B samples; see `Recipe.plan`."""
        turns, indices = np.asarray(turns), np.asarray(indices)
        out, kinds = identity(len(indices)), self._kind_of(indices)
        for kind, recipe in enumerate(self.recipes.values()):
            rows = np.flatnonzero(kinds == kind)
            for name, values in recipe.plan(turns[rows], indices[rows], progress).items():
                out[name][rows] = values
        return out

    def __call__(self, image: np.ndarray, epoch: int, index: int, progress: float = 1.0) -> np.ndarray:
        """uint8 [S,S,3] RGB, a new array; see `Recipe.__call__`."""
        return self.apply(image, self.plan(np.array([epoch]), np.array([index]), progress))

    def apply(self, image: np.ndarray, values: Values, place: int = 0) -> np.ndarray:
        """uint8 [S,S,3] RGB; see `Recipe.apply`."""
        return self._applier.apply(image, values, place)

    def attach(self, source: object) -> None:
        """Tells what is trained on; see `Recipe.attach`."""
        for recipe in self.recipes.values():
            recipe.attach(source)

    def on_device(self, device_type: str) -> bool:
        """True when batches are augmented on the device they train on; see `Recipe.on_device`."""
        return self._one.on_device(device_type)

    def device_executor(self) -> DeviceExecutor:
        """The executor that applies the recipes to batches on their device."""
        return DeviceExecutor(
            self.stages, self.image_size, self.bank, self.plan, self._one.compiled, self._applier.scenery
        )

    def _kind_of(self, indices: np.ndarray) -> np.ndarray:
        """Returns the number of each sample's kind, int64 [B]."""
        if self._ends is None:
            raise InputError("augment=by_kind needs data with kinds: data=packed or data=stream with data.kinds=[...].")
        if indices.size and not 0 <= indices.min() <= indices.max() < self._ends[-1]:
            raise InputError(f"sample {indices.max()} is none of the {self._ends[-1]} of the data.")
        return self._kinds[np.searchsorted(self._ends, indices, side="right")]
