"""Two runs in one folder: one works, the other is told who does."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

from docclf.errors import InputError
from docclf.training.folder import run_lock
from docclf.training.folder.run_lock import NAME, alone

HOLD = """
import sys
from pathlib import Path
from docclf.training.folder.run_lock import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder, **environment):
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    run = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, env=variables)  # fmt: skip
    assert run.stdout.readline() == "held\n", run.communicate()
    return run


def test_the_other_process_is_named_and_its_end_frees_the_folder(tmp_path):
    first = holder(tmp_path / "run")
    with pytest.raises(InputError, match=f"in use by another process: {first.pid} on .*, since .*name=NAME"):
        with alone(tmp_path / "run"):
            pass
    other_rank = holder(tmp_path / "run", LOCAL_RANK="1")  # ranks of one run come in with the first
    other_rank.communicate()
    first.kill()
    first.communicate()
    assert (tmp_path / "run" / NAME).exists()  # a killed process leaves its file, and nobody minds
    with alone(tmp_path / "run"):
        assert str(os.getpid()) in (tmp_path / "run" / NAME).read_text()
    assert not (tmp_path / "run" / NAME).exists()


def test_a_good_end_leaves_no_file(tmp_path):
    first = holder(tmp_path)
    first.communicate("")
    assert first.returncode == 0 and not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["symbolic link", "dangling link", "hard link", "text", "large", "pipe", "folder"])
def test_what_is_not_ours_is_left_alone(tmp_path, kind):
    folder, other = tmp_path / "run", tmp_path / "precious"
    folder.mkdir()
    if kind != "dangling link":
        other.write_text("precious")
    make = {
        "symbolic link": lambda path: path.symlink_to(other),
        "dangling link": lambda path: path.symlink_to(other),
        "hard link": lambda path: os.link(other, path),
        "text": lambda path: path.write_text("precious"),
        "large": lambda path: path.write_bytes(b'{"host"' * 1000),
        "pipe": os.mkfifo,
        "folder": lambda path: path.mkdir(),
    }
    make[kind](folder / NAME)
    with pytest.raises(InputError, match=NAME), alone(folder):
        pass
    assert kind == "dangling link" or other.read_text() == "precious"
    assert kind != "dangling link" or not other.exists()
    assert kind != "text" or (folder / NAME).read_text() == "precious"


def test_a_holder_cannot_write_to_the_terminal(tmp_path):
    path = tmp_path / NAME
    path.write_text('{"host": "h\\u001b[2J", "pid": 1, "since": "s\\n", "command": "c"}')
    handle = os.open(path, os.O_RDONLY)
    assert run_lock._holder(handle) == ": 1 on h?[2J, since s? (c)"
    os.close(handle)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="hydra.run.dir=DIR"), alone(tmp_path / "file" / "run"):
        pass
