"""Settings that do not go together are refused, with the way out."""

from types import SimpleNamespace

import pytest

from docclf.errors import InputError
from docclf.loss.full import Full
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace
from docclf.training import compatibility as suits
from docclf.training.folder import resume
from docclf.training.folder.place import Place


def loader(batch):
    return {"global_batch": batch, "samples": 40, "fingerprint": "a"}


def trainer(scaler=None, micro=1, clip=None, world=1, batch=8):
    return SimpleNamespace(
        precision_plugin=SimpleNamespace(scaler=scaler), precision="16-mixed", accumulate_grad_batches=micro,
        gradient_clip_val=clip, is_global_zero=True, world_size=world,
        train_dataloader=SimpleNamespace(state_dict=lambda: loader(batch)), num_training_batches=5,
        ckpt_path="last.ckpt",
    )  # fmt: skip


def partial(fused=True):
    return PartialFC(7, 5, CosFace(), SGD(), fused=fused)


@pytest.mark.parametrize("loss", [partial(), partial(False), Full(7, 5, CosFace(), optimizer=SGD())])
def test_a_gradient_scaler_is_refused_where_centres_have_their_own_optimizer(loss):
    with pytest.raises(InputError, match="bf16-mixed"):
        suits.check(trainer(scaler=object()), loss)
    suits.check(trainer(), loss)
    suits.check(trainer(scaler=object()), Full(7, 5, CosFace()))


def test_micro_batches_want_held_gradients():
    with pytest.raises(InputError, match="loss.fused=false"):
        suits.check(trainer(micro=2), partial())
    suits.check(trainer(micro=2), partial(False))


def test_what_clipping_leaves_out_is_said(caplog):
    caplog.set_level("INFO")
    suits.check(trainer(clip=5.0), partial(False))
    assert not caplog.text
    suits.check(trainer(clip=5.0), partial())
    assert "clips the encoder" in caplog.text


def place(batch=0, batches=5):
    return Place(step=5 + batch, epoch=1, batch=batch, batches=batches, first=5, accumulated=1)


@pytest.mark.parametrize("world, batch, remedy", [(2, 16, "data.batch_size=4"), (3, 12, "divides 8")])
def test_another_global_batch_names_the_batch_that_goes_on(world, batch, remedy):
    suits.check_loader(loader(8), place(), trainer(batch=8))
    with pytest.raises(InputError, match=remedy):
        suits.check_loader(loader(8), place(), trainer(world=world, batch=batch))


@pytest.mark.parametrize("change", [{"fingerprint": "b"}, {"samples": 39}, {"samples": 41, "fingerprint": "c"}])
@pytest.mark.parametrize("done", [0, 2, 5])
def test_other_images_are_refused_wherever_the_run_stood(change, done):
    suits.check_loader(loader(8), place(done), trainer())
    with pytest.raises(InputError, match="training images changed.*renamed or replaced.*init_centres=true"):
        suits.check_loader(loader(8) | change, place(done), trainer())


def test_an_epoch_of_another_length_is_refused_within_an_epoch():
    suits.check_loader(loader(8), place(0, batches=7), trainer())
    with pytest.raises(InputError, match="batch 2 of an epoch of 7 batches.*limit_train_batches"):
        suits.check_loader(loader(8), place(2, batches=7), trainer())


@pytest.mark.parametrize("known", [True, False])
def test_other_images_are_refused_before_anything_is_written(tmp_path, monkeypatch, known):
    facts = {"num_classes": 24} | ({resume.IMAGES: "aaaa"} if known else {})
    monkeypatch.setattr(resume.checkpoint, "load", lambda path: {resume.checkpoint.KEY: {"facts": facts}})
    for fingerprint, count, good in (("aaaa", 24, True), ("bbbb", 24, False), ("cccc", 23, False)):
        dataset = SimpleNamespace(num_classes=count, fingerprint=lambda text=fingerprint: text)
        resume.check_images(None, dataset)
        if good or not known:
            resume.check_images("last.ckpt", dataset)
        else:
            with pytest.raises(InputError, match=f"training images changed.*24 classes then, {count} now"):
                resume.check_images("last.ckpt", dataset)
