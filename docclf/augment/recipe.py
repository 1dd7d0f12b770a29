"""One augmentation recipe: draws a sample's parameters; two executors apply them."""

import numpy as np

from docclf.augment.base import Augmentation
from docclf.augment.blur import Blur
from docclf.augment.colour import Colour
from docclf.augment.compression import Compression
from docclf.augment.cpu.executor import CpuExecutor
from docclf.augment.device.executor import DeviceExecutor
from docclf.augment.draws.checks import check_probability, check_range
from docclf.augment.draws.draw import draws
from docclf.augment.draws.params import Values, identity
from docclf.augment.geometry import Geometry
from docclf.augment.ground import Ground
from docclf.augment.light import Light
from docclf.augment.noise import Noise
from docclf.augment.scene.camera import Camera
from docclf.augment.scene.grounds import Grounds
from docclf.augment.scene.phone import Phone
from docclf.augment.scene.things import Things
from docclf.errors import InputError
from docclf.imaging.effect.noise import NoiseBank

STAGES = ("ground", "things", "light", "colour", "low", "blur", "noise", "phone", "jpeg")
EXECUTORS = ("auto", "cpu", "device")


class Recipe(Augmentation):
    """Augments one image; safe to call from several threads at once.

    The warp comes first; the other stages follow in the order given. The parameters of a sample depend on nothing but
    (seed, epoch, index), so a resumed run, another order of reading or another number of threads sees the same pixels.

    Args:
        stages: order of some or all of "ground", "things", "light", "colour", "low", "blur", "noise", "phone", "jpeg".
        image_size: side S of the result, pixels.
        seed: of the run, at least 0.
        geometry: the warp, or the camera of a scene; null for none, as for the others.
        ground: a plain ground round a part of the image, or what the sheets of a scene lie on.
        things: what lies over a sheet.
        light: uneven light, shadow, glare.
        colour: the colour matrix.
        blur: the blur.
        noise: the noise.
        phone: smoothing and sharpening.
        compression: JPEG, and the detour through a smaller size ("low").
        curriculum: shares of training between which the level rises from 0 to 1, and the factor of all probabilities
            at level 0; null: always the hardest.
        executor: "cpu" augments image by image in the loader's threads, "device" batches on the device that trains,
            "auto" on the device when that is CUDA.
        compiled: compile parts of the device executor with torch.compile.

    Raises:
        InputError: a stage is unknown or named twice, or a part draws for a stage that is not in the order.
    """

    def __init__(
        self,
        stages: list[str],
        image_size: int,
        seed: int,
        geometry: Geometry | Camera | None = None,
        ground: Ground | Grounds | None = None,
        things: Things | None = None,
        light: Light | None = None,
        colour: Colour | None = None,
        blur: Blur | None = None,
        noise: Noise | None = None,
        phone: Phone | None = None,
        compression: Compression | None = None,
        curriculum: list[float] | None = None,
        executor: str = "auto",
        compiled: bool = False,
    ):
        if sorted(set(stages)) != sorted(stages) or not set(stages) <= set(STAGES):
            raise InputError(
                f"augment.stages is {stages}; expected each at most once of {', '.join(STAGES)}; mend the yaml."
            )
        if image_size < 8:
            raise InputError(f"image_size is {image_size}; augmentation needs at least 8 pixels; set image_size=128.")
        self.stages, self.image_size, self.seed = list(stages), image_size, seed
        self.geometry, self.ground, self.light, self.colour = geometry, ground, light, colour
        self.blur, self.noise, self.compression = blur, noise, compression
        given = {"geometry": geometry, "ground": ground, "things": things, "light": light, "colour": colour}
        given |= {"blur": blur, "noise": noise, "phone": phone, "compression": compression}
        self.parts = {name: part for name, part in given.items() if part is not None}
        self._check()
        self.curriculum = curriculum
        if curriculum is not None:
            check_range("augment.curriculum", curriculum[:2], 0.0, 1.0)
            check_probability("augment.curriculum[2]", curriculum[2])
        if executor not in EXECUTORS:
            raise InputError(f"augment.executor is {executor}; expected one of {', '.join(EXECUTORS)}; choose one.")
        self.executor, self.compiled = executor, compiled
        self.bank = None if noise is None else NoiseBank(image_size)
        self.scenery = ground if isinstance(ground, Grounds) else None
        self._cpu = CpuExecutor(self.stages, image_size, self.bank, self.scenery)

    def _check(self) -> None:
        if isinstance(self.geometry, Camera) != isinstance(self.ground, Grounds):
            raise InputError(
                "augment.geometry and augment.ground: a camera needs grounds and grounds need a camera; take both from "
                "augment=scene."
            )
        if self.blur is not None and self.blur.kinds.get("jpeg", 0) > 0 and self.compression is None:
            raise InputError(
                "augment.blur.kinds has jpeg, but augment.compression is not set; give it a quality, or drop jpeg."
            )
        needed = set(self.parts) - {"geometry", "compression"}
        needed -= {"ground"} if isinstance(self.ground, Grounds) else set()
        if self.compression is not None:
            needed |= {"jpeg", "low"} if self.compression.low_p > 0 else {"jpeg"}
        if unused := sorted(needed - set(self.stages)):
            raise InputError(
                f"augment.stages is {self.stages}, but {', '.join(unused)} is set too; name its stage or drop it."
            )

    def plan(
        self, turns: np.ndarray, indices: np.ndarray, progress: float = 1.0, aspects: np.ndarray | None = None
    ) -> Values:
        """The fields of B samples, each a pure function of (seed, turn, index, level); see draws.params.

        Args:
            turns: [B] number of each sample's pass over the data, at least 0.
            indices: [B] number of the sample in it, at least 0.
            progress: share of training done; decides the level where there is a curriculum.
            aspects: [B] width over height of the sheets of a scene; drawn without.
        """
        level = self.level(progress)
        ease = 1.0 if self.curriculum is None else self.curriculum[2] + (1.0 - self.curriculum[2]) * level
        drawn, out = draws(self.seed, turns, indices, level, ease), identity(len(turns))
        for name, part in self.parts.items():
            known = {"aspects": aspects} if isinstance(part, Camera) else {}
            part.draw(drawn[name], out, self.image_size, **known)
        return out

    def level(self, progress: float) -> float:
        """Difficulty at that share of training, 0 to 1."""
        if self.curriculum is None:
            return 1.0
        start, stop, _ = self.curriculum
        return min(1.0, max(0.0, (progress - start) / max(stop - start, 1e-9)))

    def __call__(self, image: np.ndarray, epoch: int, index: int, progress: float = 1.0) -> np.ndarray:
        """uint8 [S,S,3] RGB, a new array.

        Args:
            image: uint8 [H,W,3] RGB of any size.
            epoch: number of the pass over the data.
            index: number of the sample in it.
            progress: see plan.
        """
        return self.apply(image, self.plan(np.array([epoch]), np.array([index]), progress))

    def apply(self, image: np.ndarray, values: Values, place: int = 0, ground: np.ndarray | None = None) -> np.ndarray:
        """uint8 [S,S,3] RGB: the image with the fields that `plan` drew for the sample at that place.

        Args:
            image: uint8 [H,W,3] RGB.
            values: of `plan`.
            place: of the sample in them.
            ground: uint8 [n,n,3], for a scene: what the sheet lies on, instead of the picture that was drawn.
        """
        return self._cpu(image, values, place, ground)

    def attach(self, source: object) -> None:
        """Tells what is trained on; a scene then lays sheets on other documents too."""
        if isinstance(self.ground, Grounds):
            self.ground.attach(source)

    def on_device(self, device_type: str) -> bool:
        """True when batches are augmented on the device they train on, by `device_executor`.

        Args:
            device_type: of the training, as torch names it: "cuda", "cpu", ...
        """
        return self.executor == "device" or (self.executor == "auto" and device_type == "cuda")

    def device_executor(self) -> DeviceExecutor:
        """The executor that applies this recipe to batches on their device."""
        return DeviceExecutor(self.stages, self.image_size, self.bank, self.plan, self.compiled, self.scenery)
