"""Batched noise against that of single images, and against the distribution it claims."""

import math

import numpy as np
import pytest
import torch

from docclf.augment.device.filter import noise as device_noise
from docclf.augment.device.geometry.resize import to_bytes
from docclf.imaging.effect import noise as single
from docclf.imaging.effect.noise import BANK, NoiseBank

AMOUNTS = {
    "gaussian": [[3.2, 0.0], [7.0, 0.0], [0.0, 0.0]],
    "multiplicative": [[0.5, 1.5], [0.9, 1.1], [1.0, 1.0]],
    "iso": [[0.3, 0.5], [0.06, 0.1], [0.1, 0.3]],
    "sensor": [[2.0, 0.5], [0.5, 0.0], [6.0, 0.6]],
}
PLACES = [0, BANK - 1, 777]


def applied(kind, images, amounts, field):
    constants = [torch.from_numpy(single.HUE).float()] if kind == "iso" else []
    return getattr(device_noise, kind)(images, amounts, field, *constants)


def fields(bank, kind, places):
    numbers = torch.from_numpy(bank.uniform if kind == "multiplicative" else bank.normal)
    channels = 2 if kind == "iso" else 3
    return device_noise.gather(numbers, torch.tensor(places), channels, bank.size, last=kind != "iso")


@pytest.mark.parametrize("kind", AMOUNTS)
@pytest.mark.parametrize("size", [16, 33])
def test_equals_the_single_one_with_the_same_numbers(kind, size):
    bank = NoiseBank(size)
    images = np.random.default_rng(0).integers(0, 256, (3, size, size, 3), dtype=np.uint8)
    amounts = torch.tensor(AMOUNTS[kind])
    batch = torch.from_numpy(images).permute(0, 3, 1, 2).float()
    out = to_bytes(applied(kind, batch, amounts, fields(bank, kind, PLACES)))
    read = {"multiplicative": bank.uniforms, "iso": bank.planes}.get(kind, bank.normals)
    for row, (amount, at) in enumerate(zip(AMOUNTS[kind], PLACES, strict=True)):
        amount = amount[:1] if kind == "gaussian" else amount
        alone = getattr(single, kind)(images[row], *amount, read(at))
        found = np.abs(out[row].permute(1, 2, 0).numpy().astype(float) - alone)
        assert found.max() <= 1 and found.mean() < 0.02


def flat(level, size=128):
    return torch.full((1, 3, size, size), float(level))


def drawn(kind, level, amount, at=0):
    return applied(kind, flat(level), torch.tensor([amount]), fields(NoiseBank(128), kind, [at]))


def test_gaussian_noise_has_its_variance():
    noise = drawn("gaussian", 128, [30**0.5, 0.0]) - 128
    assert noise.std().item() == pytest.approx(30**0.5, rel=0.02) and abs(noise.mean().item()) < 0.1


def test_multiplicative_noise_is_uniform_between_its_ends():
    factor = drawn("multiplicative", 100, [0.5, 1.5]) / 100
    assert factor.min() >= 0.5 and factor.max() <= 1.5 and factor.mean().item() == pytest.approx(1.0, abs=0.005)
    assert factor.std().item() == pytest.approx(1 / math.sqrt(12), rel=0.02)


@pytest.mark.parametrize("level", [0, 60, 200])
def test_sensor_noise_grows_with_the_light(level):
    noise = drawn("sensor", level, [2.0, 0.5]) - level
    assert noise.std().item() == pytest.approx((4 + 0.5 * level) ** 0.5, rel=0.02)


def test_iso_noise_lightens_by_a_poisson_number_of_the_contrast():
    half = torch.cat([flat(60)[..., :64], flat(140)[..., :64]], dim=-1)  # standard deviation of the lightness: 40
    out = applied("iso", half, torch.tensor([[0.0, 0.5]]), fields(NoiseBank(128), "iso", [0]))
    number = 255.0 * (out - half) / (255.0 - half)
    assert number.mean().item() == pytest.approx(20, rel=0.02) and number.var().item() == pytest.approx(20, rel=0.05)


def test_channels_and_places_do_not_share_numbers():
    noise = drawn("gaussian", 128, [5.0, 0.0])[0].flatten(1)
    assert (np.corrcoef(noise.numpy()) - np.eye(3)).max() < 0.04
    other = drawn("gaussian", 128, [5.0, 0.0], at=100_003)[0].flatten(1)
    assert abs(np.corrcoef(noise[0].numpy(), other[0].numpy())[0, 1]) < 0.04
