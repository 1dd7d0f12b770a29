"""ILSVRC2012 in its training layout, every image its own class, with a pool of documents added."""

import re

from docclf.data.folder import Folder
from docclf.data.index.build import Index
from docclf.errors import InputError

_SYNSET = re.compile(r"n\d{8}")


class ImageNet(Folder):
    """Trains on the images of synset folders and on a pool of documents; the synset is not the class.

    The arguments are those of `Folder`: `root` holds the synset folders (n01440764, ...), `extra` the documents. With a
    pool, documents of the pool are held out for evaluation, else images of `root`.
    """

    kind = "imagenet"

    def check_layout(self, index: Index) -> None:
        """Raises InputError when images lie elsewhere than in synset folders."""
        other = [entry.path for entry in index.entries if not _SYNSET.fullmatch(entry.path.split("/")[0])]
        if other:
            inner = index.root / "train"
            hint = f"data.root={inner}" if inner.is_dir() else "data=folder takes a folder of any layout"
            raise InputError(
                f"data.root={index.root}: expected synset folders (n01440764, ...) with the images in them, as "
                f"ILSVRC2012 train has; found {len(other)} images elsewhere, for example {other[0]}. Try: {hint}."
            )

    def facts(self) -> dict:
        """Returns counts, skipped files and fingerprint of each folder."""
        return {"training_images": len(self.images), "folders": [index.facts() for index in self.indexes]}
