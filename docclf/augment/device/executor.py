"""Applies a recipe to whole batches with tensor operations, on the device the batch is on."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from docclf.augment.cpu.executor import ground_side
from docclf.augment.device.filter import blur as blurs
from docclf.augment.device.filter import jpeg as jpegs
from docclf.augment.device.filter import lens
from docclf.augment.device.filter import noise as noises
from docclf.augment.device.filter import tone as tones
from docclf.augment.device.geometry import ground as grounds
from docclf.augment.device.geometry.resize import shrink, to_bytes
from docclf.augment.device.geometry.warp import warp
from docclf.augment.device.send import send
from docclf.augment.draws.params import BLURS, KERNEL, NOISES, Values
from docclf.errors import InputError
from docclf.imaging.effect.blur import zoom_passes
from docclf.imaging.effect.noise import HUE, NoiseBank


class DeviceExecutor:
    """Augments batches with the parameters of a recipe; the pixels differ from the CPU executor's by rounding only.

    A stage works on the samples that drew it, and leaves whole numbers 0..255 as on the CPU. Which samples these are
    is known on the host, so nothing waits for the device.

    Args:
        stages: order of what follows the warp; see `docclf.augment.recipe.Recipe`.
        image_size: side S of the result, pixels.
        bank: the noise, or None where no noise is drawn.
        draw: `Recipe.plan`.
        compiled: compile light, colour, noise and JPEG with torch.compile, once for all batch sizes.
        scenery: the pictures of a ground border, with `pictures(side)`; None where there are none.
    """

    def __init__(
        self,
        stages: list[str],
        image_size: int,
        bank: NoiseBank | None,
        draw: Callable[..., Values],
        compiled: bool = False,
        scenery=None,
    ):
        self.stages, self.image_size, self.bank, self.scenery, self._draw = stages, image_size, bank, scenery, draw
        self._kept: dict[tuple[str, torch.device], Tensor] = {}
        functions = {"ground": grounds.on_ground, "light": tones.light, "matrix": tones.matrix}
        functions |= {"gamma": tones.gamma, "jpeg": jpegs.jpeg}
        functions |= {name: getattr(noises, name) for name in NOISES[1:]}
        self._call: dict[str, Callable[..., Tensor]] = {
            name: torch.compile(function, dynamic=True) if compiled else function
            for name, function in functions.items()
        }

    def __call__(self, images: Tensor, turns: Tensor, indices: Tensor, progress: float = 1.0) -> Tensor:
        """uint8 [B,3,S,S], a new tensor on the device of the images.

        Turns and indices are best left on the CPU: elsewhere reading them waits for all that the device has to do.

        Args:
            images: uint8 [B,3,H,W] RGB.
            turns: int64 [B], as for `Recipe.plan`.
            indices: int64 [B].
            progress: share of training done.
        """
        return self.apply(images, self.plan(turns, indices, progress))

    def plan(self, turns: Tensor, indices: Tensor, progress: float = 1.0) -> Values:
        """The batch's parameters, drawn on the host; any thread may do so ahead of `apply`."""
        return self._draw(turns.cpu().numpy(), indices.cpu().numpy(), progress)

    def apply(self, images: Tensor, params: Values) -> Tensor:
        """uint8 [B,3,S,S]: the images with parameters that `plan` drew.

        Raises:
            InputError: the images are of another kind, or not as many as the parameters.
        """
        if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] != 3:
            raise InputError(
                f"images are {images.dtype} {list(images.shape)}; augmentation takes uint8 [B,3,H,W] RGB; convert them."
            )
        if len(images) != len(params["warp"]):
            raise InputError(
                f"there are {len(images)} images and parameters of {len(params['warp'])}; give one of each per sample."
            )
        # Half precision would cost up to half a level at each step.
        with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
            pictures = self._keep("pictures", images.device) if (params["pick"] >= 0).any() else None
            out = warp(images, params, self.image_size, pictures)
            for stage in self.stages:
                getattr(self, f"_{stage}")(out, params)
        return out

    def _ground(self, out: Tensor, p: Values) -> None:
        _change(out, p["ground"][:, 4] > 0, self._call["ground"], p["ground"])

    def _things(self, out: Tensor, p: Values) -> None:
        for number in range(p["things"].shape[1]):
            thing = p["things"][:, number]
            _change(out, thing[:, 4] > 0, lens.capsule, thing)
        _change(out, p["screen"][:, 4] > 0, lens.stripes, p["screen"])

    def _light(self, out: Tensor, p: Values) -> None:
        drawn = (
            p["gradient"].any(axis=(1, 2))
            | (p["vignette"] != 0)
            | (p["shadow"][:, 3] > 0)
            | p["glare"].any(axis=(1, 2))
        )
        names = ("gradient", "vignette", "shadow", "glare")
        _change(out, drawn, self._call["light"], *(p[name] for name in names))

    def _colour(self, out: Tensor, p: Values) -> None:
        drawn = (p["colour"] != np.eye(3, 4)).any(axis=(1, 2))
        _change(out, drawn, self._call["matrix"], p["colour"], p["pivot"])
        _change(out, p["gamma"] != 1.0, self._call["gamma"], p["gamma"])

    def _low(self, out: Tensor, p: Values) -> None:
        largest = int(p["low"].max(initial=0))
        _change(out, p["low"] > 0, lambda images, low: shrink(images, low, largest), p["low"])

    def _blur(self, out: Tensor, p: Values) -> None:
        of_kind = {kind: p["blur"] == number for number, kind in enumerate(BLURS)}
        for side in np.unique(p["kernel_size"][of_kind["kernel"]]).tolist():
            used = slice((KERNEL - side) // 2, (KERNEL + side) // 2)
            drawn = of_kind["kernel"] & (p["kernel_size"] == side)
            _change(out, drawn, lens.focused, p["kernel"][:, used, used], p["focus"])
        for side in np.unique(p["kernel_size"][of_kind["median"]]).tolist():
            drawn = send(np.flatnonzero(of_kind["median"] & (p["kernel_size"] == side)), out)
            out[drawn] = blurs.median(out[drawn], side)
        if of_kind["zoom"].any():
            self._zoom(out, p["zoom"], of_kind["zoom"])

    def _zoom(self, out: Tensor, zoom: np.ndarray, drawn: np.ndarray) -> None:
        passes = np.where(drawn, [zoom_passes(value, self.image_size) for value in zoom.tolist()], 0)
        for number in range(passes.max()):
            inverse = zoom ** -(2.0**number / (2.0 ** np.maximum(passes, 1) - 1.0))
            _change(out, passes > number, blurs.zoom_pass, inverse)

    def _noise(self, out: Tensor, p: Values) -> None:
        for number, kind in enumerate(NOISES[1:], start=1):
            drawn = p["noise"] == number
            if drawn.any():
                planes = 2 if kind == "iso" else 3
                bank = self._keep("uniform" if kind == "multiplicative" else "normal", out.device)
                places = send(p["noise_at"][drawn], out)
                field = noises.gather(bank, places, planes, self.image_size, last=kind != "iso")
                constants = [self._keep("hue", out.device)] if kind == "iso" else []
                _change(out, drawn, self._call[kind], p["amount"], field, *constants)

    def _phone(self, out: Tensor, p: Values) -> None:
        for reach in np.unique(np.ceil(3.0 * p["polish"][:, 0])).astype(int).tolist():
            drawn = (np.ceil(3.0 * p["polish"][:, 0]) == reach) & (reach > 0)
            _change(out, drawn, lambda images, values, reach=reach: lens.polish(images, values, reach), p["polish"])

    def _jpeg(self, out: Tensor, p: Values) -> None:
        transform = self._keep("cosines", out.device)
        for first, quality in ((True, p["quality"][:, 0]), (False, p["quality"][:, 1])):
            encode = jpegs.at_twice_the_size if first else self._call["jpeg"]
            steps = jpegs.tables()[quality]
            _change(out, quality >= 0, lambda images, steps, encode=encode: encode(images, steps, transform), steps)

    def _keep(self, name: str, device: torch.device) -> Tensor:
        """A constant on the device, copied there once."""
        if (name, device) not in self._kept:
            if name == "pictures":
                values = self.scenery.pictures(ground_side(self.image_size))
            else:
                constants = {"cosines": jpegs.cosines(), "hue": HUE.astype(np.float32)}
                values = constants[name] if name in constants else getattr(self.bank, name)
            self._kept[name, device] = torch.from_numpy(values).to(device)
        return self._kept[name, device]


def _change(out: Tensor, drawn: np.ndarray, function: Callable[..., Tensor], *values: np.ndarray | Tensor) -> None:
    """Replaces the samples drawn, bool [B], by function(float32 images [n,3,S,S], *values).

    Values are arrays [B,...], of which the samples drawn are sent, or tensors passed as they are.
    """
    if drawn.any():
        rows = send(np.flatnonzero(drawn), out)
        sent = (value if isinstance(value, Tensor) else send(value[drawn], out) for value in values)
        out[rows] = to_bytes(function(out[rows].float(), *sent))
