"""Fixed centres: their angles, that a row is a function of seed and class, and what is refused."""

import copy

import pytest
import torch

from docclf.errors import InputError
from docclf.loss.centres.constant import Constant
from docclf.loss.centres.fixed.base import spread, welch
from docclf.loss.centres.fixed.ebv import Ebv
from docclf.loss.centres.fixed.hadamard import Hadamard
from docclf.loss.centres.fixed.orthoplex import Orthoplex
from docclf.loss.centres.fixed.random import Random
from docclf.loss.centres.fixed.signs import hashed, unpacked
from docclf.loss.centres.fixed.simplex import Simplex

RULES = {"random": Random, "hadamard": Hadamard, "simplex": Simplex, "orthoplex": Orthoplex,
         "ebv": lambda: Ebv(passes=3)}  # fmt: skip


def table(rule, k, d, seed=0):
    rule.start(k, d, seed)
    return torch.nn.functional.normalize(rule.rows(torch.arange(k)).double(), dim=1)


def cosines(rule, k, d, seed=0):
    w = table(rule, k, d, seed)
    return (w @ w.T)[~torch.eye(k, dtype=torch.bool)]


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("k, d", [(1, 4), (5, 16), (9, 8)])
def test_a_row_is_a_function_of_seed_and_class(name, k, d):
    rule, again = RULES[name](), RULES[name]()
    rows = table(rule, k, d, 3)
    assert rows.shape == (k, d) and torch.equal(rows, table(again, k, d, 3))
    pick = torch.tensor([k - 1, 0, k - 1])
    torch.testing.assert_close(rule.rows(pick).double(), rule.rows(torch.arange(k)).double()[pick], rtol=0, atol=0)
    if name in ("random", "hadamard", "ebv"):
        assert not torch.equal(rows, table(RULES[name](), k, d, 4))


@pytest.mark.parametrize("k, d", [(2, 1), (5, 4), (5, 16), (17, 16), (65, 64)])
def test_simplex_cosines(k, d):
    torch.testing.assert_close(cosines(Simplex(), k, d), torch.full((k * (k - 1),), -1 / (k - 1)).double(), atol=1e-6,
                               rtol=0)  # fmt: skip
    assert spread(*[_started(Simplex(), k, d), k, d])["largest"] == pytest.approx(1 / (k - 1), abs=1e-6)


def _started(rule, k, d):
    rule.start(k, d, 0)
    return rule


@pytest.mark.parametrize("k, d", [(3, 4), (8, 4), (130, 65)])
def test_orthoplex_cosines(k, d):
    found = cosines(Orthoplex(), k, d)
    assert set(found.tolist()) <= {0.0, -1.0} and (found == -1).sum() == 2 * max(0, k - d)


@pytest.mark.parametrize("d", [4, 64, 128])
def test_hadamard_rows_and_opposites_are_orthogonal_within_a_block(d):
    for seed in (0, 1):
        w = table(Hadamard(), 4 * d, d, seed)
        for block in (w[: 2 * d], w[2 * d :]):
            products = block @ block.T
            torch.testing.assert_close(products[:d, :d], torch.eye(d).double(), atol=1e-12, rtol=0)
            torch.testing.assert_close(block[d:], -block[:d], rtol=0, atol=0)
        assert d == 4 or (w[: 2 * d] @ w[2 * d :].T).abs().max() < 0.6  # four columns have few signs to draw


@pytest.mark.parametrize("d", [3, 64, 100, 256])
def test_random_signs_are_as_random_as_they_should_be(d):
    rows = _started(Random(), 2000, d).rows(torch.arange(2000))
    assert set(rows.unique().tolist()) == {-1.0, 1.0} and abs(rows.mean()) < 4 / (2000 * d) ** 0.5
    assert rows.mean(0).abs().max() < 0.12  # 5.4 deviations, over 256 columns
    if d >= 64:
        found = cosines(Random(), 500, d)
        assert found.std() == pytest.approx(d**-0.5, rel=0.03) and abs(found.mean()) < 0.01


def test_hash_is_splitmix64():
    """The published generator started at 0, whose first outputs are known."""
    got = hashed(torch.tensor([1, 2, 3]), 0)
    want = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert [value % (1 << 64) for value in got.tolist()] == want
    bits = [1.0 - 2 * (want[0] >> k & 1) for k in range(64)]
    assert unpacked(got[:1], 64).tolist() == [bits] and unpacked(got[:1], 5).tolist() == [bits[:5]]


def test_ebv_comes_down_to_its_angle():
    rule = Ebv(passes=60)
    found = cosines(rule, 120, 32).abs()
    floor = welch(120, 32)
    assert floor == pytest.approx(((120 - 32) / (32 * 119)) ** 0.5)
    assert floor < found.max() < 1.5 * floor + 0.02 < cosines(Random(), 120, 32).abs().max()
    assert cosines(Ebv(passes=40), 10, 32).abs().max() < 0.03


def test_the_welch_floor_of_the_readme():
    assert welch(2361, 256) == pytest.approx(0.0590, abs=5e-5)
    assert welch(3, 256) == welch(1, 1) == welch(256, 256) == 0
    assert welch(257, 256) == pytest.approx(1 / 256)


@pytest.mark.parametrize(
    "rule, k, d, message",
    [
        (Simplex(), 18, 16, "simplex has 17 directions.*18 classes"),
        (Orthoplex(), 33, 16, "orthoplex has 32 directions.*33 classes"),
        (Ebv(a=0.05), 2361, 256, "0.0590 .Welch."),
        (Ebv(a=0.01), 300, 256, "loss.centres.a=0.01"),
        (Hadamard(), 10, 48, "power of two"),
    ],
)
def test_refused(rule, k, d, message):
    with pytest.raises(InputError, match=message):
        rule.start(k, d, 0)


@pytest.mark.parametrize("values", [{"passes": -1}, {"lr": 0.0}, {"against": 0}])
def test_ebv_settings(values):
    with pytest.raises(InputError, match="passes"):
        Ebv(**values)


@pytest.mark.parametrize("name", RULES)
def test_constant_is_indexed_like_a_table(name, caplog):
    with caplog.at_level("INFO"):
        rows = Constant(9, 8, RULES[name](), 0)
    assert "Welch floor" in caplog.text and "fewer than learned" in caplog.text
    whole = rows[:]
    assert rows.shape == whole.shape == (9, 8) and torch.equal(rows[2:5], whole[2:5])
    assert torch.equal(rows[torch.tensor([8, 0])], whole[[8, 0]])
    torch.testing.assert_close(rows.mean(), torch.nn.functional.normalize(whole.double(), dim=1).mean(0))
    part = copy.deepcopy(rows)
    part.narrow(4, 9, None)
    assert torch.equal(part[:], whole[4:]) and rows.fingerprint() != part.fingerprint()
    assert not list(rows.parameters()) and (rows.rule.stored > 0) == (name == "ebv")
