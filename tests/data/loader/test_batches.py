import threading
import time

import numpy as np
import pytest
import torch

from docclf.augment.base import Augmentation
from docclf.data.loader.batches import Batches
from docclf.data.pixels.source import Source
from docclf.errors import InputError


class Plain(Augmentation):
    """An augmentation by a function."""

    def __init__(self, function):
        self.function = function

    def __call__(self, image, epoch, index, progress=1.0):
        return self.function(image, epoch, index, progress)


class Numbers(Source):
    """Image i is filled with the value i."""

    fingerprint = "f"

    def __init__(self, length=103, broken=None, slow=0.0):
        self.length, self.broken, self.slow = length, broken, slow

    def __len__(self):
        return self.length

    def read(self, i):
        time.sleep(self.slow)
        if i == self.broken:
            raise OSError("gone")
        return np.full((5 + i % 3, 9, 3), i, np.uint8)

    def name(self, i):
        return f"folder/{i}.jpg"


def batches(length=103, batch_size=8, **options):
    return Batches(Numbers(length), 6, batch_size, options.pop("seed", 0), **{"threads": 3, **options})


def indices(loader):
    return [index.tolist() for _, _, index, *_ in loader]


def threads():
    return [t for t in threading.enumerate() if t.name.startswith("docclf-batch")]


def test_batch_is_what_the_contract_says():
    loader = batches()
    result = list(loader)
    assert len(result) == len(loader) == 12
    for images, labels, index, turns, *_ in result:
        assert images.shape == (8, 3, 6, 6) and images.dtype == torch.uint8
        assert labels.dtype == index.dtype == turns.dtype == torch.int64
        assert (images == index[:, None, None, None]).all() and (labels == index).all()


def test_batches_stay_as_they_were_while_the_consumer_keeps_them():
    kept = [(images, images[1:3], index) for images, _, index, *_ in batches(samples_per_epoch=400, prefetch=1)]
    for images, part, index in kept:
        assert (images == index[:, None, None, None]).all() and (part == images[1:3]).all()


def test_memory_is_reused_once_the_consumer_lets_go():
    loader = batches(samples_per_epoch=800)
    assert len({images.data_ptr() for images, *_ in loader}) <= loader.prefetch + 2


def test_labels_are_looked_up():
    labels = np.arange(103, dtype=np.int64) * 7
    assert all((label == 7 * index).all() for _, label, index, *_ in batches(labels=labels))


@pytest.mark.parametrize("options", [{"threads": 1}, {"threads": 5, "prefetch": 7}, {"prefetch": 1}])
def test_threads_and_prefetch_change_nothing(options):
    assert indices(batches(**options)) == indices(batches())


def test_each_sample_once_without_drop_last():
    result = indices(batches(drop_last=False))
    assert sorted(sum(result, [])) == list(range(103)) and len(result[-1]) == 7


@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize("world", [2, 3, 5])
def test_ranks_are_disjoint_and_equally_long(world, drop_last):
    ranks = [batches(rank=rank, world=world, drop_last=drop_last, batch_size=4) for rank in range(world)]
    drawn = [indices(loader) for loader in ranks]
    assert {len(d) for d in drawn} == {len(ranks[0])}
    flat = sum((sum(d, []) for d in drawn), [])
    assert len(flat) == len(set(flat))
    rest = 103 % (4 * world)
    assert len(flat) == 103 - (rest if drop_last or rest < world else 0)
    alone = indices(batches(batch_size=4 * world, drop_last=drop_last))
    together = [sorted(sum((d[b] for d in drawn), [])) for b in range(len(drawn[0]))]
    assert together == [sorted(batch) for batch in alone][: len(together)]


def test_augment_gets_another_pass_for_each_draw():
    calls = []

    def augment(image, epoch, index, progress):
        calls.append((epoch, index))
        assert image.shape == (5 + index % 3, 9, 3)
        return np.full((6, 6, 3), epoch, np.uint8)

    loader = Batches(Numbers(10), 6, 5, 0, augment=Plain(augment), samples_per_epoch=25, threads=2)
    list(loader)
    loader.set_epoch(1)
    images = next(iter(loader))[0]
    loader.close()
    assert len(calls) == len(set(calls)) and len(calls) >= 30
    assert images[0, 0, 0, 0] == 3  # three walks over the set in epoch 0


def test_resume_sees_what_was_still_to_come():
    whole = batches(samples_per_epoch=300)
    whole.sampler.set_epoch(2)
    expected = indices(whole)
    first = batches(samples_per_epoch=300)
    first.set_epoch(2)
    for number, _ in enumerate(first, start=1):
        first.count()
        if number == 11:
            break
    second = batches(samples_per_epoch=300)
    second.load_state_dict(first.state_dict())
    second.set_epoch(2)  # Lightning sets the epoch after it restored the state
    assert second.state_dict()["position"] == 11
    assert indices(second) == expected[11:]
    second.set_epoch(3)
    whole.set_epoch(3)
    assert indices(second) == indices(whole) and second.state_dict()["position"] == 0


def test_marks_count_trained_batches_not_prepared_ones():
    loader = batches(prefetch=5)
    iterator = iter(loader)
    next(iterator)
    next(iterator)
    loader.count()
    assert loader.state_dict()["position"] == 1


def test_resume_in_the_middle_refuses_other_data():
    loader = batches()
    loader.count()
    state = loader.state_dict()
    for other in (batches(length=104), batches(batch_size=4), batches(seed=1)):
        with pytest.raises(InputError, match="cannot resume in the middle"):
            other.load_state_dict(state)
    batches(batch_size=4).load_state_dict({**state, "position": 0})


def test_an_exception_names_the_file():
    loader = Batches(Numbers(40, broken=17), 6, 4, 0, threads=3)
    with pytest.raises(RuntimeError, match="folder/17.jpg") as error:
        list(loader)
    assert isinstance(error.value.__cause__, OSError)
    assert not threads()


def test_a_batch_before_the_broken_one_still_comes():
    loader = Batches(Numbers(40, broken=17), 6, 4, 0, threads=3)
    good = 0
    with pytest.raises(RuntimeError):
        for _, _, index, *_ in loader:
            assert 17 not in index
            good += 1
    assert good == next(b for b, items in enumerate(indices(Batches(Numbers(40), 6, 4, 0))) if 17 in items)


def test_leaving_early_leaves_no_thread():
    for _ in batches():
        break
    assert not threads()
    loader = batches()
    iterator = iter(loader)
    next(iterator)
    assert threads()
    loader.close()
    assert not threads()
    first = iter(loader)
    next(first)
    second = iter(loader)  # a new iteration ends the one before
    assert list(first) == [] and len(list(second)) == len(loader)
    assert not threads()


def test_waiting_is_measured():
    loader = Batches(Numbers(8, slow=0.02), 6, 4, 0, threads=1)
    list(loader)
    assert loader.wait_seconds > 0.05  # eight reads of 0.02 s by one thread, and nothing else to do


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"batch_size": 0}, "data.batch_size=0"),
        ({"samples_per_epoch": 0}, "data.samples_per_epoch=0"),
        ({"threads": 0}, "data.threads=0"),
        ({"prefetch": 0}, "prefetch"),
        ({"seed": -1}, "seed=-1"),
        ({"length": 0}, "holds no image"),
        ({"batch_size": 104}, "fill no batch of 104"),
        ({"rank": 2, "world": 2}, "rank 2"),
    ],
)
def test_refusals(options, says):
    with pytest.raises(InputError, match=says):
        batches(**options)


class Harder:
    """An augmentation that is drawn for many samples and notes how far training is."""

    def __init__(self):
        self.seen, self.source = {}, None

    def attach(self, source):
        self.source = source

    def on_device(self, device_type):
        return False

    def plan(self, turns, indices, progress=1.0):
        for turn, index in zip(turns.tolist(), indices.tolist(), strict=True):
            self.seen[turn, index] = progress
        return indices

    def apply(self, image, plan, place=0):
        assert (image == plan[place]).all()
        return np.full((6, 6, 3), plan[place], np.uint8)


@pytest.mark.parametrize("total,start", [(26, 0), (None, 0), (26, 5)])
def test_an_augmentation_is_told_the_share_of_training_done(total, start):
    augment = Harder()
    loader = batches(augment=augment)
    loader.total = total
    assert isinstance(augment.source, Numbers)
    for epoch in (0, 1):
        loader.set_epoch(epoch)
        if epoch == 0 and start:
            loader.load_state_dict({**loader.state_dict(), "position": start})
        for number, batch in enumerate(loader, start if epoch == 0 else 0):
            share = 1.0 if total is None else min(1.0, (12 * epoch + number) / total)
            assert {augment.seen[place] for place in zip(batch[3].tolist(), batch[2].tolist(), strict=True)} == {share}
            assert batch[0][:, 0, 0, 0].tolist() == batch[2].tolist()


@pytest.mark.parametrize("views, batch_size, world", [(2, 8, 1), (2, 6, 2), (3, 6, 1)])
def test_views_of_a_class_stand_side_by_side_and_differ(views, batch_size, world):
    seen = []

    def remember(image, epoch, index, progress):
        seen.append((epoch, index))
        return np.zeros((6, 6, 3), np.uint8)

    def made(rank, **options):
        return batches(
            17, batch_size, augment=Plain(remember), views_per_class=views, rank=rank, world=world, **options
        )

    loaders = [made(rank, samples_per_epoch=48) for rank in range(world)]
    found = [[batch.labels.tolist() for batch in loader] for loader in loaders]
    for rank in found:
        assert len(rank) == 48 // (batch_size * world)  # the samples of an epoch stay as many
        for labels in rank:
            groups = [labels[i : i + views] for i in range(0, batch_size, views)]
            assert all(len(set(group)) == 1 for group in groups)
    everything = [label for rank in found for labels in rank for label in labels]
    assert len(everything) == 48 and len(seen) == len(set(seen)) == 48
    turns = [batch.turns.tolist() for batch in made(0)]
    assert all(len(set(row[:views])) == views for row in turns)
    once = [batch.labels[::views].tolist() for rank in range(world) for batch in made(rank)]
    drawn = [label for labels in once for label in labels]
    assert len(drawn) == len(set(drawn))  # None draws each image once, with all its views
    assert made(0).state_dict()["views_per_class"] == views and "views_per_class" not in batches().state_dict()


def test_views_that_cannot_be_had():
    some = Plain(lambda image, epoch, index, progress: image)
    with pytest.raises(InputError, match="data.batch_size=8 holds no whole number of data.views_per_class=3"):
        batches(views_per_class=3, augment=some)
    with pytest.raises(InputError, match="twice alike; choose"):
        batches(views_per_class=2)
    with pytest.raises(InputError, match="views_per_class"):
        batches(views_per_class=0, augment=some)
