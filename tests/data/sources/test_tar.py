import io
import os
import tarfile

import fsspec
import pytest
from image_files import pixels, save
from PIL import Image

from docclf.data.index.build import index_source
from docclf.data.pack.items import PackItems
from docclf.data.pack.write import write_pack
from docclf.data.sources.open import open_source
from docclf.data.sources.tar import TarShards
from docclf.errors import InputError


def png(seed):
    stream = io.BytesIO()
    Image.fromarray(pixels(seed)).save(stream, "PNG")
    return stream.getvalue()


def tar(members: dict) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname, content = tarfile.SYMTYPE, content, b""
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def samples(*seeds):
    return {f"{seed:03d}.{end}": png(seed) if end == "png" else b"7" for seed in seeds for end in ("png", "cls")}


@pytest.fixture
def shards(tmp_path):
    folder = tmp_path / "shards"
    folder.mkdir()
    for number in range(3):
        (folder / f"train-{number:04d}.tar").write_bytes(tar(samples(*range(10 * number, 10 * number + 10))))
    return folder


def keys(index):
    return [entry.path for entry in index.entries]


WANT = [f"train-{seed // 10:04d}.tar/{seed:03d}.png" for seed in range(30)]


def test_every_way_to_name_the_shards_gives_the_same(shards):
    first = index_source(open_source(str(shards)))
    assert keys(first) == WANT and not first.skipped
    for location in (
        f"{shards}/*.tar",
        f"{shards}/train-{{0000..0002}}.tar",
        f"file://{shards}/train-{{0000..0002}}.tar",
    ):
        other = index_source(open_source(location))
        assert other.fingerprint() == first.fingerprint()
        assert [other.read(entry) for entry in other.entries] == [png(seed) for seed in range(30)]
    assert keys(index_source(open_source(f"{shards}/train-0001.tar"))) == WANT[10:20]


def test_shards_and_folder_make_the_same_pixels(shards, tmp_path):
    for key, seed in zip(WANT, range(30), strict=True):
        save(tmp_path / "folder" / key, seed)
    packs = [
        write_pack(PackItems([index_source(open_source(str(place)))], 16), tmp_path / f"pack{k}")
        for k, place in enumerate((shards, tmp_path / "folder"))
    ]
    assert packs[0].fingerprint == packs[1].fingerprint and packs[0].keys == WANT


def test_remote_shards(shards, tmp_path):
    memory = fsspec.filesystem("memory")
    for file in shards.iterdir():
        memory.pipe(f"/docclf-test/{file.name}", file.read_bytes())
    try:
        index = index_source(open_source("memory://docclf-test/train-{0000..0002}.tar"))
        assert keys(index) == WANT and index.read(index.entries[17]) == png(17)
        assert keys(index_source(open_source("memory://docclf-test"))) == WANT
        cut = shards.joinpath("train-0001.tar").read_bytes()[:9000]
        memory.pipe("/docclf-test/train-0001.tar", cut)
        with pytest.raises(InputError, match=r"train-0001.tar: the shard cannot be read whole"):
            index_source(open_source("memory://docclf-test/*.tar"))
        index = index_source(open_source("memory://docclf-test/*.tar", skip_broken=True))
        assert keys(index) == WANT[:10] + WANT[20:]
    finally:
        memory.rm("/docclf-test", recursive=True)
    with pytest.raises(InputError, match="nonsense://.*cannot be read"):
        open_source("nonsense://a/b.tar")


def test_wherever_a_shard_is_cut_it_is_found(shards):
    whole = (shards / "train-0001.tar").read_bytes()
    end = whole.rstrip(b"\0")
    last = -(-len(end) // 512) * 512
    for size in (0, 3, 300, 512, 700, 1024, 5000, last - 512, last - 1, last, *range(1536, last, 1536)):
        (shards / "train-0001.tar").write_bytes(whole[:size])
        with pytest.raises(InputError, match="train-0001.tar: the shard cannot be read whole.*--skip-broken"):
            list(TarShards(str(shards)).walk())
    index = index_source(TarShards(str(shards), skip_broken=True))
    assert keys(index) == WANT[:10] + WANT[20:] and dict(index.skipped)["train-0001.tar"].startswith("the shard")


def test_a_damaged_header_is_found(shards):
    data = bytearray((shards / "train-0001.tar").read_bytes())
    at = data.index(b"015.png")
    data[at : at + 3] = b"XXX"
    (shards / "train-0001.tar").write_bytes(data)
    with pytest.raises(InputError, match="train-0001.tar.*cut off or damaged at byte"):
        list(TarShards(str(shards)).walk())


def test_compressed_shards_are_refused(shards):
    with tarfile.open(shards / "train-0003.tar", "w:gz") as archive:
        archive.add(shards / "train-0000.tar", "x.png")
    with pytest.raises(InputError, match="train-0003.tar.*gzip.*decompress it"):
        list(TarShards(str(shards)).walk())


def test_names_that_lead_out_and_links_are_reported_and_write_nothing(tmp_path):
    members = {"../evil.png": png(1), "/tmp/outside.png": png(2), "a/../../b.png": png(3), "link.png": "/etc/passwd"}
    members |= {"c\\..\\back.png": png(4), "./good.png": png(5), "台灣/健保卡.png": png(6), ".hidden.png": png(7)}
    members["broken.png"] = png(8)[:40]
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "x.tar").write_bytes(tar(members))
    index = index_source(open_source(str(folder / "x.tar")))
    assert keys(index) == ["x.tar/good.png", "x.tar/台灣/健保卡.png"]
    skipped = dict(index.skipped)
    outside = ("x.tar/../evil.png", "x.tar//tmp/outside.png", "x.tar/a/../../b.png", "x.tar/c\\..\\back.png")
    assert all("leads out" in skipped.pop(name) for name in outside)
    assert "link to /etc/passwd" in skipped.pop("x.tar/link.png") and "no image" in skipped.pop("x.tar/broken.png")
    assert not skipped and os.listdir(tmp_path) == ["in"] and os.listdir(folder) == ["x.tar"]


def test_a_name_twice_counts_once(tmp_path):
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for seed in (1, 2):
            info = tarfile.TarInfo("a.png")
            info.size = len(png(seed))
            archive.addfile(info, io.BytesIO(png(seed)))
    index = index_source(open_source(str(tmp_path / "x.tar")))
    assert index.read(index.entries[0]) == png(1) and dict(index.skipped) == {
        "x.tar/a.png": "name appears twice in the shard"
    }


def test_a_rewritten_shard_is_read_anew(shards):
    first = index_source(open_source(str(shards)))
    file = shards / "train-0000.tar"
    status = file.stat()
    file.write_bytes(tar(samples(*range(100, 110))))
    assert file.stat().st_size == status.st_size  # only the time tells
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    second = index_source(open_source(str(shards)))
    assert second.fingerprint() != first.fingerprint() and keys(second)[0] == "train-0000.tar/100.png"


def test_what_is_meant_must_be_plain(shards, tmp_path):
    save(shards / "sub" / "x.png", 1)
    with pytest.raises(InputError, match="say which are meant"):
        open_source(str(shards))
    with pytest.raises(InputError, match="no file there"):
        open_source(f"{shards}/none-*.tar")
    with pytest.raises(InputError, match="none.tar.*No such file"):
        list(open_source(f"{shards}/none.tar").walk())
    with pytest.raises(InputError, match="does not exist"):
        open_source(str(tmp_path / "none"))


def test_kinds_that_are_not_read_are_named(tmp_path):
    names = {"scan.pdf": b"%PDF", "notes.txt": b"x", os.fsdecode(b"caf\xe9.png"): png(1), ".hidden.pdf": b"%PDF"}
    (tmp_path / "x.tar").write_bytes(tar(names))
    index = index_source(open_source(str(tmp_path / "x.tar")))
    assert keys(index) == [os.fsdecode(b"x.tar/caf\xe9.png")] and index.read(index.entries[0]) == png(1)
    assert [path for path, _ in index.skipped] == ["x.tar/scan.pdf"] and "pdftoppm" in index.skipped[0][1]
