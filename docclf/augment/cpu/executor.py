"""Applies a sample's parameters with OpenCV on uint8."""

from types import SimpleNamespace

import numpy as np

from docclf.augment.draws.params import BLURS, BORDERS, KERNEL, NOISES, SAME, Values, row
from docclf.errors import InputError
from docclf.imaging import warp as warps
from docclf.imaging.effect import blur as blurs
from docclf.imaging.effect import colour as colours
from docclf.imaging.effect import ground as grounds
from docclf.imaging.effect import jpeg as jpegs
from docclf.imaging.effect import light as lights
from docclf.imaging.effect import noise as noises
from docclf.imaging.resize import squash
from docclf.imaging.scene import lens, sheet


class CpuExecutor:
    """Applies parameters to one image; safe to call from several threads at once.

    Args:
        stages: order of what follows the warp; see `docclf.augment.recipe.Recipe`.
        image_size: side S of the result, pixels.
        bank: the noise, or None where no noise is drawn.
        scenery: the pictures of a ground border, with `pictures(side)`; None where there are none.
    """

    def __init__(self, stages: list[str], image_size: int, bank: noises.NoiseBank | None, scenery=None):
        self.stages, self.image_size, self._bank, self._scenery = stages, image_size, bank, scenery

    def __call__(self, image: np.ndarray, values: Values, place: int = 0, ground: np.ndarray | None = None):
        """uint8 [S,S,3] RGB, a new array.

        Args:
            image: uint8 [H,W,3] RGB of any size.
            values: fields of a batch.
            place: of the sample in it.
            ground: uint8 [n,n,3], the picture to lie on instead of the one that was picked.

        Raises:
            InputError: the image is of another kind.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise InputError(
                f"image is {image.dtype} {list(image.shape)}; augmentation takes uint8 [H,W,3] RGB; convert it."
            )
        p = row(values, place)
        out = self._warp(image, p, ground)
        for stage in self.stages:
            out = getattr(self, f"_{stage}")(out, p)
        return out

    def _warp(self, image: np.ndarray, p: SimpleNamespace, ground: np.ndarray | None) -> np.ndarray:
        size, border = self.image_size, BORDERS[p.border]
        if border == "ground":
            back = self._lie(p, ground)
            return sheet.laid(image, p.warp, p.bend, sheet.surroundings(back, p.warp, p.rim, p.drop), int(p.detail))
        if np.array_equal(p.warp, SAME["warp"]):
            out = squash(image, size)
            return out.copy() if out is image else out
        if border != "backdrop":
            return warps.warp_to_square(image, p.warp, size, border, p.fill)
        out = warps.warp_to_square(image, p.warp, size)
        if warps.covers(p.warp):
            return out
        return warps.composite(out, warps.enlarge(p.backdrop, size), warps.coverage(p.warp, size))

    def _lie(self, p: SimpleNamespace, ground: np.ndarray | None) -> np.ndarray:
        """uint8 [S,S,3]: what a sheet lies on."""
        if ground is None and p.pick < 0:
            return warps.enlarge(p.backdrop, self.image_size)
        if ground is None:
            ground = self._scenery.pictures(ground_side(self.image_size))[p.pick]
        return sheet.seen(ground, p.view, self.image_size)

    def _ground(self, image: np.ndarray, p: SimpleNamespace) -> np.ndarray:
        return grounds.on_ground(image, p.ground) if p.ground[4] > 0.0 else image

    def _things(self, image: np.ndarray, p: SimpleNamespace) -> np.ndarray:
        for thing in p.things[p.things[:, 4] > 0.0]:
            image = lens.capsule(image, thing)
        return lens.stripes(image, p.screen) if p.screen[4] > 0.0 else image

    def _light(self, image: np.ndarray, p: SimpleNamespace) -> np.ndarray:
        if p.gradient.any() or p.vignette or p.shadow[3] > 0.0 or p.glare.any():
            return lights.light(image, p.gradient, float(p.vignette), p.shadow, p.glare)
        return image

    def _colour(self, image: np.ndarray, p: SimpleNamespace) -> np.ndarray:
        if not np.array_equal(p.colour, SAME["colour"]):
            image = colours.apply_matrix(image, p.colour, p.pivot)
        return image if p.gamma == 1.0 else colours.apply_gamma(image, p.gamma)

    def _low(self, image: np.ndarray, p: SimpleNamespace) -> np.ndarray:
        return blurs.shrink(image, int(p.low)) if p.low else image

    def _blur(self, image: np.ndarray, p: SimpleNamespace) -> np.ndarray:
        kind, size = BLURS[p.blur], int(p.kernel_size)
        if kind == "kernel":
            start = (KERNEL - size) // 2
            used = slice(start, start + size)
            out = blurs.filter_kernel(image, p.kernel[used, used], float(p.sigma))
            return lens.part_focus(image, out, p.focus) if p.focus[2] > 0.0 else out
        if kind == "median":
            return blurs.median(image, size)
        return blurs.zoom_blur(image, float(p.zoom)) if kind == "zoom" else image

    def _noise(self, image: np.ndarray, p: SimpleNamespace) -> np.ndarray:
        if p.noise == 0:
            return image
        kind, (first, second), at = NOISES[p.noise], p.amount.tolist(), int(p.noise_at)
        if kind == "gaussian":
            return noises.gaussian(image, first, self._bank.normals(at))
        if kind == "multiplicative":
            return noises.multiplicative(image, first, second, self._bank.uniforms(at))
        if kind == "iso":
            return noises.iso(image, first, second, self._bank.planes(at))
        return noises.sensor(image, first, second, self._bank.normals(at))

    def _phone(self, image: np.ndarray, p: SimpleNamespace) -> np.ndarray:
        sigma, sharpen = p.polish.tolist()
        return lens.polish(image, sigma, sharpen) if sigma > 0.0 else image

    def _jpeg(self, image: np.ndarray, p: SimpleNamespace) -> np.ndarray:
        first, last = p.quality.tolist()
        if first >= 0:
            image = jpegs.at_twice_the_size(image, first)
        return image if last < 0 else jpegs.jpeg(image, last)


def ground_side(image_size: int) -> int:
    """Side that the pictures of grounds are kept at, pixels: a part of them fills the frame."""
    return -(-5 * image_size // 4)
