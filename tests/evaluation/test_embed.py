"""What is measured does not depend on how a loader groups the images, and a collapsed network is named."""

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from docclf.encoder import Encoder
from docclf.evaluation import embed as scoring
from docclf.metric.register_query import RegisterQuery
from docclf.model.network import Network
from docclf.training.module import Engine

METRIC = RegisterQuery([1e-1, 1e-2], replicates=0)
SIDE = 17


class Batches(list):
    """Batches; a plain list would be several loaders to Lightning."""


class Split:
    """21 registered images and 70 queries of 25 classes in batches of a given size; queries are noisy copies."""

    def __init__(self, batch):
        rng, self.batch = np.random.default_rng(0), batch
        clean = rng.integers(0, 256, (25, 3, SIDE, SIDE))
        labels = torch.from_numpy(rng.integers(0, 25, 70))
        noisy = (clean[labels] + rng.normal(0, 60, (70, 3, SIDE, SIDE))).clip(0, 255)
        self.parts = (clean[:21], torch.arange(21)), (noisy, labels)

    def loader(self, part):
        images, labels = torch.from_numpy(self.parts[part][0].astype(np.uint8)), self.parts[part][1]
        places = torch.arange(len(images))
        return Batches(tuple(x[at : at + self.batch] for x in (images, labels, places)) for at in places[:: self.batch])

    def register_loader(self, split):
        return self.loader(0)

    def query_loader(self, split):
        return self.loader(1)


def network(collapsed=False):
    torch.manual_seed(0)
    backbone = nn.Sequential(nn.Conv2d(3, 19, 3, 2), nn.BatchNorm2d(19), nn.Conv2d(19, 24, 3, 2))
    encoder = Encoder(backbone, nn.Sequential(nn.Flatten(), nn.Linear(24 * 9, 32)))
    if collapsed:
        with torch.no_grad():
            encoder.head[1].weight.mul_(2e-3)
    return encoder.eval()


@pytest.fixture
def validated():
    def run(batch, encoder):
        module = Engine(encoder, nn.Identity(), None, None, METRIC)
        trainer = pl.Trainer(accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
                             enable_checkpointing=False)  # fmt: skip
        trainer.validate(module, dataloaders=[Split(batch).loader(part) for part in (0, 1)], verbose=False)
        return module

    return run


@pytest.mark.isa
def test_numbers_do_not_depend_on_the_loaders_batches(validated):
    encoder = network()
    found = [scoring.embedded(Network(encoder, SIDE), Split(batch), "test", torch.device("cpu"))
             for batch in (64, 1, 12, 32, 100)]  # fmt: skip
    for other in found[1:]:
        for part in ("register", "query", "register_labels", "query_labels"):
            assert torch.equal(getattr(other, part), getattr(found[0], part)), part
    first = scoring.score(found[0], METRIC, [str(i) for i in range(25)]).metrics
    assert all(validated(batch, encoder).validation["auroc"] == first["auroc"] for batch in (5, 12, 64))
    assert 0.5 < first["auroc"] < 1, "the test tells nothing apart"


def test_the_line_of_an_epoch_can_name_a_collapsed_network(validated):
    assert validated(12, network()).alike is None
    assert "embeddings are all alike: cosines between 0.9999" in validated(12, network(collapsed=True)).alike
