"""One score from what was found: logistic regressions whose coefficients are plain numbers in a file."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from docclf.errors import InputError
from docclf.utils.reading.sealed import opened

# One file for each released model, and whose is taken for a model that has none.
SHIPPED = Path(__file__).resolve().parent / "calibrated"
OTHERS = "lcnet_050_documents"
# The three states of a pair, and what its score is made from.
FEATURES = {
    "found": ("cosine", "after", "points", "covered"),  # a sane homography: points are log2 of the explained matches
    "missed": ("cosine",),  # both images have texture, and no homography
    "blank": ("cosine",),  # the registered image has too little texture to tell: the cosine decides
}


@dataclass(frozen=True)
class Calibration:
    """Coefficients by state.

    Args:
        weights: state to one coefficient for each of `FEATURES`, then the constant.
        threshold: probability from which a match is accepted, where nobody measured another one.
        about: how they were fitted; ``model`` is the fingerprint of the model they belong to.
    """

    weights: dict[str, tuple[float, ...]]
    threshold: float
    about: dict

    def fits(self, fingerprint: str) -> bool:
        """Tells whether they were fitted to the model of that fingerprint."""
        return self.about.get("model") == fingerprint

    def score(self, state: str, *values: float) -> float:
        """Returns the probability, in (0, 1), that two images show the same document."""
        *slopes, constant = self.weights[state]
        logit = constant + sum(slope * value for slope, value in zip(slopes, values, strict=True))
        return float(1 / (1 + np.exp(-np.clip(logit, -40, 40))))


def shipped(fingerprint: str) -> Calibration:
    """Returns the coefficients that were fitted to the model of that fingerprint, or else those of `OTHERS`."""
    every = {path.stem: load(path) for path in sorted(SHIPPED.glob("*.json"))}
    own = [one for one in every.values() if one.about["model"] == fingerprint]
    return own[0] if own else every[OTHERS]


def load(path: str | Path) -> Calibration:
    """Returns the coefficients of a file.

    Raises:
        InputError: no such file, or another content.
    """
    path = Path(path)
    try:
        stored = opened(json.loads(path.read_text(encoding="utf-8")), path)
        weights = {state: tuple(map(float, stored["weights"][state])) for state in FEATURES}
        threshold = float(stored["threshold"])
        whole = all(len(weights[state]) == len(names) + 1 for state, names in FEATURES.items())
        if not whole or not np.isfinite([threshold, *sum(weights.values(), ())]).all() or not 0 < threshold < 1:
            raise ValueError("coefficients are missing or not finite")
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"verify.calibration={path}: {error.strerror or error}; null takes those shipped.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"verify.calibration={path} is no calibration ({type(error).__name__}: {error}); make one: "
            "python -m docclf.evaluation.calibrate MODEL OUT.json."
        ) from error
    return Calibration(weights, threshold, stored.get("about", {}))
