"""Links and tables that lead out of their folder are named."""

import os

import pytest

from docclf.data.drawn.cache import _locked
from docclf.data.sources.scan import scan
from docclf.errors import InputError
from docclf.utils.reading.table import find_file


@pytest.fixture
def places(tmp_path):
    for name in ("root/in", "root/own", "other"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "other" / "private.png").write_bytes(b"x")
    (tmp_path / "root" / "in" / "a.png").write_bytes(b"x")
    return tmp_path


def test_links_that_lead_out_are_followed_and_named(places, caplog):
    root = places / "root"
    os.symlink("../../other/private.png", root / "in" / "file.png")
    os.symlink(places / "other", root / "folder")
    os.symlink("../in/a.png", root / "own" / "b.png")
    found, _ = scan(root)
    assert found == ["folder/private.png", "in/a.png", "in/file.png", "own/b.png"]
    assert "2 links lead out" in caplog.text and "other/private.png" in caplog.text and "own/b.png" not in caplog.text


def test_a_folder_reached_by_a_link_is_no_way_out(places, caplog):
    os.symlink(places / "root", places / "link")
    assert scan(places / "link")[0] == ["in/a.png"] and "lead out" not in caplog.text


def test_paths_of_a_table_stay_below_its_root(places):
    root = places / "root"
    os.symlink("../../other/private.png", root / "in" / "file.png")
    out = str(places / "other" / "private.png")
    for name in ("../other/private.png", "in/../../other/private.png", out, "in/file.png", "..\\other\\private.png"):
        assert find_file(root, name) is None, name
    assert find_file(root, "own/../in/a.png") and find_file(root, "in/a.png") == "in/a.png"


@pytest.mark.parametrize("there", [True, False])
def test_a_lock_follows_no_link(places, there):
    target = places / "other" / ("private.png" if there else "new")
    os.symlink(target, places / "root" / "x.lock")
    with pytest.raises(InputError, match="x.lock"), _locked(places / "root" / "x.u8"):
        pass
    assert target.exists() == there and (not there or target.read_bytes() == b"x")
