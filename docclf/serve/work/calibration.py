"""A threshold for a tenant's register, measured on its kept pictures in a process of its own.

``python -m docclf.serve.work.calibration`` is what the service starts; a killed one leaves the old threshold.
"""

import argparse
import os
import time
from typing import Any

from docclf.calibrate.evidence import evidence, pick
from docclf.calibrate.simulate import simulate
from docclf.calibrate.thresholds import calibrate
from docclf.errors import InputError
from docclf.imaging.read import read_image
from docclf.serve.work.engine import opened
from docclf.serve.work.running import RUNNING
from docclf.store.base import Store
from docclf.store.open import open_store


def run(
    store: Store, model: str, tenant: str, captures: int, measure: str, target: float, cohort: int = 100
) -> dict[str, Any]:
    """Calibrates a tenant's register and keeps its threshold; returns what was found.

    Raises:
        InputError: fewer than two images with pictures, or a rate that the register does not resolve.
    """
    embedder = opened(model)
    rows = [row for row in store.scan(pictures=True) if row.attributes.get("tenant", "") == tenant]
    rows = [row for row in rows if row.picture and row.fingerprint == embedder.fingerprint]
    labels = [row.label for row in rows]
    if len(set(labels)) < 2:
        raise InputError(f"{len(set(labels))} labels with pictures; register at least two, then calibrate.")
    images = [read_image(row.picture, name=row.name) for row in rows]
    scores = simulate(embedder, images, captures, cohort).scores(embedder(images), labels)
    found = calibrate(scores, sorted(set(labels)))
    found |= {"weights_sha256": embedder.fingerprint, "captures": captures, "cohort": cohort}
    found["ids"] = len(rows)
    store.keep({f"calibration/{tenant}": found})
    row = pick(found["thresholds"], measure, target)
    store.keep({f"threshold/{tenant}": evidence(row, found, len(rows))})
    return found


def main(words: list[str] | None = None) -> None:
    """Reads the command line of the service, and says in the store how it ended."""
    parser = argparse.ArgumentParser(prog="python -m docclf.serve.work.calibration", description=__doc__)
    for name in ("gallery", "model", "tenant", "measure"):
        parser.add_argument(name)
    parser.add_argument("target", type=float)
    parser.add_argument("captures", type=int)
    chosen = parser.parse_args(words)
    store = open_store(chosen.gallery)
    key, begun = RUNNING + chosen.tenant, time.time()
    said: dict[str, Any] = {"state": "done", "error": None}
    try:
        run(store, chosen.model, chosen.tenant, chosen.captures, chosen.measure, chosen.target)
    except InputError as error:
        said = {"state": "failed", "error": str(error)}
    store.keep({key: said | {"pid": os.getpid(), "seconds": round(time.time() - begun, 1)}})


if __name__ == "__main__":
    main()
