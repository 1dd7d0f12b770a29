import json
import os

import numpy as np
import pytest
from image_files import pixels, save
from PIL import Image

from docclf.data.index.build import build_index
from docclf.data.pack.items import PackItems
from docclf.data.pack.read import open_pack
from docclf.data.pack.write import write_pack
from docclf.errors import InputError


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def root(tmp_path):
    for seed in range(300):
        save(tmp_path / "root" / f"{seed % 7}" / f"{seed:03d}.png", seed)
    return tmp_path / "root"


def items(root, compact=False):
    return PackItems([build_index(root)], 16, compact)


@pytest.mark.parametrize("threads", [1, 3])
def test_pixels_keys_and_order(root, tmp_path, threads):
    pack = write_pack(items(root), tmp_path / "pack", threads)
    assert pack.num_images == len(pack) == 300 and pack.side == 16
    assert pack.keys == sorted(f"{seed % 7}/{seed:03d}.png" for seed in range(300))
    assert pack.images.shape == (300, 16, 16, 3) and pack.images.dtype == np.uint8
    for i, key in enumerate(pack.keys):
        want = Image.fromarray(pixels(int(key[2:5]))).resize((16, 16), Image.Resampling.BICUBIC)
        assert np.abs(pack.read(i).astype(int) - np.asarray(want)).max() <= 2
        assert (pack.images[i] == pack.read(i)).all() and pack.name(i) == key
    with pytest.raises(ValueError, match="read-only"):
        pack.read(0)[:] = 1
    assert not [name for name in os.listdir(tmp_path / "pack") if name.startswith(".") or "journal" in name]


def test_compact_is_close_and_smaller(root, tmp_path):
    plain, compact = (write_pack(items(root, form), tmp_path / str(form), 2) for form in (False, True))
    assert compact.images is None and compact.keys == plain.keys and compact.side == 16
    for i in range(0, 300, 11):
        assert compact.read(i).shape == (16, 16, 3)
        assert np.abs(compact.read(i).astype(int) - plain.read(i)).mean() < 4
    assert compact.fingerprint != plain.fingerprint


def test_threads_and_place_do_not_show(root, tmp_path):
    first = write_pack(items(root), tmp_path / "a", 1)
    moved = root.rename(tmp_path / "moved")
    assert write_pack(items(moved), tmp_path / "b", 3).fingerprint == first.fingerprint
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_finished_pack_is_kept_and_another_refused(root, tmp_path):
    out = tmp_path / "pack"
    write_pack(items(root), out)
    before = files(out)
    assert write_pack(items(root), out).num_images == 300 and files(out) == before
    save(root / "more.png", 999)
    with pytest.raises(InputError, match="num_images: 300 there, 301 asked for"):
        write_pack(items(root), out)
    (root / "more.png").unlink()
    save(root / "2/002.png", 1000)
    with pytest.raises(InputError, match="the content of 2/002.png is not what was packed"):
        write_pack(items(root), out)
    (root / "2/002.png").rename(root / "2/003.png")
    with pytest.raises(InputError, match="is 2/002.png there, 2/003.png now"):
        write_pack(items(root), out)
    assert files(out) == before
    with pytest.raises(InputError, match="holds other files"):
        write_pack(items(root), root)


def test_a_pack_that_is_not_whole_is_refused(root, tmp_path):
    out = tmp_path / "pack"
    write_pack(items(root), out)
    data = (out / "images.u8").read_bytes()
    (out / "images.u8").write_bytes(data[:-1])
    with pytest.raises(InputError, match=r"images.u8: has 230399 bytes instead of 230400"):
        open_pack(out)
    (out / "images.u8").unlink()
    with pytest.raises(InputError, match="images.u8: is missing"):
        open_pack(out)
    (out / "images.u8").write_bytes(data)
    assert open_pack(out).num_images == 300
    manifest = json.loads((out / "manifest.json").read_text())
    for content in ("{", "[]", json.dumps({**manifest, "version": 99})):
        (out / "manifest.json").write_text(content)
        with pytest.raises(InputError, match="manifest.json"):
            open_pack(out)
    with pytest.raises(InputError, match="no pack there.*docclf.data.pack SOURCE"):
        open_pack(tmp_path / "none")


def test_a_file_that_changed_after_the_index_is_named(root, tmp_path):
    chosen = items(root)
    size = (root / "3/003.png").stat()
    save(root / "3/003.png", 1234)
    os.utime(root / "3/003.png", ns=(size.st_atime_ns, size.st_mtime_ns))
    with pytest.raises(InputError, match="3/003.png: its content changed"):
        write_pack(chosen, tmp_path / "pack")
    (root / "3/003.png").unlink()
    with pytest.raises(InputError, match="3/003.png: cannot be opened any more"):
        write_pack(chosen, tmp_path / "pack2")
