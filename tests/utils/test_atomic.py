"""A kill before or after any write of a gallery, a pack or an evaluation: the same command mends it."""

import json
import os

import numpy as np
import pytest
from packs import folder_of, picture
from report_cases import made, measured
from tiny_run import Killed, Writes, copied

from docclf.compare import saved
from docclf.data.index.build import build_index
from docclf.data.pack.items import PackItems
from docclf.data.pack.write import write_pack
from docclf.errors import InputError
from docclf.gallery import storage
from docclf.gallery.embedder import Embedder
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import Picture
from docclf.model.hog import Hog
from docclf.results import file as results
from docclf.utils import atomic


def gallery(folder, images):
    """Registers three images one by one, each time reading what is there, as the command does."""
    path, embedder = folder / "g.npz", Embedder(Hog(32), "hog")
    for number in range(3):
        found = storage.load(path, embedder) if path.exists() else Gallery(embedder)
        found.register([Picture(f"L{number}", f"{number}.png", f"{number:064}", picture(number))])
        storage.save(found, path)


def pack(folder, images):
    write_pack(PackItems([build_index(images)], 24, False), folder / "pack", threads=1)


def lines(folder, images):
    for number in range(3):
        atomic.write_text(folder / f"{number}" / "metrics.json", json.dumps({"number": number}))
        results.append(folder / "r.jsonl", {"version": 1, "row": "a", "seed": number, "set": "s", "config": "c"})


WORK = {"gallery": gallery, "pack": pack, "lines of results": lines}


def content(folder):
    """Returns file to bytes; of archives, which hold the time, their arrays; of lines, what is read of them."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(path.relative_to(folder))
        if path.suffix == ".npz":
            with np.load(path) as archive:
                found[name] = {key: archive[key].tobytes() for key in archive.files}
        else:
            found[name] = results.read(path) if path.suffix == ".jsonl" else path.read_bytes()
    return found


@pytest.mark.parametrize("name", WORK)
def test_killed_before_any_write_the_same_command_mends_it(tmp_path, monkeypatch, name):
    images = folder_of(tmp_path / "images", 5)

    def work(folder):
        monkeypatch.setenv("DOCCLF_CACHE", str(tmp_path / "cache"))
        WORK[name](folder, images)

    writes = Writes(tmp_path / "whole", tmp_path / "kept")
    (tmp_path / "whole").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", writes)
        work(tmp_path / "whole")
    expected = content(tmp_path / "whole")
    assert writes.count and expected
    for number in range(writes.count):
        folder = tmp_path / "kept" / str(number)
        if name != "gallery":
            work(folder)
            atomic.sweep(folder)
            assert content(folder) == expected, f"killed before write {number} of {writes.count}"
        elif number:  # a gallery goes on from what it has: each state is a whole gallery
            assert len(storage.load(folder / "g.npz", Embedder(Hog(32), "hog"))) == number


def test_a_write_that_is_broken_off_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    atomic.write_text(path, "old")
    for broken in (KeyboardInterrupt, Killed, OSError):

        def fill(temporary, broken=broken):
            with open(temporary, "w") as stream:
                stream.write("half")
                raise broken

        with pytest.raises(InputError if broken is OSError else broken):
            atomic.write(path, fill)
        assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_what_a_kill_left_is_swept_and_nothing_else(tmp_path):
    monkey = Writes(tmp_path / "run", tmp_path / "kept", kill_at=0)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(os, "replace", monkey)
        atomic.write_text(tmp_path / "run" / "deep" / "a.txt", "new")
    folder = copied(tmp_path / "kept/0", tmp_path / "run")
    for name in (".hidden", "a.part", ".hydra/config.yaml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("kept")
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 4
    atomic.sweep(folder)
    left = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert left == [".hidden", ".hydra/config.yaml", "a.part"]


def test_a_comparison_is_written_whole(tmp_path, monkeypatch):
    evaluation = made()
    result = measured(evaluation)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(os, "replace", Writes(tmp_path, tmp_path.with_name("kept"), kill_at=0))
        saved.write(tmp_path / saved.NAME, result, evaluation, {})
    assert not (tmp_path / saved.NAME).exists()
