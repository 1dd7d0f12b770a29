import math

import pytest

from docclf.errors import InputError
from docclf.schedule import Cosine, Polynomial


@pytest.mark.parametrize("curve", [Polynomial(warmup=0.1), Cosine(warmup=0.1)])
def test_rises_then_falls(curve):
    values = [curve(i / 100) for i in range(101)]
    assert values[0] == 0 and values[10] == pytest.approx(1.0) and values[100] == pytest.approx(0.0)
    assert values[:11] == sorted(values[:11]) and values[10:] == sorted(values[10:], reverse=True)


def test_formulas():
    assert Polynomial(warmup=0.0, power=2.0, final=0.1)(0.5) == pytest.approx(0.1 + 0.9 * 0.25)
    assert Cosine(warmup=0.0)(0.25) == pytest.approx(0.5 * (1 + math.cos(math.pi / 4)))


def test_warmup_is_a_share():
    with pytest.raises(InputError, match="share of training"):
        Polynomial(warmup=1.0)
