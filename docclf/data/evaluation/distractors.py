"""Registered images without queries: what makes the register of an evaluation large."""

import numpy as np

from docclf.data.evaluation.loader import EvaluationPart
from docclf.data.index.build import Index, build_index
from docclf.data.index.hashes import joined
from docclf.data.pixels.files import Files
from docclf.errors import InputError

PREFIX = "distractor "  # no class of a folder begins so: `check` sees to it


class Distractors:
    """The images of a folder, each a registered class of its own.

    Args:
        root: the folder.
        most: only the first so many by name; None takes all.
        max_pixels: larger images are skipped.
        threads: threads that read.
        argument: what the folder of the queries is called in the config.

    Raises:
        InputError: no such folder, or fewer images in it than asked for.
    """

    def __init__(self, root: str, most: int | None, max_pixels: int, threads: int | None, argument: str):
        self.argument = argument.rpartition(".")[0] + ".distractors"
        index = build_index(root, max_pixels, threads, unique=False, argument=self.argument)
        entries = sorted(index.entries, key=lambda entry: entry.path)
        if most is not None and not 1 <= most <= len(entries):
            raise InputError(
                f"{self.argument}_max={most}: want 1 to {len(entries)}, the images that can be read in {index.root}."
            )
        self.root, self.entries, self.max_pixels = index.root, entries[:most], max_pixels
        self.classes = [PREFIX + entry.path.replace("/", " ") for entry in self.entries]

    def check(self, index: Index) -> None:
        """Raises InputError when a distractor is, byte for byte, an image of the evaluation itself."""
        known = {entry.sha256: entry.path for entry in index.entries}
        same = [(entry.path, known[entry.sha256]) for entry in self.entries if entry.sha256 in known]
        if same:
            raise InputError(
                f"{self.argument}={self.root}: {len(same)} of its images are in the evaluation too, for example "
                f"{same[0][0]} is {same[0][1]}; a query of it would count as an impostor. Take them out."
            )

    def added(self, register: EvaluationPart, numbers: dict[str, int]) -> EvaluationPart:
        """Returns the registered images with the distractors behind them."""
        files = Files([(self.root, entry) for entry in self.entries], max_pixels=self.max_pixels)
        labels = np.array([numbers[name] for name in self.classes], dtype=np.int64)
        own = len(register)

        def read(i: int) -> np.ndarray:
            return register.read(i) if i < own else files.read(i - own)

        return EvaluationPart(
            register.names + self.classes,
            np.concatenate([register.labels, labels]),
            read,
            lambda: joined([register.hashes(), files.hashes()]),
        )

    def facts(self) -> dict:
        """Returns how many there are."""
        return {"images": len(self.entries), "folder": str(self.root)}
