"""A gallery as one file, bound to its model."""

from pathlib import Path
from typing import Any

import numpy as np

from docclf import __version__
from docclf.errors import InputError
from docclf.gallery import schema
from docclf.gallery.decision import file as decision_file
from docclf.gallery.decision.held import plain as held_of
from docclf.gallery.embedder import Embedder
from docclf.gallery.gallery import Gallery
from docclf.gallery.schema import VERSION
from docclf.score.rule import Score
from docclf.score.rule import read as read_score
from docclf.search.code.base import Code
from docclf.utils import atomic
from docclf.utils.reading.arrays import read_npz
from docclf.utils.text import to_json
from docclf.verify.homography import Homography
from docclf.verify.store import ARRAYS, Store

# Torch and onnxruntime agree to 1e-6 of a cosine; int8 weights or other preprocessing do not to 1e-5.
AGREE = 1 - 1e-5


def save(gallery: Gallery, path: str | Path) -> None:
    """Writes the file, whole or not at all; no code in it.

    Raises:
        InputError: the name does not end in .npz, or the disk refuses.
    """
    if Path(path).suffix != ".npz":
        raise InputError(f"{path}: a gallery file ends in .npz.")
    head = {
        "version": VERSION,
        "docclf": __version__,
        "fingerprint": gallery.fingerprint,
        "image_size": gallery.image_size,
        "labels": gallery.labels,
        "names": gallery.names,
        "sha256": gallery.hashes,
        "threshold": gallery.threshold,
        "verify": gallery.verify_settings,
        "versions": gallery.versions,
        "align": gallery.align,
        "attributes": gallery.attributes if any(gallery.attributes) else None,
        "representatives": gallery.representatives,
        "code": gallery.code.name if isinstance(gallery.code, Code) else gallery.code,
        "score": gallery.score.plain(),
    }
    held: dict[str, np.ndarray] = {}
    if gallery.calibration is not None:
        head["calibration"], held = held_of(gallery.calibration)
    text = to_json(head).encode()
    arrays = {"head": np.frombuffer(text, np.uint8), "probe": gallery.probe} | held
    if gallery.codes is None:
        arrays["vectors"] = gallery.vectors
    else:
        arrays |= {"codes": gallery.codes} | {f"fitted_{key}": rows for key, rows in gallery.code.fitted.items()}
    if gallery.local is not None:
        arrays |= {f"local_{name}": array for name, array in gallery.local.arrays.items()}

    def fill(temporary: str) -> None:
        with open(temporary, "wb") as stream:
            np.savez(stream, **arrays)

    atomic.write(path, fill)


def load(
    path: str | Path,
    embedder: Embedder | None = None,
    search: str = "auto",
    locator: Any = None,
    verify: bool = True,
) -> Gallery:
    """Returns the gallery of a file.

    Args:
        path: the file.
        embedder: its model; without one the gallery can be listed and shortened, not matched.
        search: auto, numpy or faiss.
        locator: finds the sheet in each photo first; see `docclf.gallery.gallery.Gallery`.
        verify: verify candidates where the gallery holds local features.

    Raises:
        InputError: no such file, a damaged one, one that is not what `save` writes, or one made with another model.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"there is no gallery {path}; make one: python -m docclf.gallery register MODEL DIR --out FILE."
        )
    arrays = read_npz(path)
    wanted = ("head", "probe", "codes" if "codes" in arrays else "vectors")
    if missing := [name for name in wanted if name not in arrays]:
        raise InputError(f"{path} has no array {', '.join(missing)}; it is no gallery, or damaged.")
    head = schema.check(path, arrays)
    if embedder is not None:
        embedder = embedder.cut(arrays["probe"].shape[1])  # of an upgraded gallery: what its versions share
        check_model(path, head["fingerprint"], arrays["probe"], embedder)
    gallery = Gallery(None, search, locator, representatives=head["representatives"])
    gallery.embedder, gallery.code, gallery.codes = embedder, head["code"], arrays.get("codes")
    gallery.labels, gallery.names, gallery.hashes = head["labels"], head["names"], head["sha256"]
    gallery.attributes, gallery.probe = head["attributes"], arrays["probe"]
    gallery.vectors = gallery.code.decode(gallery.codes) if "codes" in arrays else arrays["vectors"]
    gallery.versions, gallery.align = head["versions"], head["align"]
    gallery.fingerprint, gallery.image_size, gallery.threshold = (
        head[name] for name in ("fingerprint", "image_size", "threshold")
    )
    local = {name: arrays[f"local_{name}"] for name in ARRAYS if f"local_{name}" in arrays}
    if local or head.get("verify") is not None:
        _take_local(gallery, path, local, head.get("verify"), verify and embedder is not None)
    gallery.score = read_score(head.get("score") or {"kind": "verified" if local else "cosine"}, str(path))
    if head.get("calibration") is not None:
        width = gallery.vectors.shape[1]
        gallery.calibration = decision_file.read(path, head["calibration"], arrays, gallery.labels, width)
    if not verify and gallery.score.kind == "verified":  # goes by the cosine alone
        gallery.score, gallery.calibration = Score(), None
    return gallery


def _take_local(gallery: Gallery, path: Path, arrays: dict, settings: dict | None, verify: bool) -> None:
    """Gives a gallery the local features of its file, and what verifies with them."""
    try:
        gallery.local = Store(arrays)
        verifier = Homography(**{name: int(settings[name]) for name in ("side", "points")})
    except (InputError, TypeError, KeyError, ValueError) as error:
        raise InputError(f"{path} is damaged: {error}; register the images again.") from error
    if len(gallery.local) != len(gallery):
        raise InputError(
            f"{path} is damaged: local features of {len(gallery.local)} images for {len(gallery)}; register them again."
        )
    gallery.verify_settings = verifier.settings()
    gallery.verifier = verifier.suited(gallery.fingerprint) if verify else None


def check_model(path: str | Path, fingerprint: str, probe: np.ndarray, embedder: Embedder) -> None:
    """Raises InputError unless a model is the one that a gallery's vectors are of, and still sees as it did then."""
    if fingerprint != embedder.fingerprint:
        raise InputError(
            f"{path} was made with the weights {fingerprint[:17]}, this model has {embedder.fingerprint[:17]}: vectors "
            "of two models cannot be compared. Give the model of the gallery, or register the images again with this "
            "one."
        )
    now = embedder.probe()
    cosine = float((now * probe).sum(axis=1).min()) if now.shape == probe.shape else -1.0
    if not cosine >= AGREE:
        raise InputError(
            f"{path} was made with this model, but it sees the same test pictures otherwise now (cosine {cosine:.6f}): "
            "its weights were quantised or its preprocessing changed. Register the images again with it, and measure "
            "its threshold anew."
        )
