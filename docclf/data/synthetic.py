"""The embedded default: fictional documents drawn by code, no download needed."""

from docclf.data.dataset import ImageSet
from docclf.data.drawn.designs import design_hashes
from docclf.data.drawn.documents import MOST, Pictures, drawn_documents
from docclf.data.loader.feeding import Feeding
from docclf.errors import InputError
from docclf.synthetic.worker import Row


class Synthetic(ImageSet):
    """Trains on one picture per design, each its own class; evaluates on unseen designs.

    The register holds one clean copy of a design; the queries are captured copies of other people. The designs that
    are not registered are spread among the others, so some of them are siblings of a registered one.

    Args:
        image_size: side S, pixels.
        seed: run seed: order of the samples.
        batch_size: samples per rank and batch.
        num_designs: training designs, each a class.
        val_designs: designs of the validation split.
        test_designs: designs of the test split.
        unregistered: share of a split's designs that is not registered.
        captures: captured copies (queries) per design.
        strength: of the simulated camera: 0 clean, 1 ordinary, 2 very bad.
        data_seed: seed of designs, fills and captures; apart from `seed`, so that runs of several seeds compare.
        samples_per_epoch: samples an epoch draws; None draws each once.
        views_per_class: samples of each image in a batch, augmented apart; `samples_per_epoch` counts them all.
        expand: 1, or 8 (orientations) or 24 (those, whole and in halves) classes per design.
        cache_dir: folder of the drawn pictures; None takes DOCCLF_CACHE or ~/.cache/docclf.
        workers, threads: processes that draw, threads that read; None takes the cores of this process.
        augment: see `docclf.data.loader.assembly.Assembly`.
    """

    kind = "synthetic"

    def __init__(
        self,
        image_size: int,
        seed: int,
        batch_size: int,
        num_designs: int = 2000,
        val_designs: int = 100,
        test_designs: int = 250,
        unregistered: float = 0.2,
        captures: int = 4,
        strength: float = 1.0,
        data_seed: int = 0,
        samples_per_epoch: int | None = None,
        views_per_class: int = 1,
        expand: int = 1,
        cache_dir: str | None = None,
        workers: int | None = None,
        threads: int | None = None,
        augment=None,
    ):
        if not 1 <= num_designs <= MOST:
            raise InputError(f"data.num_designs={num_designs}: expected 1 to {MOST}.")
        drawn = {"samples_per_epoch": samples_per_epoch, "views_per_class": views_per_class}
        feeding = Feeding(image_size, seed, batch_size, augment, expand=expand, threads=threads, **drawn)
        how = (data_seed, unregistered, captures, cache_dir, workers, {"val": val_designs, "test": test_designs})
        evaluation = drawn_documents(image_size, batch_size, threads, *how, strength)
        super().__init__(feeding, design_hashes(range(num_designs), data_seed), evaluation)
        self._drawing = (data_seed, strength, cache_dir, workers)

    def source(self) -> Pictures:
        """Returns the pictures of the designs; draws them when they are not in the cache."""
        rows = [Row(design, design, False) for design in range(len(self._hashes))]
        names = [self._hashes.name(design) for design in range(len(rows))]
        pictures = Pictures(rows, names, self.feeding.kept_side, *self._drawing)
        _ = pictures.pixels  # drawn here, not in the first batch
        return pictures
