"""Pair terms in a run: composed, refused where they find no pairs, trained, logged, continued, and gone in the end."""

import math

import pytest
import torch
from tiny_run import CLASSES, SIDE, Killed, content, same, settings, train

from docclf.errors import InputError
from docclf.export.onnx_graph import of
from docclf.loss.none import Nothing
from docclf.pair.barlow import Barlow
from docclf.pair.mixup import Mixup
from docclf.pair.quantise import Quantise
from docclf.pair.terms import Terms
from docclf.training.build import pairs
from docclf.training.callback import pictures as callbacks

NAMES = ("triplet", "snr", "barlow", "mnr", "mixup", "local_triplet")


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    monkeypatch.setattr(callbacks, "draw_curve", lambda rows, path: None)


def nothing():
    return Nothing(CLASSES, 5)


def test_composed_by_name():
    terms = pairs(settings(f"pair=[{','.join(NAMES)},quantise]", "data.views_per_class=2"), nothing())
    assert list(terms.terms) == [*NAMES, "quantise"] and terms.local
    assert {key.split(".")[1] for key in terms.state_dict()} == {"barlow", "mixup", "quantise"}
    assert pairs(settings(), torch.nn.Identity()) is None
    assert not pairs(settings("pair=[mnr]", "data.views_per_class=2"), nothing()).local


@pytest.mark.parametrize("name", NAMES)
def test_one_view_is_refused(name):
    with pytest.raises(InputError, match=f"pair={name} compares.*data.views_per_class=2"):
        pairs(settings(f"pair=[{name}]"), nothing())
    assert pairs(settings("pair=[quantise]"), nothing())


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(InputError, match="loss=none and pair=none"):
        pairs(settings("loss=none"), nothing())
    assert pairs(settings("loss=none", "teacher=hog"), nothing()) is None


def test_a_run_learns_from_pairs_alone_logs_and_goes_on(tmp_path):
    words = ["trainer.max_epochs=1", "logger=csv", "loss=none"]

    def pair():
        return Terms({"barlow": Barlow(width=4), "mixup": Mixup(), "quantise": Quantise()}, 5, 0)

    trainer, engine = train(tmp_path / "whole", *words, loss=nothing, pair=pair())
    assert {"train/pair/quantise", "train/pair/quantise_active", "train/pair/effective_rank"} <= set(
        trainer.callback_metrics
    )
    assert math.isfinite(trainer.callback_metrics["train/pair/quantise"]) and engine.pair.terms["mixup"].draws == 0

    def kill(*_):
        raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(callbacks.Curve, "on_validation_end", kill)
        train(tmp_path / "parts", *words, loss=nothing, pair=pair())
    train(tmp_path / "parts", *words, loss=nothing, pair=pair())
    assert not same(content(tmp_path / "whole"), content(tmp_path / "parts"))
    state = content(tmp_path / "whole")["last.ckpt"]["state_dict"]
    assert {key.split(".")[0] for key in state} == {"encoder", "pair"}


def test_what_is_exported_knows_nothing_of_pairs(tmp_path):
    """The network with terms beside it is the network without: the same weights by the same names, the same graph."""
    pytest.importorskip("onnx")
    with_terms = Terms({"barlow": Barlow(width=4)}, 5, 0)
    one, two = (train(tmp_path / f"{k}", "trainer.max_epochs=1", pair=(None, with_terms)[k])[1] for k in range(2))
    assert list(one.encoder.state_dict()) == list(two.encoder.state_dict())
    one.encoder.load_state_dict(two.encoder.state_dict())
    files = [of(engine.encoder, SIDE, "float", 18, "legacy").SerializeToString() for engine in (one, two)]
    assert files[0] == files[1]
