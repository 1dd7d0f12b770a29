"""From the network's two maps to quadrangles: votes say roughly where, the mask says where exactly."""

from dataclasses import dataclass

import numpy as np

from docclf.locator import quad as quads

SURE = 0.5  # chance of a sheet from which a place votes
NEAR = 0.2  # mean distance of two votes for one sheet, in sides of it
FEW = 3.0  # votes that make no sheet
MOST = 4  # sheets looked for
SOFT = (1.5, 1.0, 0.7, 0.5, 0.4, 0.3, 0.3, 0.3)  # width of a side at each step of the fit, places: wide ones see far
HOLD = 0.02  # how much a corner that the mask says nothing about stays at its votes


@dataclass(frozen=True)
class Sheet:
    """Corners [4,2] in frames, clockwise, with the share of the mask that agrees with them, 0 to 1."""

    corners: np.ndarray
    confidence: float


def sheets(logits: np.ndarray, votes: np.ndarray, known: np.ndarray | None = None) -> list[Sheet]:
    """Returns the sheets in one picture, the one with the most confident area first.

    Args:
        logits: of the mask, float32 [h,w].
        votes: corners relative to each place, float32 [8,h/2,w/2], frames.
        known: where the picture shows something [h,w], 0 or 1; ``None``: everywhere.
    """
    known = np.ones_like(logits) if known is None else known
    chance = 1 / (1 + np.exp(-logits.astype(np.float64)))
    rows, columns = votes.shape[1:]
    coarse = chance.reshape(rows, 2, columns, 2).mean((1, 3)).ravel()
    y, x = np.divmod(np.arange(rows * columns), columns)
    middle = np.stack([(x + 0.5) / columns, (y + 0.5) / rows], axis=1)
    said = votes.reshape(4, 2, -1).transpose(2, 0, 1).astype(np.float64) + middle[:, None]
    found, left = [], coarse > SURE
    for _ in range(MOST):
        if (coarse * left).sum() < FEW:
            break
        corners, own = _elected(said, coarse, left)
        left &= ~own
        if (coarse * own).sum() < FEW or not quads.convex(corners):
            continue
        others = (coarse > SURE) & (_apart(said, corners) > 2 * NEAR)
        sheet = fitted(np.where(np.kron(others.reshape(rows, columns), np.ones((2, 2))), 0, chance), corners, known)
        if all(quads.overlap(sheet.corners, other.corners) < 0.5 for other in found):
            found.append(sheet)
    return sorted(found, key=lambda sheet: -sheet.confidence * _seen(sheet.corners))


def _seen(corners: np.ndarray) -> float:
    """Returns the area of a quadrangle within the frame."""
    share = quads.overlap(corners, quads.SQUARE)
    return share * (1 + abs(quads.area(corners))) / (1 + share)


def _elected(said: np.ndarray, chance: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the corners that most places round the surest one agree on, and which places those are."""
    seed = int(np.where(left, chance, -1).argmax())
    corners = said[seed]
    for _ in range(3):
        own = left & (_apart(said, corners) < NEAR)
        if not own.any():
            break
        corners = np.median(_aligned(said[own], corners), axis=0)
    own = left & (_apart(said, corners) < NEAR)
    own[seed] = True
    return corners if quads.area(corners) > 0 else corners[::-1], own


def _orders(said: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Returns the mean distance of each vote from the corners in its four orders [4,n], in sides of them."""
    size = max(np.sqrt(abs(quads.area(corners))), 1e-3)
    turned = said[:, (np.arange(4) - np.arange(4)[:, None]) % 4]  # [n,4 orders,4 corners,2]
    return np.sqrt(((turned - corners) ** 2).sum(axis=3)).mean(axis=2).T / size


def _apart(said: np.ndarray, corners: np.ndarray) -> np.ndarray:
    return _orders(said, corners).min(axis=0)


def _aligned(said: np.ndarray, corners: np.ndarray) -> np.ndarray:
    order = _orders(said, corners).argmin(axis=0)
    return np.take_along_axis(said, ((np.arange(4) - order[:, None]) % 4)[..., None], axis=1)


def fitted(chance: np.ndarray, corners: np.ndarray, known: np.ndarray) -> Sheet:
    """Returns the quadrangle whose soft inside is nearest to the mask, and how well the two agree.

    Gauss and Newton's method from the voted corners; what lies outside of the frame says nothing.

    Args:
        chance: of this sheet [h,w], 0 to 1.
        corners: convex, clockwise [4,2] in frames.
        known: where the picture shows something [h,w], 0 or 1.
    """
    rows, columns = chance.shape
    scale = np.array([columns, rows], dtype=np.float64)
    y, x = np.mgrid[0:rows, 0:columns] + 0.5
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    target, start, told = chance.ravel(), corners * scale, known.ravel()
    now = start
    for soft in SOFT:
        inside, slope = _inside(points, now, soft)
        miss = target - inside
        weight = told / (1 + (miss / 0.3) ** 2)  # a finger or a glare is not worth a corner
        left = (slope * weight[:, None]).T @ slope + HOLD * np.eye(8)
        step = np.linalg.solve(left, slope.T @ (weight * miss) - HOLD * (now - start).ravel()).reshape(4, 2)
        after = now + np.clip(step, -2, 2)
        if not quads.convex(after):
            break
        now = after
    inside, _ = _inside(points, now, SOFT[-1])
    agreement = (np.minimum(inside, target) @ told) / max(np.maximum(inside, target) @ told, 1e-9)
    return Sheet(now / scale, float(agreement))


def _inside(points: np.ndarray, corners: np.ndarray, soft: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns how much inside of the corners each point is [n], 0 to 1, and its slope by the corners [n,8]."""
    share, parts = np.ones(len(points)), []
    for k in range(4):
        a, b = corners[k], corners[(k + 1) % 4]
        side = b - a
        length = max(float(np.hypot(*side)), 1e-6)
        normal = np.array([-side[1], side[0]]) / length
        distance = (points - a) @ normal
        along = ((points - a) @ side) / length**2
        near = 1 / (1 + np.exp(-np.clip(distance / soft, -40, 40)))
        share = share * near
        # Moving an end by v moves the side at the point by its share of v, which takes v . normal off the distance.
        parts.append((k, (k + 1) % 4, (near - 1) / soft, along, normal))
    slope = np.zeros((len(points), 4, 2))
    for first, second, rate, along, normal in parts:
        slope[:, first] += (rate * share * (1 - along))[:, None] * normal
        slope[:, second] += (rate * share * along)[:, None] * normal
    return share, slope.reshape(len(points), 8)
