"""Reading what may be broken or hostile; writing whole files or none."""

import json
import os

import pytest
import small_checkpoint
import torch

from docclf.checkpoint import read as checkpoint
from docclf.checkpoint import write
from docclf.errors import InputError
from docclf.utils import atomic


class Evil:
    def __reduce__(self):
        return os.system, ("touch pwned",)


def stored(target="docclf.head.gap.Gap"):
    return {"state_dict": {}, checkpoint.KEY: {"config": {"head": {"_target_": target}, "list": [{"a": 1}]}}}


def test_round_trip(tmp_path):
    path = tmp_path / "x.ckpt"
    write.AtomicCheckpointIO().save_checkpoint(stored(), path)
    assert checkpoint.config_of(checkpoint.load(path), path).group("head")["_target_"] == "docclf.head.gap.Gap"
    assert [p.name for p in tmp_path.iterdir()] == ["x.ckpt"]


def test_code_in_a_checkpoint_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": Evil(), checkpoint.KEY: {}}, tmp_path / "evil.ckpt")
    with pytest.raises(InputError, match="not loaded"):
        checkpoint.load(tmp_path / "evil.ckpt")
    assert not (tmp_path / "pwned").exists()


def test_the_weights_only_form(tmp_path, script):
    whole = checkpoint.load(small_checkpoint.write(tmp_path / "whole.ckpt"))
    path = tmp_path / "released.ckpt"
    write.AtomicCheckpointIO().save_checkpoint(write.released(whole), path)
    stored = checkpoint.load(path)
    assert set(stored) == {"state_dict", checkpoint.KEY} and all(k.startswith("encoder.") for k in stored["state_dict"])
    for name in ("whole", "released"):
        done = script("evaluate.py", f"ckpt={tmp_path / name}.ckpt", "report=false", f"hydra.run.dir={name}")
        assert done.code == 0, done.err
    numbers = [json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("whole", "released")]
    own = {"about": 0, "digest": 0}
    assert {**numbers[0], **own} == {**numbers[1], **own}
    with pytest.raises(InputError, match="init_from="):
        write.AtomicCheckpointIO().load_checkpoint(path)
    assert write.AtomicCheckpointIO().load_checkpoint(tmp_path / "whole.ckpt")["global_step"] == 7


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"hello", b"\x80\x02", None])
def test_broken_files(tmp_path, content):
    path = tmp_path / "broken.ckpt"
    if content is None:
        torch.save(stored() | {"w": torch.zeros(9999)}, path)
        content = path.read_bytes()[:20000]
    path.write_bytes(content)
    with pytest.raises(InputError, match="broken.ckpt"):
        checkpoint.load(path)


def test_other_peoples_checkpoints(tmp_path):
    torch.save({"state_dict": {}}, tmp_path / "other.ckpt")
    with pytest.raises(InputError, match="not written by docclf"):
        checkpoint.load(tmp_path / "other.ckpt")
    with pytest.raises(InputError, match="other.ckpt"):
        checkpoint.load(tmp_path / "missing.ckpt")


def test_a_failed_write_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def half(temporary):
        with open(temporary, "w") as stream:
            stream.write("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left"):
        atomic.write(path, half)
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="hydra.run.dir"):
        atomic.write_text(tmp_path / "file" / "metrics.json", "{}")
