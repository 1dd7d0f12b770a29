import errno
import io
import json
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest
from image_files import save

from docclf.data.index.build import build_index, index_source
from docclf.data.pack import estimate as pack_plan
from docclf.data.pack import write as pack_write
from docclf.data.pack.estimate import check_space, predict
from docclf.data.pack.items import PackItems
from docclf.data.pack.journal import NAME
from docclf.data.pack.read import open_pack
from docclf.data.pack.verify import verify_pack
from docclf.data.pack.write import BLOCK, write_pack
from docclf.data.sources.folder import FolderSource
from docclf.errors import InputError

ROOT = Path(__file__).resolve().parents[3]
COUNT = 5 * BLOCK + 9
# Ends the process as `kill -9` does: in the middle of a block's bytes, or between a block and its line.
KILLED = """
import os, signal, sys
from docclf.data.index import cache as index_cache
from docclf.data.pack import write as pack_write
from docclf.data.index.build import build_index
from docclf.data.pack.items import PackItems
what, root, out, form = sys.argv[1:]
die = lambda: os.kill(os.getpid(), signal.SIGKILL)
calls = []
if what == "index":
    add = index_cache.IndexCache.add
    def note(self, entries):
        add(self, entries)
        calls.append(1)
        if len(calls) == 8:
            self._stream.write('["half a li')
            self._stream.flush()
            die()
    index_cache.IndexCache.add = note
write = pack_write._write
def half(stream, journal, payload, checksum, sizes):
    calls.append(1)
    if len(calls) == 3:
        if what == "bytes":
            stream.write(payload[: len(payload) // 2])
        else:
            stream.write(payload)
        die()
    write(stream, journal, payload, checksum, sizes)
pack_write._write = half
pack_write.write_pack(PackItems([build_index(root)], 16, form == "True"), out, 2)
"""


def killed(what, root, out, compact=False):
    command = [sys.executable, "-c", KILLED, what, str(root), str(out), str(compact)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(command, env=environment, cwd=ROOT).returncode == -9


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    for seed in range(COUNT):
        save(folder / f"{seed % 5}" / f"健{seed:04d}.png", seed)
    return folder


def items(root, compact=False):
    return PackItems([build_index(root)], 16, compact)


@pytest.mark.parametrize(("what", "compact"), [("bytes", False), ("line", True)])
def test_killed_while_packing(root, tmp_path, what, compact):
    killed(what, root, tmp_path / "a", compact)
    assert len((tmp_path / "a" / NAME).read_text().splitlines()) == 3  # the plan and two blocks
    with pytest.raises(InputError, match="unfinished: run the command that began it again"):
        open_pack(tmp_path / "a")
    chosen = items(root, compact)
    read = []
    encoded = chosen.encoded
    chosen.encoded = lambda i: read.append(i) or encoded(i)
    write_pack(chosen, tmp_path / "a", 2)
    assert sorted(read) == list(range(2 * BLOCK, COUNT))
    write_pack(items(root, compact), tmp_path / "b", 1)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    verify_pack(tmp_path / "a")


def test_killed_while_indexing(root, tmp_path, cache_folder):
    killed("index", root, tmp_path / "unused")
    assert [file.suffix for file in (cache_folder / "index").iterdir()] == [".part"]

    class Counted(FolderSource):
        read_paths: list = []

        def read(self, path, offset, size):
            self.read_paths.append(path)
            return super().read(path, offset, size)

    resumed = index_source(Counted(root))
    assert len(Counted.read_paths) == COUNT - 8 * 32
    assert [file.suffix for file in (cache_folder / "index").iterdir()] == [".npz"]
    shutil.rmtree(cache_folder / "index")
    whole = build_index(root)
    assert whole.entries == resumed.entries and whole.fingerprint() == resumed.fingerprint()


def test_blocks_that_changed_since_the_stop_are_made_again(root, tmp_path, monkeypatch):
    out = tmp_path / "a"
    stop_after(monkeypatch, 4)
    with pytest.raises(KeyboardInterrupt):
        write_pack(items(root), out)
    monkeypatch.undo()
    data = bytearray((out / "images.u8").read_bytes())
    assert len(data) == 4 * BLOCK * 768
    data[BLOCK * 768 + 5] ^= 1
    (out / "images.u8").write_bytes(data)
    (out / NAME).write_text((out / NAME).read_text() + "\0\0\0\0")
    write_pack(items(root), out)
    write_pack(items(root), tmp_path / "b")
    assert files(out) == files(tmp_path / "b")


def stop_after(monkeypatch, blocks):
    write = pack_write._write
    left = iter(range(blocks))

    def stop(*arguments):
        if next(left, None) is None:
            raise KeyboardInterrupt
        write(*arguments)

    monkeypatch.setattr(pack_write, "_write", stop)


def test_another_plan_does_not_continue(root, tmp_path, monkeypatch):
    stop_after(monkeypatch, 1)
    with pytest.raises(KeyboardInterrupt):
        write_pack(items(root), tmp_path / "a")
    monkeypatch.undo()
    before = files(tmp_path / "a")
    with pytest.raises(InputError, match="unfinished pack of another plan.*side: 16 then, 24 now"):
        write_pack(PackItems([build_index(root)], 24), tmp_path / "a")
    assert files(tmp_path / "a") == before


def test_a_disk_that_fills_up(root, tmp_path, monkeypatch):
    def full(stream, journal, payload, checksum, sizes):
        if len(journal.blocks) == 2:
            stream.write(payload[:1000])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(stream, journal, payload, checksum, sizes)

    write = pack_write._write
    monkeypatch.setattr(pack_write, "_write", full)
    with pytest.raises(InputError, match="No space left on device. Free space there and run the same command again"):
        write_pack(items(root), tmp_path / "a")
    monkeypatch.undo()
    assert not (tmp_path / "a/manifest.json").exists()
    write_pack(items(root), tmp_path / "a")
    write_pack(items(root), tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")


@pytest.mark.parametrize("name", ["keys.json", "manifest.json"])
def test_a_disk_that_fills_up_at_the_end(root, tmp_path, monkeypatch, name):
    replace = pack_write.replace

    def full(path, content):
        if path.name == name:
            path.with_name(f".{name}.tmp").write_bytes(content[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(path, content)

    monkeypatch.setattr(pack_write, "replace", full)
    with pytest.raises(InputError, match="No space left"):
        write_pack(items(root), tmp_path / "a")
    monkeypatch.undo()
    with pytest.raises(InputError, match="no pack there"):
        open_pack(tmp_path / "a")
    assert write_pack(items(root), tmp_path / "a").num_images == COUNT


def test_a_small_disk_is_refused_before_the_first_byte(root, tmp_path, monkeypatch):
    expected = predict(items(root))
    assert COUNT * 768 < expected.bytes < COUNT * 768 * 1.1 + 2**20 + 60 * COUNT
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(pack_plan.shutil, "disk_usage", lambda _: usage(9, 9, expected.bytes - 1))
    with pytest.raises(InputError, match="nothing was written.*--compact"):
        check_space(tmp_path / "deep" / "a", expected.bytes)
    assert not (tmp_path / "deep").exists()
    check_space(tmp_path / "deep" / "a", expected.bytes - 1)
    (tmp_path / "deep" / "a").mkdir(parents=True)
    (tmp_path / "deep" / "a" / "images.u8").write_bytes(b"x")  # what an unfinished pack holds need not be free
    check_space(tmp_path / "deep" / "a", expected.bytes)


def test_predicted_size_of_a_compact_pack(root, tmp_path):
    expected = predict(items(root, True)).bytes
    real = sum(len(data) for data in files(write_pack(items(root, True), tmp_path / "a").path).values())
    assert real <= expected < 1.3 * real + 2**20


def test_damage_is_found_and_named(root, tmp_path):
    out = write_pack(items(root), tmp_path / "a").path
    verify_pack(out)
    with open(out / "images.u8", "r+b") as stream:
        stream.seek((2 * BLOCK + 3) * 768)
        byte = stream.read(1)
        stream.seek(-1, io.SEEK_CUR)
        stream.write(bytes([byte[0] ^ 4]))
    name = open_pack(out).name(2 * BLOCK)
    with pytest.raises(InputError, match=f"images.u8: the checksums of 1 of 6 blocks are wrong.*256 to 383.*{name}"):
        verify_pack(out)
    keys = json.loads((out / "keys.json").read_text())
    keys[0], keys[1] = keys[1], keys[0]
    (out / "keys.json").write_text(json.dumps(keys))
    with pytest.raises(InputError, match="keys.json: its checksum"):
        verify_pack(out)


def test_two_at_once_are_refused(root, tmp_path):
    with pack_write._alone(tmp_path / "a"):
        with pytest.raises(InputError, match="another process is packing into it"):
            write_pack(items(root), tmp_path / "a")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="--out=.*cannot be written"):
        write_pack(items(root), tmp_path / "file" / "a")
