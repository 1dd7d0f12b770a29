"""Disks that are full or closed, checkpoints that are broken or hostile: one paragraph, exit code not 0, no remains."""

import os
import shutil
import subprocess

import pytest
import small_checkpoint
import torch
from conftest import TINY

from docclf.checkpoint import read as checkpoint


@pytest.fixture
def disk(tmp_path):
    """Returns a function that mounts a small tmpfs; skips where that is not allowed."""
    mounted = []

    def mount(size: str, *options: str):
        folder = tmp_path / f"disk{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", ",".join([f"size={size}", *options]), "tmpfs", str(folder)]
        if (
            os.name != "posix"
            or shutil.which("mount") is None
            or subprocess.run(command, capture_output=True).returncode
        ):
            pytest.skip("mounting a small disk needs root")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True)


def assert_one_paragraph(done, *words):
    assert done.code != 0
    assert "error: " in done.err and "Traceback" not in done.err + done.out, done.err
    message = done.err[done.err.index("error: ") :].strip()
    assert "\n\n" not in message
    for word in words:
        assert word in message, message


def test_full_disk(script, disk):
    folder = disk("700k")
    done = script("train.py", "trainer=smoke", *TINY[:5], "logger=none", f"hydra.run.dir={folder}/run")
    assert_one_paragraph(done, "No space left", "hydra.run.dir")
    assert not list(folder.rglob("*.ckpt*")) and not list(folder.rglob(".*.ckpt.*"))


def test_read_only_output(script, disk, tmp_path):
    folder = disk("1m", "ro")
    done = script("train.py", "trainer=smoke", *TINY[:5], f"hydra.run.dir={folder}/run")
    assert_one_paragraph(done, "Read-only file system", "hydra.run.dir")
    (tmp_path / "file").write_text("")
    assert_one_paragraph(script("train.py", f"hydra.run.dir={tmp_path}/file/run"), "Not a directory")


def test_broken_checkpoint(script, tmp_path):
    (tmp_path / "broken.ckpt").write_bytes(b"PK\x03\x04 half a file")
    done = script("evaluate.py", "ckpt=broken.ckpt", f"hydra.run.dir={tmp_path}/out")
    assert_one_paragraph(done, "broken.ckpt", "cut off")
    assert not (tmp_path / "out/metrics.json").exists()


def test_checkpoint_that_names_os_system(script, tmp_path):
    stored = torch.load(small_checkpoint.write(tmp_path / "good.ckpt"), weights_only=True)
    stored[checkpoint.KEY]["config"]["backbone"] = {"_target_": "os.system", "command": "touch pwned"}
    torch.save(stored, tmp_path / "evil.ckpt")
    assert_one_paragraph(script("evaluate.py", "ckpt=evil.ckpt"), "os.system", "nothing of it was built")
    assert_one_paragraph(script("train.py", "trainer=smoke", "ckpt_path=evil.ckpt"), "os.system")
    assert not (tmp_path / "pwned").exists()


def test_cache_that_cannot_be_written(script, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DOCCLF_CACHE", str(tmp_path / "file"))
    assert_one_paragraph(script("train.py", "trainer=smoke", *TINY[:5]), "DOCCLF_CACHE")
