"""What torch.save wrote is read without torch's loader: the same values, and nothing that a file only claims."""

import io
import os
import pickle
import zipfile
from collections import OrderedDict

import pytest
import torch

from docclf.errors import InputError
from docclf.utils.reading import tensors

GOOD = {
    "a": torch.arange(12.0).reshape(3, 4).T,
    "half": torch.ones(3, dtype=torch.bfloat16),
    "none": torch.zeros(0, 4),
    "flags": torch.tensor([True, False]),
    "number": torch.tensor(7),
    "parameter": torch.nn.Parameter(torch.ones(2)),
    "list": [1, 2.5, None, True, "text", (1, 2), {"deep": torch.Size([2, 3])}, 10**20, b"bytes"],
    "dict": OrderedDict(x=torch.arange(5)),
    "kind": torch.float32,
}


def same(a, b):
    if isinstance(b, torch.Tensor):
        return torch.equal(a, b.detach()) and a.dtype == b.dtype
    if isinstance(b, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in b)
    if isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def saved(path, value=GOOD):
    torch.save(value, path)
    return path


def rewritten(path, change, compress=zipfile.ZIP_STORED):
    """Writes the archive again with records changed by a function of name and content."""
    with zipfile.ZipFile(path) as archive:
        records = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    with zipfile.ZipFile(path, "w", compress) as archive:
        for name, content in records:
            archive.writestr(name, change(name, content))
    return path


@pytest.mark.parametrize("mapped", [False, True])
def test_the_same_values(tmp_path, mapped):
    path = saved(tmp_path / "x.pt")
    before = path.read_bytes()
    found = tensors.read(path, mapped)
    assert same(found, GOOD)
    found["a"].zero_()
    assert path.read_bytes() == before


def test_weights_keep_what_torch_notes_on_them(tmp_path):
    state = torch.nn.BatchNorm1d(3).state_dict()
    assert tensors.read(saved(tmp_path / "x.pt", state))._metadata == state._metadata


class Calls:
    def __init__(self, function, *arguments):
        self.made = function, arguments

    def __reduce__(self):
        return self.made


@pytest.mark.parametrize(
    "value",
    [
        Calls(os.system, "touch pwned"),
        Calls(eval, "open('pwned', 'w')"),
        Calls(getattr, "text", "format"),
        Calls(torch.load, "x"),
        Calls(bytearray, 10**12),
        Calls(torch.Tensor, 10**9),
        Calls(torch.zeros, 10**9),
        Calls(torch.hub.load, "a", "b"),
        [Calls(os.system, "touch pwned")],
        {"state_dict": {"a": Calls(os.system, "touch pwned")}},
    ],
)
def test_nothing_is_called(tmp_path, monkeypatch, value):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(tensors.Foreign, match="not loaded"):
        tensors.read(saved(tmp_path / "x.pt", value))
    assert not (tmp_path / "pwned").exists()


def crafted(path, pickled, storage=b"\0" * 16):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", pickled)
        archive.writestr("x/data/0", storage)
    return path


class Claims(pickle.Pickler):
    """Pickles (dtype name, claimed count, size, stride, offset) as torch does a tensor."""

    def __init__(self, file, count):
        super().__init__(file, protocol=2)
        self.count = count

    def persistent_id(self, value):
        return ("storage", torch.FloatStorage, "0", "cpu", self.count) if value == "here" else None


def tensor_of(count, size, stride, offset=0):
    stream = io.BytesIO()
    call = Calls(torch._utils._rebuild_tensor_v2, "here", offset, size, stride, False, OrderedDict())
    Claims(stream, count).dump(call)
    return stream.getvalue()


@pytest.mark.parametrize(
    "made",
    [
        tensor_of(10**9, (10**9,), (1,)),  # a storage larger than its record
        tensor_of(3, (3,), (1,)),
        tensor_of(4, (100, 100), (0, 0)),  # many numbers from few
        tensor_of(4, (2,), (4,)),  # behind the end
        tensor_of(4, (4,), (1,), 1),
        tensor_of(4, (4,), (-1,), 3),
        tensor_of(4, (-4,), (1,)),
        tensor_of(4, (4,), (1,), -1),
        tensor_of(4, (2, 2), (1,)),
        tensor_of(4, (1,) * 40, (1,) * 40),
        tensor_of(4, ("4",), (1,)),
    ],
)
def test_no_tensor_is_larger_than_its_bytes(tmp_path, made):
    with pytest.raises(InputError, match=r"x\.pt is broken"):
        tensors.read(crafted(tmp_path / "x.pt", made))


def test_what_fits_is_taken(tmp_path):
    assert tensors.read(crafted(tmp_path / "x.pt", tensor_of(4, (2, 2), (1, 2)))).shape == (2, 2)


@pytest.mark.parametrize(
    "pickled",
    [
        b"\x80\x02" + b"r\xff\xff\xff\x7f.",  # a memo of two thousand million places
        b"\x80\x02N" + b"r\xff\xff\xff\x7f.",
        b"\x80\x05\x96" + (2**40).to_bytes(8, "little") + b".",  # a byte array of a terabyte
        b"\x80\x04\x95" + (2**40).to_bytes(8, "little") + b".",
        b"\x80\x02\x8b" + (2**31 - 1).to_bytes(4, "little") + b".",
        b"c__main__\nx\n.",
        b"i__main__\nx\n.",
        b"\x80\x02" + b"(" * 1000 + b".",
        b"",
        b"\x80\x02Q.",
        b"\x80\x02N}b.",
        b"\x80\x02NNR.",
    ],
)
def test_pickles_that_claim_or_call(tmp_path, pickled):
    path = crafted(tmp_path / "x.pt", pickled)
    try:
        assert tensors.read(path) is None  # a place in the memo that is never used costs nothing
    except InputError as error:
        assert "x.pt" in str(error)


def test_packed_records_are_refused_before_they_are_unpacked(tmp_path):
    path = saved(tmp_path / "x.pt", {"a": torch.zeros(10**6)})
    rewritten(path, lambda name, content: content, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 20_000
    with pytest.raises(InputError, match="packed"):
        tensors.read(path)


def test_a_flipped_byte_is_found_or_changes_nothing(tmp_path):
    path = saved(tmp_path / "x.pt", {"a": torch.arange(4.0), "b": [1, "x"]})
    good, content = tensors.read(path), path.read_bytes()
    found = 0
    for at in range(0, len(content), 3):
        changed = bytearray(content)
        changed[at] ^= 1 << at % 8
        path.write_bytes(changed)
        try:
            assert same(tensors.read(path), good), at
        except InputError as error:
            assert "x.pt" in str(error)
            found += 1
    assert found > 50
