"""The list of the centres' files, and the files: refused unless they hold every class once, in its shape."""

import pytest
import torch

from docclf.errors import InputError
from docclf.loss.centres import files as shards
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace


def head(seed=0):
    return PartialFC(12, 4, CosFace(), SGD(), seed=seed)


@pytest.fixture
def stored(tmp_path):
    return tmp_path, shards.save(tmp_path, head())


def test_a_whole_set_is_read(stored):
    folder, manifest = stored
    taken = head(1)
    shards.load(folder, manifest, taken)
    assert torch.equal(taken.centres, head().centres)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(shards=[]),
        lambda m: m.update(shards=None),
        lambda m: m["shards"].append(m["shards"][0]),
        lambda m: m["shards"][0].update(span=[0, 6]),
        lambda m: m["shards"][0].update(span=[1, 12]),
        lambda m: m["shards"][0].update(span=[0.0, 12]),
        lambda m: m["shards"][0].update(span="ab"),
        lambda m: m["shards"][0].update(file="../" + m["shards"][0]["file"]),
        lambda m: m["shards"][0].update(file="/etc/passwd"),
        lambda m: m["shards"][0].pop("file"),
        lambda m: m.update(num_classes="12"),
        lambda m: m.update(num_classes=10**12),
        lambda m: m.update(dim=None),
        lambda m: m.update(names=["weight"]),
        lambda m: m.pop("draws"),
        lambda m: m.clear(),
    ],
)
def test_a_damaged_list_is_refused(stored, change):
    folder, manifest = stored
    change(manifest)
    taken = head(1)
    before = taken.centres.clone()
    with pytest.raises(InputError):
        shards.load(folder, manifest, taken)
    assert torch.equal(taken.centres, before)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weight", torch.ones(1, 4)),
        ("weight", torch.ones(12)),
        ("weight", torch.ones(12, 1)),
        ("weight", torch.full((12, 4), torch.nan)),
        ("weight", [1.0]),
        ("momentum", torch.ones(1, 4)),
        ("steps", torch.tensor(3)),
        ("steps", None),
        ("token", "another"),
        ("first", 1),
    ],
)
def test_tensors_of_other_shapes_are_refused(stored, name, value):
    folder, manifest = stored
    path = folder / manifest["shards"][0]["file"]
    torch.save(torch.load(path) | {name: value}, path)
    with pytest.raises(InputError, match=path.name):
        shards.load(folder, manifest, head(1))


def test_a_flipped_byte_of_a_shard_is_named(stored):
    folder, manifest = stored
    path = folder / manifest["shards"][0]["file"]
    content = path.read_bytes()
    for at in range(0, len(content), 7):
        changed = bytearray(content)
        changed[at] ^= 4
        path.write_bytes(changed)
        taken = head(1)
        try:
            shards.load(folder, manifest, taken)
            assert torch.equal(taken.centres, head().centres)
        except InputError as error:
            assert path.name in str(error)
