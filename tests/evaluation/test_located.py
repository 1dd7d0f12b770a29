"""What a locator cuts out is embedded, in the turn that the register knows."""

import csv

import cv2
import numpy as np
import pytest
import torch
from locator_oracle import White, photo

from docclf.evaluation import located
from docclf.evaluation.embed import Embedded
from docclf.locator import locate

PLACE = np.array([[90.0, 60], [390, 70], [380, 290], [80, 280]])
COLOURS = ((255, 170, 170), (170, 255, 170), (170, 170, 255))


class Colours:
    """An embedding of a picture's four quarters, so that turns and grounds change it."""

    image_size = 32

    def __call__(self, images):
        means = images.float().view(len(images), 3, 2, 16, 2, 16).mean((3, 5)).flatten(1)
        return means - means.mean(1, keepdim=True)


class Photos:
    """Three sheets, each registered alone, and photographed on black with ``turn`` quarter turns."""

    def __init__(self, turn):
        sheets = [np.full((90, 120, 3), 235, np.uint8) for _ in COLOURS]
        for sheet, colour in zip(sheets, COLOURS, strict=True):
            sheet[:45, :60] = colour
        self.images = {"register": sheets, "query": [self._taken(sheet, turn) for sheet in sheets]}

    def _taken(self, sheet, turn):
        warp = cv2.getPerspectiveTransform(
            np.float32([[0, 0], [120, 0], [120, 90], [0, 90]]), np.roll(PLACE, -turn, axis=0).astype(np.float32)
        )
        return np.maximum(cv2.warpPerspective(sheet, warp, (480, 360)), photo(360, 480, PLACE) // 2)

    def item_names(self, split, part):
        return [f"{part}/{k}.jpg" for k in range(3)]

    def image(self, split, part, i):
        return self.images[part][i]


@pytest.fixture
def locator(monkeypatch):
    monkeypatch.setattr(locate, "open_model", lambda path, threads: White())
    return locate.Locator("white.onnx")


@pytest.mark.parametrize("turn", range(4))
def test_a_sheet_is_recognised_any_way_round(locator, turn, tmp_path):
    data, labels = Photos(turn), torch.arange(3)
    found = Embedded(torch.zeros(3, 12), labels, torch.zeros(3, 12), labels, None, None, 0.0)
    located.replace(found, Colours(), data, "test", torch.device("cpu"), locator)
    cosines = torch.nn.functional.normalize(found.query) @ torch.nn.functional.normalize(found.register).T
    assert cosines.argmax(1).tolist() == [0, 1, 2] and cosines.diagonal().min() > 0.8
    facts = found.located["facts"]
    assert facts["query"] == {"sheet": 3, "whole": 0, "none": 0} and facts["register"]["whole"] == 3
    located.write(tmp_path, "test", data, found.located["cuts"])
    rows = list(csv.DictReader((tmp_path / located.NAME).open()))
    assert [row["answer"] for row in rows] == ["whole"] * 3 + ["sheet"] * 3
    assert {row["turn"] for row in rows[3:]} == {str(turn)}


def test_a_photo_without_a_sheet_is_taken_whole(locator):
    data = Photos(0)
    data.images["query"] = [np.zeros((20, 30, 3), np.uint8) + np.arange(30, dtype=np.uint8)[:, None]] * 3
    rows, cuts = located.query(Colours(), data, "test", torch.device("cpu"), locator, torch.ones(2, 12))
    assert rows.shape == (3, 12) and all(cut.found is None and cut.turn == 0 for cut in cuts)
