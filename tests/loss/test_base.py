"""The contract of a loss: every registered one keeps it, and the engine asks no more of a foreign one."""

import math
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from tiny_run import CLASSES, Killed, content, same, settings, train
from torch import nn

from docclf.errors import InputError
from docclf.loss.base import Centred, Explained, Held, Loss
from docclf.training.callback import clipping
from docclf.training.callback import pictures as callbacks
from docclf.training.callback.imprint import imprint

CONF = Path(__file__).resolve().parents[2] / "conf/loss"
NAMES = sorted(path.stem for path in CONF.glob("*.yaml"))


class Foreign(nn.Module):
    """The least that a loss may be: no margin, no scale, no centres that anybody else knows of."""

    def __init__(self, num_classes: int, embed_dim: int, seed: int = 0) -> None:
        super().__init__()
        self.linear = nn.Linear(embed_dim, num_classes)
        self.bad_at, self.calls = None, 0

    def forward(self, embeddings, labels):
        self.calls += 1
        bad = math.nan if self.calls == self.bad_at else 1.0
        return nn.functional.cross_entropy(self.linear(embeddings), labels, ignore_index=-1) * bad

    def set_progress(self, progress):
        pass

    def outer_parameters(self):
        return list(self.parameters())

    def update(self):
        pass

    def health(self):
        return {}


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    monkeypatch.setattr(callbacks, "draw_curve", lambda rows, path: None)


def made(name):
    return lambda: instantiate(settings(f"loss={name}").loss, num_classes=CLASSES, embed_dim=5, seed=0)


def foreign():
    return Foreign(CLASSES, 5)


LOSSES = {**{name: made(name) for name in NAMES}, "foreign": foreign}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_keeps_the_contract(name):
    loss, embeddings = LOSSES[name](), torch.randn(6, 5, requires_grad=True)
    assert isinstance(loss, Loss)
    loss.set_progress(0.5)
    value = loss(embeddings, torch.tensor([0, 3, CLASSES - 1, 3, -1, 2]))
    assert value.shape == () and value.isfinite()
    value.backward()
    assert (embeddings.grad.abs().sum() > 0) == (name != "none") and not embeddings.grad[4].any()
    loss.update()
    health = loss.health()
    assert all(isinstance(k, str) and isinstance(v, float) and math.isfinite(v) for k, v in health.items())
    assert {id(p) for p in loss.outer_parameters()} <= {id(p) for p in loss.parameters()}
    if isinstance(loss, Centred):
        assert loss.held() == (0, CLASSES) and loss.centres.shape == (CLASSES, 5)
    if isinstance(loss, Explained):
        assert all(isinstance(value, float) for value in loss.settings().values())


@pytest.mark.parametrize(
    "name, able", [("foreign", (0, 0, 0)), ("softmax", (1, 1, 0)), ("partialfc_cosface", (1, 1, 1))]
)
def test_what_a_loss_can_besides_is_seen_by_its_methods(name, able):
    assert tuple(isinstance(LOSSES[name](), ability) for ability in (Centred, Explained, Held)) == able


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_trains_logs_and_goes_on(tmp_path, name):
    words = ["trainer.max_epochs=1", "logger=csv"]
    trainer, engine = train(tmp_path / "whole", *words, loss=LOSSES[name])
    assert engine.samples_seen == CLASSES and math.isfinite(trainer.callback_metrics["train/loss"])

    def kill(*_):
        raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(callbacks.Curve, "on_validation_end", kill)
        train(tmp_path / "parts", *words, loss=LOSSES[name])
    train(tmp_path / "parts", *words, loss=LOSSES[name])
    assert not same(content(tmp_path / "whole"), content(tmp_path / "parts"))


def test_numbers_that_are_none_are_explained_by_what_the_loss_knows(tmp_path):
    def bad():
        loss = foreign()
        loss.bad_at = 3
        return loss

    with pytest.raises(InputError) as caught:
        train(tmp_path / "run", "trainer.max_epochs=1", loss=bad)
    message = str(caught.value)
    assert "the loss is nan on rank 0" in message and "It was step 2" in message and "learning rate" in message
    assert "margin" not in message and "scale" not in message

    settings = {**made("cosface")().settings()}
    assert set(settings) == {"scale", "margin"}


@pytest.mark.parametrize("name", [name for name in LOSSES if name != "none"])
def test_clipping_counts_the_gradients_that_are_there(name):
    loss, weight = LOSSES[name](), nn.Parameter(torch.randn(6, 5))
    loss(weight * 1.0, torch.arange(6)).backward()
    before = clipping.clip([weight, *loss.parameters()], loss, 1e-3)
    assert before > 1e-3 and weight.grad.norm() <= 1e-3


def test_centres_cannot_be_imprinted_where_there_are_none():
    with pytest.raises(InputError, match="Foreign has none that can be set.*imprint=false"):
        imprint(nn.Identity(), foreign(), [], None, 8)
