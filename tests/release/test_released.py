"""The released models: loadable on a fresh clone, small, and one network in both files."""

import json

import pytest
import torch
from conftest import ROOT

from docclf.checkpoint import network
from docclf.model.network import Network
from docclf.model.onnx import Onnx

MODELS = sorted(path for path in (ROOT / "experiments/released").iterdir() if (path / "model.ckpt").is_file())


@pytest.mark.parametrize("folder", MODELS, ids=lambda path: path.name)
def test_a_released_model_is_one_network_in_both_files(folder):
    found = network.load(folder / "model.ckpt")
    ours = Network(found.encoder, found.image_size)
    images = torch.randint(0, 256, (3, 3, found.image_size, found.image_size), dtype=torch.uint8)
    ours = torch.nn.functional.normalize(ours(images).float(), dim=1)
    theirs = torch.nn.functional.normalize(Onnx(str(folder / "model.onnx"))(images), dim=1)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize("folder", MODELS, ids=lambda path: path.name)
def test_a_released_model_is_small_and_says_what_it_is(folder):
    assert all(path.stat().st_size <= 5_000_000 for path in folder.iterdir())
    card = (folder / "card.md").read_text()
    for word in ("licence", "Preprocessing", "TPR", "Limits", "Threshold", "seed"):
        assert word in card
    assert json.loads((folder / "thresholds.json").read_text())["default"]
