"""Gradient and colour histograms as a teacher."""

import numpy as np
import pytest
import torch
from teacher_cases import SIDE, DataSet, batch
from torch import nn

from docclf.errors import InputError
from docclf.imaging.feature.descriptor import describe
from docclf.imaging.resize import squash
from docclf.teacher.cache import Cache
from docclf.teacher.hog import Descriptor, Hog
from docclf.teacher.term.relational import Relational


def teacher(dataset, folder, **changes):
    arguments = {"term": {"relational": Relational()}, "embed_dim": 8, "image_size": SIDE, "seed": 0, "side": 32}
    return Hog(**{**arguments, "dataset": dataset, "cache": Cache(str(folder), batch_size=4, threads=1), **changes})


def test_it_says_what_the_baseline_says_of_the_clean_image():
    images = DataSet().source.clean([2, 5])
    want = np.stack([describe(squash(image, 32)) for image in images.permute(0, 2, 3, 1).numpy()])
    assert torch.equal(Descriptor(32)(images), torch.from_numpy(want))
    assert Descriptor(32).width == want.shape[1]


def test_cache_and_online_agree_and_pull_the_embeddings(tmp_path):
    dataset = DataSet()
    small, values = batch(dataset.source, [3, 1, 7, 4]), []
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 8))
    for source in ("online", "cache"):
        part = teacher(dataset, tmp_path, source=source)
        part.prepare(torch.device("cpu"))
        embeddings = net(small.images.float() / 255).detach().requires_grad_()
        values.append(part(embeddings, small, net)["relational"])
        assert torch.autograd.grad(values[-1], embeddings)[0].abs().sum() > 0
    torch.testing.assert_close(*values, rtol=2e-3, atol=2**-11)
    assert not list(part.parameters()) and part.describe()["kind"] == "hog"


def test_another_side_is_another_cache(tmp_path):
    teacher(DataSet(), tmp_path).prepare(torch.device("cpu"))
    with pytest.raises(InputError, match="preprocessing.side: 32 then, 48 now"):
        teacher(DataSet(), tmp_path, side=48).prepare(torch.device("cpu"))
    with pytest.raises(InputError, match="multiple of 16"):
        teacher(DataSet(), tmp_path, side=50)
