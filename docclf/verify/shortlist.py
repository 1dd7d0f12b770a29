"""Which registered images share local features with a photo: votes, so that no query walks over all pairs.

The inverted file is our own and not faiss's: a vote counts only beside others that turn and scale the same way (weak
geometric consistency, Jegou, Douze, Schmid, ECCV 2008), for which the lists must hold more than vectors.
"""

import numpy as np

from docclf.imaging.feature.local import NORM, Points
from docclf.verify import vocabulary
from docclf.verify.store import Store

# Chosen on 142 photos (half of covers, half of banknotes) among 2,833 registered images.
ASKED = 500  # of the photo's points that vote: with 250 the own image of 4 of 200 covers was not named
WORDS = 2  # words each looks into
NEAR = 18  # of 64 bits of a signature that may differ
FAR = 0.2  # half the squared distance of two unit descriptors up to which a vote counts, and
SPREAD = 0.05  # the distance over which its weight falls to 1/e
NEIGHBOURS = 5  # votes of one point, to the nearest
TURNS = 12  # steps of a full turn; a vote counts in two of them, and in two steps of size (octaves)


def votes(photo: Points, store: Store, most: int) -> dict[int, float]:
    """Returns at most ``most`` registered images and the weight of the votes for each, the heaviest first."""
    if not len(photo) or not len(store.owner):
        return {}
    descriptors, turn, size = photo.descriptors[:ASKED], photo.turn[:ASKED], photo.size[:ASKED]
    asked, found = _alike(descriptors, store)
    products = np.einsum(
        "nd,nd->n",
        store.arrays["descriptors"][found].astype(np.float32),
        descriptors[asked].astype(np.float32),
    )
    distance = 1 - products / NORM**2
    order = np.lexsort((found, distance, asked))
    order = order[distance[order] < FAR]
    asked, found, distance = asked[order], found[order], distance[order]
    nearest = np.arange(len(asked)) - np.searchsorted(asked, asked) < NEIGHBOURS
    asked, found, distance = asked[nearest], found[nearest], distance[nearest]
    turned = (store.arrays["turn"][found].astype(np.int64) - turn[asked]) % 256 * TURNS // 256
    scaled = np.rint((store.arrays["size"][found].astype(np.int64) - size[asked]) / 16).astype(np.int64) + 16
    weight = np.exp(-distance / SPREAD)
    image = store.owner[found].astype(np.int64)
    keys = [(image * TURNS + (turned + i) % TURNS) * 64 + scaled + j for i in (0, 1) for j in (0, 1)]
    cells, place = np.unique(np.concatenate(keys), return_inverse=True)
    strength = np.bincount(place, np.tile(weight, 4), minlength=len(cells))
    images, first = np.unique(cells // (TURNS * 64), return_index=True)
    best = np.maximum.reduceat(strength, first) if len(first) else strength
    first = np.lexsort((images, -best))[:most]
    return dict(zip(images[first].tolist(), best[first].tolist(), strict=True))


def _alike(descriptors: np.ndarray, store: Store) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (point of the photo, registered point) of one word with signatures that nearly agree."""
    known = vocabulary.shipped()
    order, bounds = store.lists
    words = known.words(descriptors, WORDS)
    rows = np.repeat(np.arange(len(descriptors)), WORDS)
    words = words.ravel()
    signatures = known.signatures(descriptors[rows], words)
    listed = store.listed_signatures
    found, count = [np.zeros(0, np.int64)], np.zeros(len(words), np.int64)
    # List by list: one gather over all of them moves a hundred megabytes at ten thousand images.
    for k, word in enumerate(words.tolist()):
        first = bounds[word]
        close = np.flatnonzero(np.bitwise_count(listed[first : bounds[word + 1]] ^ signatures[k]) <= NEAR)
        count[k] = len(close)
        found.append(order[first + close])
    return np.repeat(rows, count), np.concatenate(found)
