"""Mixing weights of runs."""

import pytest
import torch

from docclf.average import mix
from docclf.errors import InputError


def state(value, head=4):
    return {
        "backbone.net.blocks.0.conv": torch.full((2, 2), float(value)),
        "backbone.net.blocks.1.conv": torch.full((2,), float(value)),
        "backbone.stem": torch.full((1,), float(value)),
        "head.project": torch.full((head,), float(value)),
        "head.count": torch.tensor(7),
    }


def test_each_block_has_its_own_shares():
    assert mix.blocks(state(0)) == ["backbone.net.blocks.0", "backbone.net.blocks.1", "backbone", "head"]
    shares = dict(zip(mix.blocks(state(0)), ([1, 0], [0.5, 0.5], [0, 1], [0.25, 0.75]), strict=True))
    found = mix.mixed([state(0), state(8)], shares)
    assert [float(v.flatten()[0]) for v in found.values()] == [0, 4, 8, 6, 7]
    assert all(v.dtype == state(0)[k].dtype for k, v in found.items())


@pytest.mark.parametrize("wanted", [(0, 0, 0, 0), (8, 8, 8, 8), (0, 4, 8, 6)])
def test_the_search_climbs_to_what_validation_likes(wanted):
    names = list(state(0))[:4]

    def value(one):
        return -sum(abs(float(one[name].flatten()[0]) - goal) for name, goal in zip(names, wanted, strict=True))

    shares, log = mix.chosen([state(0), state(8)], value)
    found = mix.mixed([state(0), state(8)], shares)
    assert value(found) == pytest.approx(0) and all(sum(row) == pytest.approx(1) for row in shares.values())
    assert log[0].startswith("the mean of all") and log[1].startswith("run 1 alone")


def test_other_networks_are_refused():
    with pytest.raises(InputError, match="run 2 is another network than run 1 .head.project and 0 more"):
        mix.mixed([state(0), state(1, head=5)], dict.fromkeys(mix.blocks(state(0)), [0.5, 0.5]))
