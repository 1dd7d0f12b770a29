"""One augmentation recipe: draws a sample's parameters; two executors apply them."""

import numpy as np

from docclf.augment.blur import Blur
from docclf.augment.colour import Colour
from docclf.augment.compression import Compression
from docclf.augment.cpu import CpuExecutor
from docclf.augment.device.executor import DeviceExecutor
from docclf.augment.draws.batch import Stream
from docclf.augment.draws.draw import draws
from docclf.augment.draws.geometry import draw_geometry
from docclf.augment.draws.params import Params, identity
from docclf.augment.geometry import Geometry
from docclf.augment.ground import Ground
from docclf.augment.light import Light
from docclf.augment.noise import Noise
from docclf.errors import InputError
from docclf.imaging.noise import NoiseBank

STAGES = ("ground", "light", "colour", "low", "blur", "noise", "jpeg")
EXECUTORS = ("auto", "cpu", "device")


class Recipe:
    """Augments one image; safe to call from several threads at once.

    The warp comes first; the other stages follow in the order given. The parameters of a sample depend on nothing but
    (seed, epoch, index), so a resumed run, another order of reading or another number of threads sees the same pixels.

    Args:
        stages: order of some or all of "ground", "light", "colour", "low", "blur", "noise", "jpeg".
        image_size: side S of the result, pixels.
        seed: of the run, at least 0.
        geometry: the warp; null for none, as for the others.
        ground: a plain ground round a part of the image.
        light: uneven light, shadow, glare.
        colour: the colour matrix.
        blur: the blur.
        noise: the noise.
        compression: JPEG, and the detour through a smaller size ("low").
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
        geometry: Geometry | None = None,
        ground: Ground | None = None,
        light: Light | None = None,
        colour: Colour | None = None,
        blur: Blur | None = None,
        noise: Noise | None = None,
        compression: Compression | None = None,
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
        if blur is not None and blur.kinds.get("jpeg", 0) > 0 and compression is None:
            raise InputError(
                "augment.blur.kinds has jpeg, but augment.compression is not set; give it a quality, or drop jpeg."
            )
        parts = {"ground": ground, "light": light, "colour": colour, "blur": blur, "noise": noise, "jpeg": compression}
        if compression is not None and compression.low_p > 0:
            parts["low"] = compression
        unused = [name for name, part in parts.items() if part is not None and name not in stages]
        if unused:
            raise InputError(
                f"augment.stages is {stages}, but {', '.join(unused)} is set too; name its stage or drop it."
            )
        if executor not in EXECUTORS:
            raise InputError(f"augment.executor is {executor}; expected one of {', '.join(EXECUTORS)}; choose one.")
        self.executor, self.compiled = executor, compiled
        self.bank = None if noise is None else NoiseBank(image_size)
        self._cpu = CpuExecutor(self.stages, image_size, self.bank)

    def params(self, epoch: int, index: int) -> Params:
        """The parameters of a sample.

        Args:
            epoch: number of the pass over the data, at least 0.
            index: number of the sample in it, at least 0.
        """
        draw, drawn = draws(self.seed, epoch, index), {}
        if self.geometry is not None:
            drawn |= self.geometry.draw(draw["geometry"], self.image_size)
        if self.ground is not None:
            drawn |= self.ground.draw(draw["ground"])
        if self.light is not None:
            drawn |= self.light.draw(draw["light"])
        if self.colour is not None:
            drawn |= self.colour.draw(draw["colour"])
        if self.blur is not None:
            drawn |= self.blur.draw(draw["blur"], self.image_size)
        chosen = drawn.pop("jpeg", False)
        if self.noise is not None:
            drawn |= self.noise.draw(draw["noise"])
        if self.compression is not None:
            drawn |= self.compression.draw(draw["jpeg"], self.image_size, chosen)
        return Params(**drawn)

    def params_batch(self, epochs: np.ndarray, indices: np.ndarray) -> dict[str, np.ndarray]:
        """What `stack` makes of the parameters of B samples, bit for bit, several times faster.

        Args:
            epochs: [B], see params.
            indices: [B], see params.
        """
        parts = {"geometry": self.geometry, "light": self.light, "colour": self.colour, "blur": self.blur}
        parts |= {"noise": self.noise, "jpeg": self.compression, "ground": self.ground}
        stream = Stream(self.seed, epochs, indices)
        out, draw = identity(stream.count), stream.draws([name for name, part in parts.items() if part is not None])
        if not stream.count:
            return out
        if self.geometry is not None:
            draw_geometry(self.geometry, draw["geometry"], out, self.image_size)
        for name in ("ground", "light", "colour", "noise"):
            if parts[name] is not None:
                parts[name].draw_batch(draw[name], out)
        chosen = np.zeros(stream.count, dtype=bool)
        if self.blur is not None:
            chosen = self.blur.draw_batch(draw["blur"], out, self.image_size)
        if self.compression is not None:
            self.compression.draw_batch(draw["jpeg"], out, self.image_size, chosen)
        return out

    def __call__(self, image: np.ndarray, epoch: int, index: int) -> np.ndarray:
        """uint8 [S,S,3] RGB, a new array.

        Args:
            image: uint8 [H,W,3] RGB of any size.
            epoch: see params.
            index: see params.
        """
        return self.apply(image, self.params(epoch, index))

    def apply(self, image: np.ndarray, params: Params) -> np.ndarray:
        """uint8 [S,S,3] RGB: the image with the given parameters."""
        return self._cpu(image, params)

    def on_device(self, device_type: str) -> bool:
        """True when batches are augmented on the device they train on, by `device_executor`.

        Args:
            device_type: of the training, as torch names it: "cuda", "cpu", ...
        """
        return self.executor == "device" or (self.executor == "auto" and device_type == "cuda")

    def device_executor(self) -> DeviceExecutor:
        """The executor that applies this recipe to batches on their device."""
        return DeviceExecutor(self, self.compiled)
