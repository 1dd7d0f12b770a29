"""The baseline of local features scores pairs."""

import numpy as np
from imaging.feature.test_local import ROLLED, sheet, warped

from docclf.model.sift import Sift


def test_the_own_image_scores_highest():
    register, asked = [sheet(seed) for seed in range(4)], [2, 0]
    scores = Sift().compare(iter(register), (warped(sheet(seed), ROLLED) for seed in asked))
    assert scores.shape == (2, 4) and scores.argmax(1).tolist() == asked and 0 <= scores.min() <= scores.max() <= 1
    assert (np.sort(scores.numpy(), axis=1)[:, -2] < scores.numpy().max(1) / 3).all()
    assert Sift(points=60, side=160).describe() == {"side": 160, "points": 60, "ratio": 0.75, "tolerance": 3.0}
