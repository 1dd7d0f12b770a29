import numpy as np
import pytest
from PIL import Image

from docclf.data.drawn.sheet import KINDS, main


@pytest.mark.parametrize("kind", KINDS)
def test_a_sheet_of_each_kind(tmp_path, kind):
    main([str(tmp_path / "sheet.png"), "--kind", kind, "--rows", "2", "--columns", "3", "--side", "40"])
    pixels = np.asarray(Image.open(tmp_path / "sheet.png").convert("RGB"))
    assert 80 < pixels.shape[0] < 110 and pixels.shape[1] < 150 and pixels.std() > 5


def test_small_sheets_have_a_palette(tmp_path):
    main([str(tmp_path / "sheet.png"), "--rows", "1", "--columns", "2", "--side", "64", "--small"])
    assert Image.open(tmp_path / "sheet.png").mode == "P"


@pytest.mark.parametrize("wrong", [["--rows", "0"], ["--first", "7"], ["--side", "2"]])
def test_wrong_numbers_end_with_a_message(tmp_path, wrong):
    with pytest.raises(SystemExit, match="expected|drawn"):
        main([str(tmp_path / "sheet.png"), *wrong])


@pytest.mark.parametrize("small", [[], ["--small"]])
def test_a_missing_folder_ends_with_a_message(tmp_path, small):
    with pytest.raises(SystemExit, match="cannot be written"):
        main([str(tmp_path / "none" / "sheet.png"), "--rows", "1", "--columns", "1", *small])
