"""What is drawn for one sample: plain numbers and small arrays of fixed shape, so that a batch stacks into tensors."""

from dataclasses import dataclass, field, fields

import numpy as np

KERNEL = 21  # side of the stored blur kernel, pixels; smaller kernels lie in its centre
BORDERS = ("constant", "replicate", "reflect", "backdrop")
BLURS = ("none", "kernel", "median", "zoom")
NOISES = ("none", "gaussian", "multiplicative", "iso", "sensor")
GRID = 4  # cells per side of the backdrop


def _constant(value: np.ndarray):
    value.flags.writeable = False  # shared by all samples
    return field(default_factory=lambda: value)


def _identity(rows: int, columns: int):
    return _constant(np.eye(rows, columns))


def _zeros(*shape: int, dtype: type = np.float64):
    return _constant(np.zeros(shape, dtype=dtype))


@dataclass
class Params:
    """The drawn numbers of one sample; the defaults are the identity.

    Names of kinds are indices into BORDERS, BLURS and NOISES. A stage whose numbers are the identity is skipped.

    Attributes:
        warp: [3,3] homography from output to source coordinates, both in [0,1] over the image (left, top edge = 0;
            the centre of pixel i of n is (i + 0.5) / n), as torch's grid_sample has it without align_corners.
        border: what lies outside the source.
        fill: [3] RGB of a constant border, 0..255.
        backdrop: [4,4,3] RGB cells, 0..255, enlarged bilinearly, of a backdrop border.
        ground: [9] centre x, y, radii x, y (fractions of the side), exponent (0: none), angle (radians) of the part
            that is kept, and RGB of the ground round it, 0..255.
        gradient: [3,2] per channel, change of gain from the centre to the right and to the lower rim.
        vignette: loss of gain at the corners.
        shadow: [5] direction of the edge's normal (radians), its offset from the centre, its half width (both as
            fractions of the side), darkness beyond it (0: no shadow), and width of the band (large: a half plane).
        glare: [6] centre x, y, radii x, y (fractions of the side), angle (radians), strength (0: none).
        colour: [3,4] matrix on RGB; the last column is an offset in 0..255.
        pivot: [3,3] matrix on the image's mean RGB, added to the offset (contrast turns about the mean luma).
        gamma: exponent on [0,1] values after the matrix; 1: none.
        low: side, pixels, the image is reduced to and enlarged from; 0: none.
        blur: kind of blur.
        kernel: [21,21] for kind "kernel", sums to 1.
        kernel_size: side of the part of `kernel`, or of the median window, in use, pixels, odd.
        sigma: standard deviation where the kernel is a Gaussian (an executor may then separate it), else 0.
        zoom: largest magnification of a zoom blur.
        noise: kind of noise.
        amount: [2] its amounts; see imaging/noise.py.
        noise_at: where in the noise bank this sample reads.
        quality: JPEG quality 0..100; -1: none.
    """

    warp: np.ndarray = _identity(3, 3)
    border: int = 1
    fill: np.ndarray = _zeros(3)
    backdrop: np.ndarray = _zeros(GRID, GRID, 3)
    ground: np.ndarray = _zeros(9)
    gradient: np.ndarray = _zeros(3, 2)
    vignette: float = 0.0
    shadow: np.ndarray = _zeros(5)
    glare: np.ndarray = _zeros(6)
    colour: np.ndarray = _identity(3, 4)
    pivot: np.ndarray = _zeros(3, 3)
    gamma: float = 1.0
    low: int = 0
    blur: int = 0
    kernel: np.ndarray = _zeros(KERNEL, KERNEL, dtype=np.float32)
    kernel_size: int = 1
    sigma: float = 0.0
    zoom: float = 1.0
    noise: int = 0
    amount: np.ndarray = _zeros(2)
    noise_at: int = 0
    quality: int = -1


_SAME = {f.name: np.asarray(getattr(Params(), f.name)) for f in fields(Params)}


def stack(params: list[Params]) -> dict[str, np.ndarray]:
    """[B, ...] arrays, one per attribute, of B samples' parameters: whole numbers int64, the kernel float32, the rest
    float64."""
    return {name: np.stack([np.asarray(getattr(p, name), same.dtype) for p in params]) for name, same in _SAME.items()}


def identity(count: int) -> dict[str, np.ndarray]:
    """What `stack` makes of `count` times the defaults, to be written to."""
    return {name: np.repeat(same[None], count, axis=0) for name, same in _SAME.items()}
