"""A register and its queries, ready to be embedded."""

import numpy as np

from docclf.data.evaluation.loader import EvaluationLoader, EvaluationPart
from docclf.data.index.hashes import Hashes, joined
from docclf.errors import InputError

SPLITS = ("val", "test")
PARTS = ("register", "query")


class EvaluationSet:
    """The evaluation half of a data set's contract, given the parts.

    Args:
        parts: (split, part) to what is embedded, for the splits val and test and the parts register and query.
        classes: split to class names; registered classes come first.
        image_size: side S, pixels.
        batch_size: images per batch.
        threads: threads that read.
        described: plain facts about the folder behind it, added to `facts`.
    """

    def __init__(
        self,
        parts: dict[tuple[str, str], EvaluationPart],
        classes: dict[str, list[str]],
        image_size: int,
        batch_size: int,
        threads: int | None,
        described: dict | None = None,
    ):
        self.parts, self.classes, self.described = parts, classes, described or {}
        made: dict[int, EvaluationLoader] = {}  # splits may share a part, and then its decoded images
        self.loaders = {
            key: made.setdefault(id(part), EvaluationLoader(part, image_size, batch_size, threads))
            for key, part in parts.items()
        }

    def loader(self, split: str, part: str) -> EvaluationLoader:
        """Returns the loader of one part of a split."""
        return self.loaders[_key(split, part)]

    def class_names(self, split: str) -> list[str]:
        """Returns the class names of a split; the index is the label."""
        return self.classes[_key(split, "query")[0]]

    def item_names(self, split: str, part: str) -> list[str]:
        """Returns the names of the images of a part, in loader order."""
        return self.parts[_key(split, part)].names

    def image(self, split: str, part: str, i: int) -> np.ndarray:
        """Returns image i of a part at its original resolution, uint8 [H,W,3]."""
        part = self.parts[_key(split, part)]
        return (part.original or part.read)(i)

    def hashes(self, split: str) -> Hashes:
        """Returns contents and looks of all images that a split is made of.

        Raises:
            InputError: they are not known.
        """
        parts = [self.parts[_key(split, part)] for part in PARTS]
        if any(part.hashes is None for part in parts):
            raise InputError(
                "this evaluation set cannot say which images it holds, so whether they were trained on cannot be told; "
                "give its parts `hashes` (docclf/data/evaluation/loader.py)."
            )
        return joined([part.hashes() for part in parts])

    def facts(self) -> dict:
        """Returns counts per split for the log of a run."""
        result = dict(self.described)
        for split in SPLITS:
            register, query = self.parts[split, "register"], self.parts[split, "query"]
            registered = set(register.labels.tolist())
            result[split] = {
                "classes": len(self.classes[split]),
                "registered_classes": len(registered),
                "registered_images": len(register),
                "queries": len(query),
                "impostor_queries": sum(label not in registered for label in query.labels.tolist()),
            }
        return result


def _key(split: str, part: str) -> tuple[str, str]:
    if split not in SPLITS or part not in PARTS:
        raise InputError(f"split={split}, part={part}: expected a split of {SPLITS} and a part of {PARTS}.")
    return split, part
