"""Applies a sample's parameters with OpenCV on uint8."""

import numpy as np

from docclf.augment.draws.params import BLURS, BORDERS, KERNEL, NOISES, Params
from docclf.errors import InputError
from docclf.imaging import blur as blurs
from docclf.imaging import colour as colours
from docclf.imaging import ground as grounds
from docclf.imaging import jpeg as jpegs
from docclf.imaging import light as lights
from docclf.imaging import noise as noises
from docclf.imaging import warp as warps
from docclf.imaging.resize import squash

_SAME = Params()


class CpuExecutor:
    """Applies parameters to one image; safe to call from several threads at once.

    Args:
        stages: order of what follows the warp; see `docclf.augment.recipe.Recipe`.
        image_size: side S of the result, pixels.
        bank: the noise, or None where no noise is drawn.
    """

    def __init__(self, stages: list[str], image_size: int, bank: noises.NoiseBank | None):
        self.stages, self.image_size, self._bank = stages, image_size, bank

    def __call__(self, image: np.ndarray, params: Params) -> np.ndarray:
        """uint8 [S,S,3] RGB, a new array.

        Args:
            image: uint8 [H,W,3] RGB of any size.
            params: of the sample.

        Raises:
            InputError: the image is of another kind.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise InputError(
                f"image is {image.dtype} {list(image.shape)}; augmentation takes uint8 [H,W,3] RGB; convert it."
            )
        out = _warp(image, params, self.image_size)
        for stage in self.stages:
            out = getattr(self, f"_{stage}")(out, params)
        return out

    def _ground(self, image: np.ndarray, p: Params) -> np.ndarray:
        return image if p.ground is _SAME.ground else grounds.on_ground(image, p.ground)

    def _light(self, image: np.ndarray, p: Params) -> np.ndarray:
        if p.gradient is _SAME.gradient and p.shadow is _SAME.shadow and p.glare is _SAME.glare and p.vignette == 0.0:
            return image
        return lights.light(image, p.gradient, p.vignette, p.shadow, p.glare)

    def _colour(self, image: np.ndarray, p: Params) -> np.ndarray:
        if p.colour is not _SAME.colour:
            image = colours.apply_matrix(image, p.colour, p.pivot)
        return image if p.gamma == 1.0 else colours.apply_gamma(image, p.gamma)

    def _low(self, image: np.ndarray, p: Params) -> np.ndarray:
        return blurs.shrink(image, p.low) if p.low else image

    def _blur(self, image: np.ndarray, p: Params) -> np.ndarray:
        kind = BLURS[p.blur]
        if kind == "kernel":
            start = (KERNEL - p.kernel_size) // 2
            used = slice(start, start + p.kernel_size)
            return blurs.filter_kernel(image, p.kernel[used, used], p.sigma)
        if kind == "median":
            return blurs.median(image, p.kernel_size)
        return blurs.zoom_blur(image, p.zoom) if kind == "zoom" else image

    def _noise(self, image: np.ndarray, p: Params) -> np.ndarray:
        if p.noise == 0:
            return image
        kind, (first, second) = NOISES[p.noise], p.amount
        if kind == "gaussian":
            return noises.gaussian(image, first, self._bank.normals(p.noise_at))
        if kind == "multiplicative":
            return noises.multiplicative(image, first, second, self._bank.uniforms(p.noise_at))
        if kind == "iso":
            return noises.iso(image, first, second, self._bank.planes(p.noise_at))
        return noises.sensor(image, first, second, self._bank.normals(p.noise_at))

    def _jpeg(self, image: np.ndarray, p: Params) -> np.ndarray:
        return image if p.quality < 0 else jpegs.jpeg(image, p.quality)


def _warp(image: np.ndarray, p: Params, size: int) -> np.ndarray:
    if np.array_equal(p.warp, _SAME.warp):
        out = squash(image, size)
        return out.copy() if out is image else out
    border = BORDERS[p.border]
    if border != "backdrop":
        return warps.warp_to_square(image, p.warp, size, border, p.fill)
    out = warps.warp_to_square(image, p.warp, size)
    if warps.covers(p.warp):
        return out
    return warps.composite(out, warps.enlarge(p.backdrop, size), warps.coverage(p.warp, size))
