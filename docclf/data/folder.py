"""Any folder of images, every image its own class."""

from docclf.data.dataset import ImageSet
from docclf.data.evaluation.folder import read_tree
from docclf.data.evaluation.held_out import captured_documents, hold_out
from docclf.data.index.build import Index, build_index, without_copies
from docclf.data.index.hashes import of_entries
from docclf.data.loader.feeding import Feeding
from docclf.data.pixels.files import Files, images_of
from docclf.data.pixels.memory import stored
from docclf.data.pixels.source import Source
from docclf.imaging.read import MAX_PIXELS


class Folder(ImageSet):
    """Trains on the images below a folder; evaluates on a held-out part of them, or on a register/query folder.

    Class numbers follow the sorted paths of the readable, unique images: those of `root`, then those of `extra`; images
    held out have none. They are held out of `extra` where there is one, else of `root`.

    Args:
        image_size: side S, pixels.
        seed: run seed: order of the samples.
        root: folder, searched with everything below it; relative to the working directory.
        batch_size: samples per rank and batch.
        extra: a second folder, such as a pool of documents beside natural images; None for none.
        samples_per_epoch: samples an epoch draws; None draws each once.
        views_per_class: samples of each image in a batch, augmented apart; `samples_per_epoch` counts them all.
        holdout: share of the images held out, half for validation and half for test; not used with `eval_root`.
        holdout_max: hold out no more than this many images; None for no limit.
        holdout_seed: seed of the held-out choice and its captures; apart from `seed`, so that runs of several seeds
            are evaluated on the same images.
        captures: simulated captures (queries) per held-out image.
        unregistered: share of the held-out images whose captures are impostors.
        eval_root: a register/query folder to evaluate on instead; then nothing is held out.
        expand: 1, or 8 for its orientations, or 24 for those x whole, upper and lower half.
        cache: keep decoded images in memory: auto (when they fit), memory or none.
        cache_gb: memory for that, 10^9 bytes.
        threads: threads that read; None takes the cores of this process.
        max_pixels: larger images are skipped.
        augment: see `docclf.data.loader.assembly.Assembly`.
    """

    kind = "folder"

    def __init__(
        self,
        image_size: int,
        seed: int,
        root: str,
        batch_size: int,
        extra: str | None = None,
        samples_per_epoch: int | None = None,
        views_per_class: int = 1,
        holdout: float = 0.2,
        holdout_max: int | None = 1000,
        holdout_seed: int = 0,
        captures: int = 4,
        unregistered: float = 0.25,
        eval_root: str | None = None,
        expand: int = 1,
        cache: str = "auto",
        cache_gb: float = 4.0,
        threads: int | None = None,
        max_pixels: int = MAX_PIXELS,
        augment=None,
    ):
        drawn = {"samples_per_epoch": samples_per_epoch, "views_per_class": views_per_class}
        feeding = Feeding(image_size, seed, batch_size, augment, expand=expand, threads=threads, **drawn)
        indexes = [build_index(root, max_pixels, threads)]
        self.check_layout(indexes[0])
        if extra is not None:
            indexes.append(build_index(extra, max_pixels, threads, argument="data.extra"))
        self.indexes = without_copies(indexes)
        first, pool = images_of(*self.indexes[:-1]), images_of(self.indexes[-1])
        reading = (image_size, batch_size, threads, max_pixels)
        if eval_root is not None:
            evaluation = read_tree(eval_root, *reading, "data.eval_root")
        else:
            pool, val, test = hold_out(pool, holdout, holdout_max, holdout_seed)
            held = {"val": val, "test": test}
            evaluation = captured_documents(held, holdout_seed, captures, unregistered, *reading)
        self.images, self._kept, self._max_pixels = first + pool, (cache, cache_gb, threads), max_pixels
        super().__init__(feeding, of_entries([entry for _, entry in self.images]), evaluation)

    def check_layout(self, index: Index) -> None:
        """Raises InputError for a folder of another layout; any is right here."""

    def source(self) -> Source:
        """Returns the images; decodes them when they are to be kept in memory."""
        side = self.feeding.kept_side
        return stored(Files(self.images, min_side=2 * side, max_pixels=self._max_pixels), side, *self._kept)

    def facts(self) -> dict:
        """Returns counts, skipped files and fingerprint of the folder, or of each."""
        found = [index.facts() for index in self.indexes]
        return {"training_images": len(self.images), **(found[0] if len(found) == 1 else {"folders": found})}
