"""Centres that start at the embeddings of their images."""

import numpy as np
import pytest
import torch

from docclf.data.pixels.source import Source
from docclf.errors import InputError
from docclf.loss.full import Full
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace
from docclf.training.callback.imprint import imprint


class Noise(Source):
    fingerprint = "f"

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def read(self, i):
        return np.random.default_rng(i).integers(0, 256, (9, 7, 3), dtype=np.uint8)

    def name(self, i):
        return f"noise {i}"


class Embed(torch.nn.Module):
    """Mean colour of each third of the rows: what BatchNorm makes of it depends on the batch, this does not."""

    def forward(self, images):
        return images.float().unflatten(2, (3, -1)).mean((3, 4)).flatten(1) - 127.0


def expected(count, side):
    from docclf.imaging.resize import squash

    images = np.stack([squash(Noise(count).read(i), side) for i in range(count)])
    return torch.nn.functional.normalize(Embed()(torch.from_numpy(images).permute(0, 3, 1, 2)), dim=1)


@pytest.mark.parametrize("count", [1, 7, 300])
@pytest.mark.parametrize("partial", [False, True])
def test_each_centre_is_the_embedding_of_its_image(count, partial):
    loss = PartialFC(count, 9, CosFace(0.2), SGD()) if partial else Full(count, 9, CosFace(0.2))
    imprint(Embed(), loss, Noise(count), None, 6)
    torch.testing.assert_close(loss.centres.detach(), expected(count, 6))


def test_labels_say_whose_centre_it_is_and_the_encoder_returns_to_its_mode():
    loss, encoder = PartialFC(5, 9, CosFace(0.2), SGD()), Embed().eval()
    imprint(encoder, loss, Noise(5), np.array([4, 3, 2, 1, 0]), 6)
    torch.testing.assert_close(loss.centres.flip(0), expected(5, 6))
    assert not encoder.training


def test_a_class_without_an_image_is_named():
    with pytest.raises(InputError, match="class 3 has no training image"):
        imprint(Embed(), Full(4, 9, CosFace(0.2)), Noise(3), None, 6)


def test_gradients_do_not_flow_into_the_encoder():
    encoder = torch.nn.Sequential(Embed(), torch.nn.Linear(9, 9))
    imprint(encoder, Full(6, 9, CosFace(0.2)), Noise(6), None, 6)
    assert all(p.grad is None for p in encoder.parameters())
