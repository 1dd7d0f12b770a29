"""docclf in a notebook: models, evaluations and configs without a command line; ``import docclf`` offers them."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig

from docclf import build
from docclf.config import schema  # noqa: F401  what Hydra composes against
from docclf.config.check import check
from docclf.data.dataset import EvaluationOnly
from docclf.data.evaluation.layout import class_of
from docclf.data.evaluation.loader import EvaluationPart
from docclf.data.evaluation.set import SPLITS, EvaluationSet
from docclf.data.sources.scan import check_folder, scan
from docclf.encoder import Encoder
from docclf.errors import InputError
from docclf.evaluation.embed import Embedded, device_of, embedded, score
from docclf.evaluation.score import write
from docclf.gallery.embedder import Embedder
from docclf.imaging.read import read_image
from docclf.metric.register_query import RegisterQuery
from docclf.metric.result import Result

Image = np.ndarray | str | Path
TARGETS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
CONF = Path(__file__).resolve().parents[1] / "conf"


class Evaluation:
    """Numbers of one model on one register and its queries.

    Attributes:
        metrics: name to number, as metrics.json holds them; intervals are under ``.../low`` and ``.../high``.
        result: curves and replicates behind them.
    """

    def __init__(self, model: Embedder, dataset: "Pictures", metric: RegisterQuery) -> None:
        self.model, self.dataset, self.metric = model, dataset, metric
        self.found: Embedded = embedded(model.model, dataset, "test", device_of("cpu"))
        self.result: Result = score(self.found, metric, dataset.class_names("test"))
        self.metrics: dict[str, Any] = self.result.metrics

    def report(self, folder: str | Path) -> Path:
        """Writes metrics.json, report.html and its pictures into a folder; returns the page."""
        folder = Path(folder)
        about = {"model": {"weights_sha256": self.model.fingerprint}, "data": self.dataset.describe()}
        write(folder, self.found, self.dataset, "test", self.metric, about, result=self.result)
        return folder / "report.html"


class Pictures(EvaluationOnly):
    """A register and its queries from folders or from memory, for evaluation only; the arguments are `evaluate`'s."""

    kind = "library"

    def __init__(self, image_size: int, register: Any, query: Any) -> None:
        rows = {"register": _rows(register, "register"), "query": _rows(query, "query")}
        registered = sorted({label for label, _, _ in rows["register"]})
        classes = registered + sorted({label for label, _, _ in rows["query"]} - set(registered))
        numbers = {name: i for i, name in enumerate(classes)}
        parts: dict[tuple[str, str], EvaluationPart] = {}
        for side, found in rows.items():
            names, images = [name for _, name, _ in found], [image for _, _, image in found]
            labels = np.array([numbers[label] for label, _, _ in found], np.int64)
            part = EvaluationPart(names, labels, partial(_read, images))
            parts |= {(split, side): part for split in SPLITS}
        super().__init__(EvaluationSet(parts, dict.fromkeys(SPLITS, classes), image_size, 64, None, {}))


class Composed:
    """A config that was composed and checked, and the parts it names, built when asked for.

    Attributes:
        config: as ``python train.py OVERRIDES --cfg job`` prints it.
    """

    def __init__(self, config: DictConfig) -> None:
        self.config = config

    def encoder(self) -> Encoder:
        """Returns backbone and head with their first weights."""
        return build.encoder(self.config)

    def data(self) -> Any:
        """Returns the data set with its augmentation."""
        config = self.config
        return build.data(config.data, config.image_size, config.seed, build.augmentation(config))

    def module(self) -> Any:
        """Returns the LightningModule around a new encoder, for a `pytorch_lightning.Trainer` of one's own."""
        from docclf.training.build import build_module  # Lightning takes seconds to import

        return build_module(self.config, self.encoder(), self.data())


def evaluate(model: Embedder, register: Any, query: Any, replicates: int = 1000) -> Evaluation:
    """Returns the numbers of a model on a register and queries of one's own.

    Args:
        model: of `docclf.load`.
        register: a folder (CLASS/FILE or CLASS.jpg), or label to images, each a path or uint8 RGB [H,W,3].
        query: likewise; queries of a label that is not registered are impostors.
        replicates: of the bootstrap over classes behind the 95 % intervals; 0 leaves them out.

    Raises:
        InputError: a side without an image, or an image that cannot be read.
    """
    metric = RegisterQuery(list(TARGETS), replicates=replicates)
    return Evaluation(model, Pictures(model.image_size, register, query), metric)


def compose(overrides: Sequence[str] = (), config_dir: str | Path = CONF) -> Composed:
    """Returns the config that ``python train.py OVERRIDES`` would run, checked, and what builds its parts.

    Args:
        overrides: ``group=choice`` and ``key=value``.
        config_dir: folder of the yaml files.

    Raises:
        InputError: no such folder, or a config that does not fit the code.
    """
    folder = Path(config_dir).resolve()
    if not (folder / "train.yaml").is_file():
        raise InputError(f"config_dir={config_dir}: no train.yaml there; give the conf folder of a docclf checkout.")
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(folder), version_base="1.3"):
        config = hydra_compose("train", list(overrides))
    check(config)
    return Composed(config)


def pixels(image: Image) -> np.ndarray:
    """Returns an image given by its path or its pixels as uint8 RGB [H,W,3]."""
    return image if isinstance(image, np.ndarray) else read_image(image)


def _read(images: list[Image], i: int) -> np.ndarray:
    return pixels(images[i])


def _rows(side: Any, name: str) -> list[tuple[str, str, Image]]:
    """Returns (label, name, image) of each image of a side, sorted by label and name."""
    if isinstance(side, Mapping):
        rows = [(str(k), f"{k}/{i}", image) for k, images in sorted(side.items()) for i, image in enumerate(images)]
    else:
        root = check_folder(side, name)
        rows = sorted((class_of(path), path, root / path) for path in scan(root)[0])
    if not rows:
        raise InputError(f"{name}={side}: not a single image; want a folder, or label to images.")
    return rows
