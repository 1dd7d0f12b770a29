import os
from pathlib import Path

import pytest

from docclf.data.index.build import build_index
from docclf.errors import InputError
from docclf.utils.cache_folder import cache_folder


@pytest.fixture
def homeless(monkeypatch, tmp_path):
    """A user id without HOME and without an entry in the list of users."""
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("DOCCLF_CACHE", raising=False)
    monkeypatch.setattr("pathlib.Path.home", classmethod(lambda cls: (_ for _ in ()).throw(RuntimeError("no home"))))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    return tmp_path / f"docclf-{os.getuid()}"


def test_the_variable_goes_first_then_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCCLF_CACHE", "~/there")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "there"
    monkeypatch.delenv("DOCCLF_CACHE")
    assert cache_folder() == Path.home() / ".cache" / "docclf"


def test_without_a_home_a_folder_of_ones_own(homeless):
    assert cache_folder() == homeless and homeless.stat().st_mode & 0o777 == 0o700
    assert cache_folder() == homeless


@pytest.mark.parametrize("trap", ["link", "file", "writable"])
def test_a_folder_that_somebody_else_prepared_is_not_used(homeless, tmp_path, trap):
    if trap == "link":
        homeless.symlink_to(tmp_path)
    elif trap == "file":
        homeless.touch()
    else:
        homeless.mkdir()
        homeless.chmod(0o777)
    with pytest.raises(InputError, match="DOCCLF_CACHE"):
        cache_folder()


def test_a_cache_that_cannot_be_written_is_no_reason_not_to_read(monkeypatch, tmp_path, caplog):
    from image_files import save

    save(tmp_path / "in" / "a.png", 1)
    (tmp_path / "file").touch()
    monkeypatch.setenv("DOCCLF_CACHE", str(tmp_path / "file" / "cache"))
    assert [entry.path for entry in build_index(tmp_path / "in").entries] == ["a.png"]
    assert "cannot be cached" in caplog.text
