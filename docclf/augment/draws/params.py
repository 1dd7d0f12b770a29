"""What is drawn for a batch: one array per field, [B, ...], so that both executors read the same numbers."""

from types import SimpleNamespace

import numpy as np

KERNEL = 21  # side of the stored blur kernel, pixels; smaller kernels lie in its centre
BORDERS = ("constant", "replicate", "reflect", "backdrop", "ground")
BLURS = ("none", "kernel", "median", "zoom")
NOISES = ("none", "gaussian", "multiplicative", "iso", "sensor")
GRID = 4  # cells per side of the backdrop
GLARES = 2  # spots per sample
THINGS = 3  # capsules per sample
Values = dict[str, np.ndarray]

# Field: its value where nothing is drawn, which is the identity; a stage whose numbers are the identity is skipped.
# Lengths are fractions of the side of the image unless stated; colours are RGB, 0..255; angles radians.
SAME: Values = {
    # homography from output to source coordinates, both in [0,1] over the image (left, top edge = 0; the centre of
    # pixel i of n is (i + 0.5) / n), as torch's grid_sample has it without align_corners
    "warp": np.eye(3),
    "detail": np.int64(0),  # the source is halved so often before the warp, beyond what its size asks for
    "border": np.int64(1),  # what lies outside the source
    "fill": np.zeros(3),  # colour of a constant border
    "backdrop": np.zeros((GRID, GRID, 3)),  # cells, enlarged bilinearly, of a backdrop border
    "pick": np.int64(-1),  # number of the picture of a ground border; -1: the backdrop
    "view": np.zeros(4),  # left, top, width and height of the part of that picture that is seen; negative: mirrored
    "bend": np.zeros(4),  # bow along x, along y; place (0: none) and depth of a fold across x (source coordinates)
    "rim": np.zeros(6),  # share of the side by which a plate under the sheet is larger (0: none), its shift x, y, RGB
    "drop": np.zeros(4),  # shadow of the sheet on the ground: shift x, y, half width of its edge, darkness (0: none)
    "things": np.zeros((THINGS, 8)),  # capsules over it: ends x, y, x, y, radius (0: none), RGB
    "screen": np.zeros(
        5
    ),  # stripes of a screen: waves along x, along y, phase, shift between channels, depth (0: none)
    # centre x, y, radii x, y, exponent (0: none), angle of the part that is kept, RGB of the plain ground round it
    "ground": np.zeros(9),
    "gradient": np.zeros((3, 2)),  # per channel, change of gain from the centre to the right and to the lower rim
    "vignette": np.float64(0.0),  # loss of gain at the corners
    # direction of a shadow's edge, its offset from the centre, half width, darkness (0: none), width of the band
    "shadow": np.zeros(5),
    "glare": np.zeros((GLARES, 6)),  # centre x, y, radii x, y, angle, strength (0: none, above 1: saturates)
    "colour": np.eye(3, 4),  # matrix on RGB; the last column is an offset in 0..255
    "pivot": np.zeros((3, 3)),  # on the image's mean RGB, added to the offset (contrast turns about the mean luma)
    "gamma": np.float64(1.0),  # exponent on [0,1] values after the matrix
    "low": np.int64(0),  # side, pixels, the image is reduced to and enlarged from; 0: none
    "blur": np.int64(0),  # kind of blur
    "kernel": np.zeros((KERNEL, KERNEL), dtype=np.float32),  # of kind "kernel", sums to 1
    "kernel_size": np.int64(1),  # side of the part of the kernel, or of the median window, in use, pixels, odd
    "sigma": np.float64(0.0),  # where the kernel is a Gaussian (an executor may then separate it)
    "zoom": np.float64(1.0),  # largest magnification of a zoom blur
    "focus": np.zeros(3),  # direction, offset and half width (0: blurred all over) of where a blur begins
    "noise": np.int64(0),  # kind of noise
    "amount": np.zeros(2),  # its amounts; see imaging/effect/noise.py
    "noise_at": np.int64(0),  # where in the noise bank this sample reads
    "polish": np.zeros(2),  # a phone's denoising (sigma, pixels; 0: none) and sharpening
    "quality": np.full(2, -1),  # JPEG qualities 0..100 of the first encoding, at twice the size, and the last; -1: none
}


def identity(count: int) -> Values:
    """Fields of `count` samples that change nothing, to be written to."""
    return {name: np.repeat(np.asarray(same)[None], count, axis=0) for name, same in SAME.items()}


def row(values: Values, place: int) -> SimpleNamespace:
    """The fields of one sample as attributes."""
    return SimpleNamespace(**{name: array[place] for name, array in values.items()})
