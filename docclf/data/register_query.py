"""A folder of registered images and queries, for evaluation only."""

from docclf.data.dataset import EvaluationOnly
from docclf.data.evaluation.folder import read_tree
from docclf.imaging.read import MAX_PIXELS


class RegisterQuery(EvaluationOnly):
    """Evaluates on real images: queries against registered classes. Both splits, val and test, are the same images.

    Three layouts are told apart by themselves:

    - `register/` and `query/`: `register/CLASS/FILE` (nested folders are sub-labels: `A/damaged`) or
      `register/CLASS.jpg`, and `query/CLASS/FILE`; queries of classes that are not registered are impostors.
    - one tree `CLASS/FILE`, split by seed, or compared all against all (`mode=all_pairs`, with `metric=all_pairs`:
      each class's first image counts as registered, the rest as queries, and that metric pairs them all).
    - a flat folder: each file a registered class of its name; files named `query_NAME` are queries of the class NAME,
      else `NAME_front`, else the only class that begins with `NAME_`, and of an unregistered class when there is none.

    Args:
        image_size: side S, pixels.
        seed: not used; the choice of images depends on `split_seed`, so that runs are compared on the same ones.
        root: the folder, relative to the working directory.
        batch_size: images per batch.
        mode: auto, split (take even register/ and query/ for class folders) or all_pairs.
        registered_per_class: images of each class that are registered when one tree is split.
        unregistered: share of the classes of one tree that are not registered.
        split_seed: seed of the split and of the captures.
        query_classes: file stem of a query in a flat folder to its class, where the name does not tell.
        captures: simulated captures of each registered image, added to the queries.
        distractors: folder whose images are registered as well, each a class of its own without queries: a large
            register, so that small false-positive rates are resolved.
        distractors_max: only the first so many of them by name.
        threads: threads that read; None takes the cores of this process.
        max_pixels: larger images are skipped.
        augment: not used; every data set is given one.
    """

    kind = "register_query"

    def __init__(
        self,
        image_size: int,
        seed: int,
        root: str,
        batch_size: int = 256,
        mode: str = "auto",
        registered_per_class: int = 1,
        unregistered: float = 0.0,
        split_seed: int = 0,
        query_classes: dict | None = None,
        captures: int = 0,
        distractors: str | None = None,
        distractors_max: int | None = None,
        threads: int | None = None,
        max_pixels: int = MAX_PIXELS,
        augment=None,
    ):
        layout = (mode, registered_per_class, unregistered, split_seed, query_classes)
        reading = (root, image_size, batch_size, threads, max_pixels, "data.root")
        super().__init__(read_tree(*reading, layout, captures, distractors, distractors_max))
