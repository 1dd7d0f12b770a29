"""Draws what lies over a sheet: the fingers that hold it, a clip, a pen, a cable; and the stripes of a screen."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from docclf.augment.draws.draw import Draw
from docclf.augment.draws.params import THINGS, Values
from docclf.augment.draws.part import Part, Share, Within
from docclf.imaging.warp import CORNERS

# Light and dark skin (two of Fitzpatrick's types, RGB); the others lie between.
_SKIN = np.array([[236.0, 190.0, 160.0], [92.0, 56.0, 40.0]])


@dataclass(eq=False)
class Things(Part):
    """Fingers, clips or long thin things over an edge of the sheet.

    Args:
        hand: probability of one to three fingers side by side.
        finger: their radius, sides of the frame.
        reach: how far they lie over the sheet, sides of the frame.
        clip: probability of a clip or another short thing, of any colour.
        clip_size: its radius.
        cable: probability of a long thin thing, which may cross the sheet.
        cable_size: its radius.
        screen: probability that the document is shown on a screen, with the moire that its pixels make on a sensor.
        stripes: waves of that moire per side of the frame.
        depth: of it, share of the light.
    """

    group = "things"
    hand: Share
    finger: Annotated[list[float], Within(0.0, 0.3)]
    reach: Annotated[list[float], Within(0.0, 1.0)]
    clip: Share
    clip_size: Annotated[list[float], Within(0.0, 0.3)]
    cable: Share
    cable_size: Annotated[list[float], Within(0.0, 0.1)]
    screen: Share
    stripes: Annotated[list[float], Within(0.0, 200.0)]
    depth: Annotated[list[float], Within(0.0, 0.9)]

    def draw(self, draw: Draw, out: Values, image_size: int) -> None:
        """Writes the fields things and screen; the sheet lies where warp says."""
        corners = np.linalg.inv(out["warp"]) @ CORNERS
        corners = (corners[:, :2] / corners[:, 2:]).swapaxes(1, 2)
        side, share, rows = draw.integer(0, 3), draw.random()[:, None], np.arange(draw.count)
        edge = corners[rows, side] * (1.0 - share) + corners[rows, (side + 1) % 4] * share
        outward = edge - corners.mean(axis=1)
        angle = np.arctan2(outward[:, 1], outward[:, 0]) + draw.uniform(-0.7, 0.7)
        way, across = (np.stack([np.cos(a), np.sin(a)], axis=1) for a in (angle, angle + math.pi / 2))
        # One kind per sample: their probabilities lie side by side.
        kind, ends = draw.random() / max(draw.ease, 1e-9), np.cumsum([self.hand, self.clip, self.cable])
        hand, clip = kind < ends[0], (kind >= ends[0]) & (kind < ends[1])
        cable = (kind >= ends[1]) & (kind < ends[2])
        thick = np.select([hand, clip, cable], [draw.fork().uniform(*b) for b in self._sizes()], 0.0)
        draw.random()
        reach = draw.uniform(*self.reach)
        start = np.select([hand, clip, cable], [-reach, -thick, -0.6 + 0.0 * reach])
        stop = np.select([hand, clip, cable], [0.7 + 0.0 * reach, thick, 0.6 + 0.0 * reach])
        tone = _SKIN[0] + (_SKIN[1] - _SKIN[0]) * draw.random()[:, None]
        grey = np.where(draw.chance(0.6)[:, None], 40.0 + 0.0 * draw.random(3), 256.0 * draw.random(3))
        colour = np.where(hand[:, None], tone, grey)
        count = np.where(hand, draw.integer(1, THINGS), (clip | cable).astype(np.int64))
        for number in range(THINGS):
            shift = 2.05 * number * thick
            begin = start + number * draw.uniform(-0.03, 0.06)
            ends = [edge + way * at[:, None] + across * shift[:, None] for at in (begin, stop)]
            shape = np.concatenate([*ends, (thick * (number < count))[:, None], colour], axis=1)
            out["things"][:, number] = shape
        waves, turn = draw.uniform(*self.stripes), 2.0 * math.pi * draw.random()
        pattern = [waves * np.cos(turn), waves * np.sin(turn), 2.0 * math.pi * draw.random(), draw.uniform(0.0, 1.5)]
        pattern.append(draw.uniform(*self.depth))
        out["screen"][:] = np.stack(pattern, axis=1) * draw.chance(self.screen)[:, None]

    def _sizes(self) -> tuple[list[float], list[float], list[float]]:
        return self.finger, self.clip_size, self.cable_size
