"""What a report is made from besides the numbers: embeddings, names, pictures and findings."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from docclf.utils.text import shown

EXAMPLES = 12  # of a finding, by name
Place = tuple[str, int]  # part (register or query) and index in it


@dataclass
class Finding:
    """Something about the data that a reader of the numbers should know.

    Args:
        kind: short name, the same for every finding of that kind.
        level: problem (the numbers are wrong or flattering), look (could be) or note.
        count: how many there are.
        text: what was found and what to do, one sentence or two.
        examples: at most a dozen, by name.
        pairs: pictures to lay side by side.
    """

    kind: str
    level: str
    count: int
    text: str
    examples: list[str] = field(default_factory=list)
    pairs: list[tuple[Place, Place]] = field(default_factory=list)

    def plain(self) -> dict:
        """Returns what metrics.json holds of it."""
        return {
            "kind": self.kind,
            "level": self.level,
            "count": self.count,
            "text": self.text,
            "examples": self.examples,
        }

    def __str__(self) -> str:
        example = f" For example {self.examples[0].rstrip('.')}." if self.examples else ""
        return shown(f"{self.level}: {self.kind}: {self.count}: {self.text}{example}")


@dataclass
class Evaluation:
    """One embedded split.

    Args:
        register: embeddings of the registered images, float32 [R,D].
        register_labels: int64 [R].
        query: embeddings [Q,D].
        query_labels: int64 [Q].
        class_names: name of each label; `A/damaged` is a sub-label of A.
        register_names: name of each registered image [R].
        query_names: name of each query [Q].
        image: `image(part, i)` gives image i of a part in its own proportions, uint8 [H,W,3].
        register_pictures: tiny copies, uint8 [R,16,16,3] (`docclf.report.check.split.tiny`).
        query_pictures: tiny copies [Q,16,16,3].
        skipped: (name, reason) of files that are in the folder but not in the numbers.
        findings: of `docclf.report.check.split.find`.
        scores: float32 [Q,R] where pairs were scored otherwise than by the cosine; embeddings may have no column then.
        evidence: `evidence(query, register, genuine)` gives what verification saw of a pair
            (`docclf.report.picture.evidence.Evidence`).
    """

    register: Tensor
    register_labels: Tensor
    query: Tensor
    query_labels: Tensor
    class_names: list[str]
    register_names: list[str]
    query_names: list[str]
    image: Callable[[str, int], np.ndarray]
    register_pictures: np.ndarray | None = None
    query_pictures: np.ndarray | None = None
    skipped: list[tuple[str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    scores: Tensor | None = None
    evidence: Callable | None = None

    def name(self, place: Place) -> str:
        """Returns the name of an image."""
        return (self.register_names if place[0] == "register" else self.query_names)[place[1]]

    def label(self, place: Place) -> int:
        """Returns the label of an image."""
        return int((self.register_labels if place[0] == "register" else self.query_labels)[place[1]])

    def class_of(self, place: Place) -> str:
        """Returns the class name of an image."""
        return self.class_names[self.label(place)]

    def fingerprint(self) -> str:
        """Returns the sha256 of names, labels and the pixels of eight images: that of the split, whatever the model."""
        digest = hashlib.sha256()
        for names in (self.class_names, self.register_names, self.query_names):
            digest.update("\0".join(names).encode("utf-8", "surrogateescape") + b"\1")
        for labels in (self.register_labels, self.query_labels):
            digest.update(labels.cpu().numpy().astype("<i8").tobytes())
        for part, names in (("register", self.register_names), ("query", self.query_names)):
            for i in np.unique(np.linspace(0, len(names) - 1, 4).astype(int)):
                picture = self.image(part, int(i))
                digest.update(str(picture.shape).encode() + np.ascontiguousarray(picture).tobytes())
        return digest.hexdigest()
