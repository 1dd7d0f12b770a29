import pytest
import torch

from docclf.training.callback.timing import Meter


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_each_part_gets_its_time(clock):
    meter = Meter(clock)
    meter.start(torch.device("cpu"), samples=100, waited=5.0)
    for _ in range(2):
        clock.now += 1  # waiting: the loader counts it
        with meter.timed("augment"):
            clock.now += 2
        meter.mark("model")
        clock.now += 3
        embeddings = meter.boundary(torch.ones(4, requires_grad=True) * 2, "head", "model")
        clock.now += 1
        loss = embeddings.sum()
        clock.now += 0.5
        loss.backward()  # the gradient of the embeddings gives the time back to the model
        clock.now += 2
        meter.next_step(False)
        clock.now += 0.5
    found = meter.read(samples=150, waited=7.0)
    assert found == pytest.approx({"samples/s": 2.5, "wait": 0.1, "augment": 0.2, "model": 0.5, "head": 0.15})
    clock.now += 4
    assert meter.read(158, 7.0) == pytest.approx({"samples/s": 2, "wait": 0, "augment": 0, "model": 0, "head": 0})


def test_a_part_that_runs_during_a_reading_is_not_lost(clock):
    meter = Meter(clock)
    meter.start(torch.device("cpu"), 0, 0.0)
    meter.mark("head")
    clock.now += 1
    assert meter.read(0, 0.0)["head"] == 1.0
    clock.now += 1
    assert meter.read(0, 0.0)["head"] == 1.0


def test_a_value_without_gradient_passes(clock):
    meter = Meter(clock)
    value = torch.ones(3)
    assert meter.boundary(value, "head", "model") is value


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_samples_only_the_step_that_was_asked_for(clock):
    meter = Meter(clock)
    meter.start(torch.device("cuda"), 0, 0.0)
    x = torch.ones(2048, 2048, device="cuda")
    for sample in (False, True, False):
        with meter.timed("model"):
            x = x @ x / 2048
        meter.next_step(sample)
    assert len(meter._events) == 4
    assert 0.3 < meter.read(1, 0.0)["model"] <= 1
