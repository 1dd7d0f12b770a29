"""docs/architecture.md tells the truth: its picture is that of the imports, and what it names is there."""

import re
from pathlib import Path

import pytest

from experiments.architecture import PICTURE, circles, draw, floors, rooms

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "architecture.md").read_text()


def test_the_picture_is_that_of_the_imports():
    assert PICTURE.read_text() == draw(rooms()), "draw it again: python experiments/architecture.py"


def test_folders_import_in_no_circle():
    assert circles(rooms()) == []


def test_circles_and_floors_of_graphs_made_by_hand():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b"}, "b": set()}) == []
    assert floors({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == {"c": 0, "b": 1, "a": 2}


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:docclf|conf|experiments|tests)/[\w/.]+)`", TEXT))))
def test_what_it_names_is_there(path):
    assert (ROOT / path).exists()
