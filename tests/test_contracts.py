"""Every class that a yaml names keeps the contract of its group; the list is the folder conf."""

import inspect
from pathlib import Path

import numpy as np
import pytest
import torch
from image_files import save
from omegaconf import OmegaConf
from packs import folder_of, pack_of
from torch import nn

from docclf.augment.base import Augmentation
from docclf.augment.sheet.recipes import load
from docclf.backbone.base import Backbone
from docclf.compatible.base import Term as CompatibleTerm
from docclf.config.check import locate
from docclf.data.csv_split import CsvSplit
from docclf.data.dataset import Dataset
from docclf.data.drawn.designs import Designs
from docclf.data.folder import Folder
from docclf.data.imagenet import ImageNet
from docclf.data.index.build import build_index
from docclf.data.loader.base import Loader
from docclf.data.pack.part import Part
from docclf.data.packed import Packed
from docclf.data.pixels.decoded import Decoded
from docclf.data.pixels.source import Source as Pixels
from docclf.data.register_query import RegisterQuery
from docclf.data.sources.folder import FolderSource
from docclf.data.sources.parquet import Table
from docclf.data.sources.source import Source
from docclf.data.sources.tar import TarShards
from docclf.data.synthetic import Synthetic
from docclf.errors import InputError
from docclf.head.base import Head
from docclf.loss.base import Loss
from docclf.margin.base import Margin
from docclf.metric.base import Metric, OfScores
from docclf.model.base import Model, Pairwise, Ready
from docclf.teacher.base import Looks, Teacher
from docclf.teacher.hog import Descriptor
from docclf.teacher.term.base import Term
from docclf.teacher.tower import Tower

CONF = Path(__file__).resolve().parents[1] / "conf"
CONTRACTS = {
    "augment": Augmentation,
    "backbone": Backbone,
    "data": Dataset,
    "head": Head,
    "margin": Margin,
    "loss": Loss,
    "metric": Metric,
}
CONTRACTS |= {
    "loss": Loss,
    "metric": Metric,
    "model": (Model, Pairwise, Ready),
    "teacher": Teacher,
    "teacher/term": Term,
    "compatible/term": CompatibleTerm,
}


def named(group):
    """Returns every class that a yaml of a group names."""
    nodes = [OmegaConf.load(path) for path in sorted((CONF / group).glob("*.yaml"))]
    return sorted({node["_target_"] for node in nodes if node and "_target_" in node})


TARGETS = [(group, target) for group in CONTRACTS for target in named(group)]


def misfits(cls, contract):
    """Returns in what a class does not keep a contract: a method that is missing or takes something else."""
    found = []
    for name, method in inspect.getmembers(contract, inspect.isfunction):
        if name in ("__init__", "__init_subclass__", "__subclasshook__") or vars(nn.Module).get(name) is method:
            continue
        if name == "__call__" and issubclass(cls, nn.Module):
            name = "forward"
        own = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
        if own is None:
            found.append(f"{name} is missing")
            continue
        wanted, have = (list(inspect.signature(f).parameters.values()) for f in (method, own))
        if [p.name for p in have[: len(wanted)]] != [p.name for p in wanted]:
            found.append(f"{name}{inspect.signature(own)} instead of {inspect.signature(method)}")
        if any(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD for p in have[len(wanted) :]):
            found.append(f"{name} asks for more than {inspect.signature(method)}")
    return found


@pytest.mark.parametrize(("group", "target"), TARGETS, ids=[target for _, target in TARGETS])
def test_methods_are_those_of_the_contract(group, target):
    cls, contracts = locate(target), CONTRACTS[group]
    contracts = contracts if isinstance(contracts, tuple) else (contracts,)
    assert any(not misfits(cls, one) for one in contracts), [misfits(cls, one) for one in contracts]


class Wrong:
    def describe(self, how):
        return {}


def test_a_misfit_is_found():
    found = misfits(Wrong, Model)
    assert "__call__ is missing" in found and any("describe" in line for line in found)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Pictures, a pack of them, a table and folders to evaluate on."""
    root = tmp_path_factory.mktemp("contracts")
    folder_of(root / "files", 12)
    pack_of(root / "files", root / "pack")
    folder_of(root / "n01440764", 12)
    (root / "synsets").mkdir()
    (root / "n01440764").rename(root / "synsets" / "n01440764")
    rows = [
        "path,label,split,is_query,is_gallery",
        "000.png,a,validation,False,True",
        "001.png,a,validation,True,False",
    ]
    (root / "table.csv").write_text("\n".join(rows) + "\n")
    save(root / "photos/register/a.png", 1)
    save(root / "photos/query/a/1.png", 2)
    return root


def data_set(target, places, monkeypatch):
    """Returns a small data set of a class."""
    monkeypatch.setenv("DOCCLF_CACHE", str(places / "cache"))
    size = (16, 0)
    if target is Synthetic:
        return Synthetic(*size, 2, num_designs=4, val_designs=2, test_designs=2)
    if target is Packed:
        return Packed(*size, 2, packs=[str(places / "pack")], holdout=0.4)
    if target in (Folder, ImageNet):
        return target(*size, str(places / ("files" if target is Folder else "synsets")), 2, holdout=0.4)
    if target is CsvSplit:
        return CsvSplit(*size, str(places / "files"), str(places / "table.csv"))
    if target is RegisterQuery:
        return RegisterQuery(*size, str(places / "photos"))
    pytest.importorskip("litdata", reason="LitData is not installed: pip install litdata")
    from docclf.data.litdata.shards import write_shards
    from docclf.data.pack.read import open_pack
    from docclf.data.pixels.mapped import Mapped

    if not (places / "shards").exists():
        write_shards(Mapped([(open_pack(places / "pack"), np.arange(12))]), places / "shards", chunk=8)
    return target(*size, str(places / "shards"), 2)


@pytest.mark.parametrize("target", named("data"))
def test_a_data_set_says_what_it_is(target, places, monkeypatch):
    data = data_set(locate(target), places, monkeypatch)
    assert isinstance(data, Dataset) and data.describe()["kind"] == data.kind
    for split in ("val", "test"):
        assert len(data.evaluation_hashes(split)) > 0
        for part, loader in (("register", data.register_loader(split)), ("query", data.query_loader(split))):
            images, labels, numbers = next(iter(loader))
            assert images.dtype == torch.uint8 and images.shape[1:] == (3, 16, 16) and labels.dtype == torch.int64
            assert sum(len(batch[1]) for batch in loader) == len(data.item_names(split, part))
            assert max(labels.tolist()) < len(data.class_names(split)) and numbers[0] == 0
            assert data.image(split, part, 0).ndim == 3
    if isinstance(data, (CsvSplit, RegisterQuery)):
        assert len(data.training_hashes()) == 0
        for ask in (data.train_loader, data.class_keys, data.fingerprint):
            with pytest.raises(InputError, match="evaluation only"):
                ask()
        return
    keys, hashes = data.class_keys(), data.training_hashes()
    assert keys.dtype == np.uint64 and len(keys) == data.num_classes == len(set(keys.tolist())) == len(hashes)
    assert data.fingerprint() and isinstance(hashes.name(0), str) and hashes.contents.shape == (len(hashes), 32)
    loader = data.train_loader()
    assert isinstance(loader, Loader) and isinstance(loader.source, Pixels) and len(loader.source) == data.num_classes
    assert {"epoch", "position", "global_batch", "fingerprint"} <= set(loader.state_dict())
    batch = loader.prepare(next(iter(loader)))
    loader.close()
    assert batch.images.shape == (2, 3, 16, 16) and batch.images.dtype == torch.uint8
    assert all(len(values) == 2 for values in (batch.labels, batch.indices, batch.turns))


def test_a_fingerprint_follows_the_content(tmp_path):
    folder_of(tmp_path / "a", 12)
    folder_of(tmp_path / "b", 12)
    one, same = (Folder(16, 0, str(tmp_path / name), 2, holdout=0.4) for name in "ab")
    assert one.fingerprint() == same.fingerprint()
    assert one.train_loader().source.fingerprint == same.train_loader().source.fingerprint
    trained = one.training_hashes().name(3)
    (tmp_path / "b" / trained).write_bytes((tmp_path / "b" / trained).read_bytes() + b"\0")
    other = Folder(16, 0, str(tmp_path / "b"), 2, holdout=0.4)
    assert one.fingerprint() != other.fingerprint()
    assert one.train_loader().source.fingerprint != other.train_loader().source.fingerprint


@pytest.mark.parametrize("cls", [FolderSource, TarShards, Table])
def test_sources_of_an_index(cls, places):
    assert not misfits(cls, Source)
    source = FolderSource(places / "files")
    assert isinstance(source, Source) and len(list(source.walk())) == source.total == 12


def test_parts_of_a_packed_set(places):
    from docclf.data.pack.read import open_pack

    pack = open_pack(places / "pack")
    for part in (pack, Decoded(build_index(places / "files"), 24), Designs(12, 24, 0, str(places / "cache"), 1)):
        assert isinstance(part, Part) and len(part.keys) == part.num_images == 12
        assert part.hashes.shape == (12, 32) and part.looks.dtype == np.uint64 and part.read(1).shape == (24, 24, 3)
    decoded = Decoded(build_index(places / "files"), 24)
    assert (pack.hashes == decoded.hashes).all() and (pack.looks == decoded.looks).all() and decoded.looks.any()


@pytest.mark.parametrize("target", named("margin"))
def test_margins(target):
    margin = locate(target)()
    assert isinstance(margin, Margin) and margin.ramp == 1.0
    cosines = torch.linspace(-0.9, 0.9, 12).view(3, 4).double()
    logits = margin(cosines, torch.tensor([0, 3, -1]))
    assert logits.shape == (3, 4) and (logits[2] == cosines[2]).all() and (logits <= cosines + 1e-12).all()
    margin.ramp = 0.0
    assert torch.allclose(margin(cosines, torch.tensor([0, 3, -1])), cosines)


@pytest.mark.parametrize("target", named("head"))
def test_heads(target):
    head = locate(target)(in_channels=8, map_size=(2, 3), embed_dim=5, norm=nn.LayerNorm)
    assert isinstance(head, Head) and head(torch.randn(4, 8, 2, 3)).shape == (4, 5)


def test_what_a_teacher_looks_through():
    from teacher_cases import tower

    for looks in (tower(), Descriptor(32)):
        assert isinstance(looks, Looks) and looks.facts and looks.describe()["width"] == looks.width
        features = looks(torch.zeros(2, 3, 32, 32, dtype=torch.uint8))
        assert features.shape == (2, looks.width) and features.dtype == torch.float32
    assert isinstance(tower(), Tower)


@pytest.mark.parametrize("target", named("metric"))
def test_metrics(target):
    metric = locate(target)(targets=[0.1], replicates=0)
    embeddings, labels = torch.eye(4), torch.arange(4)
    result = metric(embeddings, labels, embeddings, labels)
    if isinstance(metric, OfScores):
        assert not misfits(type(metric), OfScores)
    assert isinstance(metric, Metric) and result.metrics["auroc"] == 1.0 and metric.settings()["targets"] == [0.1]


@pytest.mark.parametrize("name", sorted(path.stem for path in (CONF / "augment").glob("*.yaml") if path.stem != "none"))
def test_augmentations(name):
    augment = load(name, 32, 3) if name != "by_kind" else None
    if augment is None:
        pytest.skip("needs the kinds of the data: tests/augment/test_by_kind.py")
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    one = augment(image, 1, 7)
    assert isinstance(augment, Augmentation) and one.shape == (32, 32, 3) and one.dtype == np.uint8
    drawn = augment.plan(np.array([0, 1]), np.array([3, 7]))
    assert np.array_equal(augment.apply(image, drawn, 1), one) and np.array_equal(augment(image, 1, 7), one)


class Small(Augmentation):
    """What somebody writes who needs one method only."""

    def __call__(self, image, epoch, index, progress=1.0):
        return np.full((8, 8, 3), (10 * epoch + index) % 256, np.uint8)


def test_a_small_augmentation_of_ones_own_trains(places):
    data = Folder(8, 0, str(places / "files"), 2, holdout=0.4, augment=Small())
    loader = data.train_loader(views=("clean", "second"))
    loader.set_epoch(2)
    batch = next(iter(loader))
    loader.close()
    assert batch.images[:, 0, 0, 0].tolist() == (20 + batch.indices).tolist() and batch.second is not None
