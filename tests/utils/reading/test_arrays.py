"""Archives of arrays: what a file claims is compared with what it has, before anything of it is unpacked."""

import io
import zipfile

import numpy as np
import pytest

from docclf.errors import InputError
from docclf.utils.reading import arrays

GOOD = {"a": np.arange(12, dtype=np.int32).reshape(3, 4), "f": np.asfortranarray(np.eye(3)), "t": np.array(["x", "yy"])}


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_the_same_arrays(tmp_path, write):
    write(tmp_path / "x.npz", **GOOD)
    found = arrays.read_npz(tmp_path / "x.npz")
    assert all(np.array_equal(found[name], GOOD[name]) and found[name].dtype == GOOD[name].dtype for name in GOOD)
    assert found["a"].flags.writeable and list(arrays.read_npz(tmp_path / "x.npz", ("a",))) == ["a"]


def header(shape, dtype="<f4"):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": False, "shape": shape})
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        header((10**9, 2)) + b"\0" * 64,  # claims 8 GB
        header((2**40, 2**40)),
        header((-4,)) + b"\0" * 16,
        header((4,)) + b"\0" * 15,
        header((4,), "|O") + b"\x80\x04N.",
        header((4,), [("x", "<f4")]) + b"\0" * 16,
        b"\x93NUMPY\x07\x00" + b"\0" * 64,
        b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + b"{" * 64,
        b"\x93NUMPY\x01\x00\x40\x00" + b"(" * 64,
        b"",
    ],
)
def test_claims_of_a_header(tmp_path, content):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("a.npy", content)
    with pytest.raises(InputError, match="x.npz"):
        arrays.read_npz(tmp_path / "x.npz")
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(InputError, match="x.npy"):
        arrays.read_npy(tmp_path / "x.npy")


def test_a_few_kilobytes_do_not_unpack_to_gigabytes(tmp_path):
    path = tmp_path / "x.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("a.npy", "w", force_zip64=True) as to,
    ):
        to.write(header((100 * 2**20,), "|u1"))
        for _ in range(100):
            to.write(bytes(2**20))
    assert path.stat().st_size < 200_000
    with pytest.raises(InputError, match="claims"):
        arrays.read_npz(path)


def test_names_that_stand_twice_or_not_at_all(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        for name in ("a.npy", "a"):
            archive.writestr(name, header((0,)))
    with pytest.raises(InputError, match="twice"):
        arrays.read_npz(tmp_path / "x.npz")
    np.savez(tmp_path / "y.npz", a=1)
    with pytest.raises(InputError, match="no array b"):
        arrays.read_npz(tmp_path / "y.npz", ("a", "b"))


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_a_flipped_byte_is_found_or_changes_nothing(tmp_path, write):
    path = tmp_path / "x.npz"
    write(path, **GOOD)
    content = path.read_bytes()
    for at in range(0, len(content), 3):
        changed = bytearray(content)
        changed[at] ^= 1 << at % 8
        path.write_bytes(changed)
        try:
            found = arrays.read_npz(path, tuple(GOOD))
        except InputError:
            continue
        assert all(np.array_equal(found[name], GOOD[name]) for name in GOOD), at


def test_a_signed_array(tmp_path):
    path, keys = tmp_path / "keys.npy", np.arange(9, dtype=np.uint64)
    arrays.write_npy(path, keys)
    assert np.array_equal(arrays.read_npy(path), keys) and np.array_equal(np.load(path), keys)
    content = path.read_bytes()
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 1 << at % 8
        path.write_bytes(changed)
        with pytest.raises(InputError, match="keys.npy"):
            arrays.read_npy(path)
    np.save(path, keys)  # of an earlier version: nothing behind it to compare
    assert np.array_equal(arrays.read_npy(path), keys)
