"""The picture of a recipe."""

import numpy as np
import pytest
from PIL import Image

from docclf.augment.sheet.__main__ import main


@pytest.mark.parametrize("name", ["geometry", "docclassifier", "capture"])
def test_draws_a_sheet(name, tmp_path):
    assert main([str(tmp_path / "x.png"), "--recipe", name, "--image-size", "32", "--count", "3"]) == 0
    sheet = np.asarray(Image.open(tmp_path / "x.png"))
    assert sheet.shape == (6 * 36 + 4, 4 * 36 + 4, 3) and sheet.std() > 20


@pytest.mark.parametrize("name", ["geometry", "docclassifier", "capture"])
def test_both_executors_draw_the_same_sheet(name, tmp_path):
    sheets = []
    for executor in ("cpu", "device"):
        options = ["--recipe", name, "--image-size", "32", "--count", "3", "--executor", executor]
        assert main([str(tmp_path / "x.png"), *options]) == 0
        sheets.append(np.asarray(Image.open(tmp_path / "x.png")).astype(float))
    difference = np.abs(sheets[0] - sheets[1])
    assert difference.mean() < 0.5 and (name != "docclassifier" or difference.max() > 0)


def test_an_unknown_recipe_is_named(tmp_path, capsys):
    assert main([str(tmp_path / "x.png"), "--recipe", "none"]) == 1
    assert "capture, capture_ground, docclassifier, geometry" in capsys.readouterr().err and not list(
        tmp_path.iterdir()
    )
