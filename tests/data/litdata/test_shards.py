"""Shards streamed by LitData: the samples of the pack, resumed bit for bit, disjoint ranks."""

import builtins

import numpy as np
import pytest
import torch
from packs import folder_of, pack_of

from docclf.augment.sheet.recipes import load
from docclf.data.litdata.shards import write_shards
from docclf.data.pixels.mapped import Mapped
from docclf.data.sharded import Sharded
from docclf.errors import InputError


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    pytest.importorskip("litdata", reason="LitData is not installed: pip install litdata")
    root = tmp_path_factory.mktemp("shards")
    pack = pack_of(folder_of(root / "files", 50), root / "pack")
    write_shards(Mapped([(pack, np.arange(50))]), root / "shards", chunk=8)
    return root, pack


def loader(places, size=24, augment=None, batch_size=5, **options):
    return Sharded(size, 3, str(places[0] / "shards"), batch_size, augment=augment, threads=2).train_loader(**options)


def test_pixels_and_classes_are_those_of_the_pack(places):
    seen = []
    for batch in loader(places):
        seen += batch.indices.tolist()
        for image, index in zip(batch.images, batch.labels.tolist(), strict=True):
            assert np.array_equal(image.permute(1, 2, 0).numpy(), places[1].read(index))
    assert sorted(seen) == list(range(50)) and seen != sorted(seen)


def test_resumed_in_the_middle_the_batches_are_the_same_bits(places):
    how = {"size": 20, "augment": load("geometry", 20, seed=3), "views": ("clean", "second")}
    whole, first, second = (loader(places, **how) for _ in range(3))
    whole.set_epoch(2)
    first.set_epoch(2)
    expected = list(whole)
    for number, _ in enumerate(first, start=1):
        first.count()
        if number == 3:
            break
    first.close()
    second.load_state_dict(first.state_dict())
    second.set_epoch(2)
    rest = list(second)
    assert len(rest) == len(expected) - 3
    for a, b in zip(rest, expected[3:], strict=True):
        assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))
    whole.set_epoch(3)
    assert [b.indices.tolist() for b in whole] != [b.indices.tolist() for b in expected]


def test_two_ranks_are_disjoint(places):
    drawn = [[i for b in loader(places, rank=rank, world=2) for i in b.indices.tolist()] for rank in (0, 1)]
    assert len(drawn[0]) == len(drawn[1]) == 25 and not set(drawn[0]) & set(drawn[1])


def test_without_shards_the_error_says_what_to_do(places, tmp_path):
    with pytest.raises(InputError, match="docclf.data.litdata"):
        Sharded(24, 0, str(tmp_path), 5)


def test_without_litdata_the_error_says_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def missing(name, *rest):
        if name == "litdata":
            raise ImportError("no module named litdata")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(InputError, match="pip install litdata"):
        Sharded(24, 0, str(tmp_path), 5)
