import os
import shutil
from pathlib import Path

import pytest
from image_files import pixels, save

from docclf.data.index import decode as index_check
from docclf.data.index.build import build_index, without_copies
from docclf.data.sources.scan import scan
from docclf.errors import InputError


def paths(index):
    return [entry.path for entry in index.entries]


def truncate(path: Path, keep: float = 0.5) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


@pytest.fixture
def messy(tmp_path):
    """A folder with one of each trouble; four good images."""
    root = tmp_path / "root"
    save(root / "b.png", 1)
    save(root / "deep" / "er" / "A.JPG", 2, format="JPEG")
    save(root / "台灣" / "健保卡.jpg", 3, format="PNG")
    save(root / "copy of b.png", 1)
    truncate(save(root / "deep" / "cut.jpg", 4, format="JPEG"))
    (root / "empty.jpg").touch()
    (root / "note.jpg").write_text("I am a text file.")
    (root / "notes.txt").write_text("no image extension: ignored")
    (root / "._b.png").write_bytes(b"\x00\x05\x16\x07 hidden")
    save(root / ".thumbnails" / "b.png", 9)
    (root / "dangling.png").symlink_to(root / "nowhere.png")
    (root / "deep" / "loop").symlink_to(root)
    (root / "self").symlink_to(root / "self")
    os.mkfifo(root / "pipe.png")
    save(root / "big.png", 5)
    save(root / "line.png", pixels(6, 1, 40))
    return root


def test_every_trouble_is_listed_with_its_reason(messy, caplog):
    index = build_index(messy)
    assert paths(index) == ["b.png", "big.png", "deep/er/A.JPG", "台灣/健保卡.jpg"]
    skipped = dict(index.skipped)
    assert set(skipped) == {
        "copy of b.png",
        "deep/cut.jpg",
        "empty.jpg",
        "note.jpg",
        "dangling.png",
        "pipe.png",
        "line.png",
        "self",
    }
    for path, reason in (
        ("copy of b.png", "same content as b.png"),
        ("deep/cut.jpg", "cannot be decoded"),
        ("empty.jpg", "0 bytes"),
        ("note.jpg", "no image"),
        ("dangling.png", "cannot be opened"),
        ("pipe.png", "no regular file"),
        ("line.png", "40 x 1 pixels"),
    ):
        assert reason in skipped[path]
    assert "8 files skipped, 4 used" in caplog.text and "and 3 more" in caplog.text
    assert len(index.facts()["skipped"]) == 8


def test_huge_images_are_skipped_by_size(messy):
    save(messy / "big.png", pixels(5, 100, 100))
    index = build_index(messy, max_pixels=9_999)
    assert "big.png" not in paths(index) and "max_pixels=9999" in dict(index.skipped)["big.png"]
    assert "big.png" in paths(build_index(messy, max_pixels=10_000))


def test_copies_keep_the_first_path_and_may_be_kept(messy):
    assert "copy of b.png" in paths(build_index(messy, unique=False))
    save(messy / "a.png", 1)
    assert paths(build_index(messy))[0] == "a.png"


def test_copies_across_folders(tmp_path):
    for name, seeds in (("one", (1, 2)), ("two", (2, 3))):
        for seed in seeds:
            save(tmp_path / name / f"{seed}.png", seed)
    first, second = without_copies([build_index(tmp_path / "one"), build_index(tmp_path / "two")])
    assert paths(first) == ["1.png", "2.png"] and paths(second) == ["3.png"]
    assert "same content" in dict(second.skipped)["2.png"]


def test_order_is_that_of_paths_whatever_the_disk_says(messy, monkeypatch):
    straight = scan(messy)
    listing = os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: sorted(listing(folder), key=lambda e: e.name, reverse=True))
    assert scan(messy) == straight
    assert straight[0] == sorted(straight[0])


def test_linked_folders_are_read_and_loops_end(tmp_path):
    save(tmp_path / "elsewhere" / "x.png", 1)
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(root)
    assert paths(build_index(root)) == ["link/x.png"]


def test_second_start_decodes_nothing_and_gives_the_same(messy, monkeypatch):
    first = build_index(messy)
    inspect = index_check.inspect_image
    seen = []
    monkeypatch.setattr(index_check, "inspect_image", lambda *a, **k: seen.append(k["name"]) or inspect(*a, **k))
    second = build_index(messy)
    assert second.entries == first.entries and second.fingerprint() == first.fingerprint()
    assert sorted(seen) == ["deep/cut.jpg", "empty.jpg", "line.png", "note.jpg"]  # what failed is tried again
    seen.clear()
    save(messy / "b.png", 77)
    os.utime(messy / "b.png", (1, 1))
    third = build_index(messy)
    assert "b.png" in seen and third.fingerprint() != first.fingerprint()


def test_cache_lies_outside_the_users_folder_and_may_be_broken(messy, cache_folder, caplog):
    before = sorted(p.name for p in messy.iterdir())
    first = build_index(messy)
    assert sorted(p.name for p in messy.iterdir()) == before
    (file,) = (cache_folder / "index").iterdir()
    whole = file.read_bytes()
    assert len(whole) < 3000
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for content in (b"", b"{", whole[:-9], whole[:200], bytes(flipped)):
        file.write_bytes(content)
        assert build_index(messy).entries == first.entries
        assert file.read_bytes() in (whole, bytes(flipped))  # a bit in the zip's own tables may not matter


def test_cache_that_cannot_be_written_is_said(messy, monkeypatch, caplog, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DOCCLF_CACHE", str(tmp_path / "file"))
    assert build_index(messy).entries
    assert "cannot be cached" in caplog.text


def test_fingerprint_covers_path_and_content_not_the_root(messy, tmp_path):
    first = build_index(messy).fingerprint()
    moved = shutil.move(messy, tmp_path / "moved")
    assert build_index(moved).fingerprint() == first
    (moved / "b.png").rename(moved / "c.png")
    assert build_index(moved).fingerprint() != first


def test_nothing_to_use_says_what_was_looked_for(tmp_path):
    for prepare, says in (
        (lambda: None, "0 files with an image extension"),
        (lambda: (tmp_path / "x.txt").write_text("x"), "looked for .apng"),
        (lambda: (tmp_path / "x.jpg").touch(), "x.jpg: .*0 bytes"),
    ):
        prepare()
        with pytest.raises(InputError, match=f"(?s)data.root=.*no readable image.*{says}|{says}"):
            build_index(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        build_index(tmp_path / "none")
    with pytest.raises(InputError, match="is a file"):
        build_index(tmp_path / "x.txt", argument="data.extra")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every folder")
def test_closed_folder_is_listed(messy):
    (messy / "deep").chmod(0)
    try:
        assert dict(build_index(messy).skipped)["deep"].startswith("folder cannot be opened")
    finally:
        (messy / "deep").chmod(0o755)


def test_other_kinds_are_counted_by_their_reason_and_named(tmp_path, caplog):
    save(tmp_path / "good.png", 1)
    for name in ("scan.pdf", "deep/more.PDF", "raw.NEF", "art.psd", "notes.txt", "table.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"%PDF-1.7")
    index = build_index(tmp_path)
    assert paths(index) == ["good.png"]
    assert set(dict(index.skipped)) == {"scan.pdf", "deep/more.PDF", "raw.NEF", "art.psd"}
    assert "scan.pdf and 1 more: PDF is not read; draw its pages" in caplog.text and "4 files skipped" in caplog.text


def test_folders_of_a_nas_or_a_desktop_are_passed_over(tmp_path):
    save(tmp_path / "A" / "1.png", 1)
    for name in ("@eaDir/1.png", "A/@eaDir/1.png/thumb.jpg", "#recycle/1.png", ".thumbnails/1.png", "__MACOSX/1.png"):
        save(tmp_path / name, 2)
    (tmp_path / "A" / "Thumbs.db").write_bytes(b"thumbs")
    (tmp_path / "A" / "._1.png").write_bytes(b"\0\5\x16\7")
    index = build_index(tmp_path)
    assert paths(index) == ["A/1.png"] and not index.skipped


def test_a_name_that_promises_heic_for_another_content_is_told(tmp_path, caplog):
    save(tmp_path / "phone.png", 3).rename(tmp_path / "phone.heic")
    assert paths(build_index(tmp_path)) == ["phone.heic"] and "phone.heic is no HEIC" in caplog.text
