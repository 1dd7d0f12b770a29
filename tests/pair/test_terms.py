"""Pair terms against pytorch-metric-learning, or a float64 loop where it has none."""

import math

import pytest
import torch
from pytorch_metric_learning import distances, losses, miners, regularizers
from pytorch_metric_learning.reducers import AvgNonZeroReducer
from torch import nn
from torch.nn.functional import normalize

from docclf.errors import InputError
from docclf.pair.barlow import Barlow
from docclf.pair.base import Pair, positives, twins
from docclf.pair.local_triplet import LocalTriplet
from docclf.pair.mixup import Mixup
from docclf.pair.mnr import Mnr
from docclf.pair.quantise import Quantise
from docclf.pair.snr import Snr
from docclf.pair.snr import distances as snr
from docclf.pair.terms import Terms, effective_rank
from docclf.pair.triplet import Triplet

TERMS = {"triplet": Triplet, "snr": Snr, "mnr": Mnr, "mixup": Mixup, "barlow": lambda: Barlow(width=8),
         "local_triplet": LocalTriplet, "quantise": Quantise}  # fmt: skip
# labels: pairs, odd counts, one class, B=2 of one class and of two, every sample alone
LABELS = {
    "pairs": [0, 0, 3, 3, 7, 7, 1, 1],
    "odd": [5, 5, 5, 2, 2, 9, 5],
    "one": [4] * 6,
    "two": [1, 1],
    "apart": [1, 2],
    "alone": [0, 1, 2, 3, 4],
}


def problem(labels, d=13, near=0.7):
    y = torch.tensor(LABELS[labels])
    generator = torch.Generator().manual_seed(len(y))
    centres = torch.randn(10, d, generator=generator)
    return (near * centres[y] + torch.randn(len(y), d, generator=generator)) * 3, y


def started(term, d=13):
    term.start(d, 0)
    return term


def run(term, x, y, maps=None, dtype=torch.float32):
    """Returns value and gradient as training has them."""
    x = x.to(dtype, copy=True).requires_grad_()
    terms = Terms({"it": term}, x.shape[1], 0)
    value = terms(x, y, maps)["it"]
    return value, torch.autograd.grad(value, x, allow_unused=True)[0]


def agree(term, oracle, x, y, tolerance=1e-6):
    """Value and gradient of a float32 and a bfloat16 batch against an oracle of the same numbers in float64."""
    for dtype, limit in ((torch.float32, tolerance), (torch.bfloat16, 8e-3)):
        value, gradient = run(term, x, y, dtype=dtype)
        true = x.to(dtype).double().requires_grad_()
        want = oracle(true, y)
        want_gradient = torch.autograd.grad(want, true, allow_unused=True)[0] if want.requires_grad else None
        assert value.item() == pytest.approx(float(want), rel=1e-6, abs=1e-9)
        if want_gradient is None or not want_gradient.any():
            assert not gradient.any()
        else:
            assert (gradient.double() - want_gradient).norm() <= limit * want_gradient.norm()


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("margin", [0.05, 0.6])
def test_triplet(labels, margin):
    squared = distances.LpDistance(normalize_embeddings=True, p=2, power=2)
    mine = miners.TripletMarginMiner(margin, "semihard", distance=squared)
    loss = losses.TripletMarginLoss(margin, distance=squared, reducer=AvgNonZeroReducer())
    agree(Triplet(margin), lambda x, y: loss(x, y, mine(x, y)) if len(mine(x, y)[0]) else x.sum() * 0, *problem(labels))


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("near, far, zero_mean", [(0.0, 1.0, 0.005), (0.2, 3.0, 0.0)])
def test_snr(labels, near, far, zero_mean):
    def oracle(x, y):
        loss = losses.ContrastiveLoss(near, far, distance=distances.SNRDistance(normalize_embeddings=False))
        return loss(x, y) + zero_mean * regularizers.ZeroMeanRegularizer()(x)

    agree(Snr(near, far, zero_mean), oracle, *problem(labels))


@pytest.mark.parametrize("d", [3, 64, 255])
def test_snr_of_unit_vectors_of_zero_mean_is_the_squared_distance(d):
    """So that there it is an ordinary contrastive term: on normalised embeddings SNR adds nothing."""
    x = torch.randn(9, d).double()
    x = normalize(x - x.mean(1, keepdim=True), dim=1)
    torch.testing.assert_close(snr(x), torch.cdist(x, x).square(), atol=1e-12, rtol=1e-9)
    longer = 5 * x
    torch.testing.assert_close(snr(longer), torch.cdist(longer, longer).square() / 25, atol=1e-12, rtol=1e-9)
    assert not torch.allclose(snr(x + 0.1 * torch.arange(9)[:, None]), torch.cdist(x, x).square() * 2)


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("scale", [1.0, 20.0])
def test_mnr(labels, scale):
    def oracle(x, y):
        loss = losses.NTXentLoss(temperature=1 / scale)
        pairs = positives(y)
        return loss(x, y) if len(pairs[0]) and len(set(y.tolist())) > 1 else x.sum() * 0

    agree(Mnr(scale), oracle, *problem(labels))


def barlow_loop(term, x, y):
    a, b = twins(y)
    if len(a) < 2:
        return x.sum() * 0
    za, zb = (term.projector.double()(x[rows]) for rows in (a, b))
    total = 0.0
    for i in range(za.shape[1]):
        for j in range(za.shape[1]):
            u, v = za[:, i], zb[:, j]
            u, v = ((t - t.mean()) / ((t - t.mean()).square().mean() + 1e-5).sqrt() for t in (u, v))
            c = (u * v).mean()
            total = total + ((1 - c) ** 2 if i == j else term.off_diagonal * c**2)
    return total


@pytest.mark.parametrize("labels", ["pairs", "odd", "two", "alone", "one"])
@pytest.mark.parametrize("width", [0, 5])
def test_barlow(labels, width):
    term = Barlow(width=width, weight=1.0)
    x, y = problem(labels, d=7)
    if width:
        term.start(7, 3)
        term.projector.double()  # its products are the one part that is float32 in a run
        term.start = lambda *_: None
    agree(term, lambda x, y: barlow_loop(term, x, y), x, y)


def test_barlow_noise_of_its_second_sum():
    """Independent channels of n pairs correlate by chance, 1/n each: P^2/n in all."""
    x = torch.randn(128, 200, generator=torch.Generator().manual_seed(0)).double()
    y = torch.arange(64).repeat_interleave(2)
    value = (
        Barlow(off_diagonal=1.0, width=0).term(x, y, None)[0] - Barlow(off_diagonal=0.0, width=0).term(x, y, None)[0]
    )
    assert value.item() == pytest.approx(200 * 199 / 64, rel=0.05)


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("alpha", [0.4, 1.0])
def test_mixup(labels, alpha):
    def oracle(x, y):
        a, b = twins(y)
        if not len(a):
            return x.sum() * 0
        again = Mixup(alpha)
        again.seed, total = 0, 0.0
        shares, other = again.draw(len(a))
        u = normalize(x, dim=1)
        for i in range(len(a)):
            k = int(other[i])
            mixed = normalize(shares[i] * u[a[i]] + (1 - shares[i]) * u[a[k]], dim=0)
            allowed = [j for j in range(len(a)) if j in (i, k) or y[a[j]] not in (y[a[i]], y[a[k]])]
            logits = {j: 20.0 * (mixed @ u[b[j]]) for j in allowed}
            lse = torch.stack(list(logits.values())).logsumexp(0)
            total = total + shares[i] * (lse - logits[i]) + (1 - shares[i]) * (lse - logits[k])
        return total / len(a)

    x, y = problem(labels)
    for _ in range(2):
        agree_once = Mixup(alpha)
        value, gradient = run(agree_once, x, y)
        true = x.double().requires_grad_()
        want = oracle(true, y)
        assert value.item() == pytest.approx(float(want), rel=1e-6, abs=1e-9)
        want_gradient = torch.autograd.grad(want, true)[0]
        assert (gradient.double() - want_gradient).norm() <= 1e-6 * want_gradient.norm() + 1e-12


def test_mixup_draws_by_seed_and_step_and_goes_on():
    one, two = Mixup(), Mixup()
    first, second = one.draw(5), one.draw(5)
    assert not (first[0] == second[0]).all()
    two.load_state_dict({**two.state_dict(), "_extra_state": {"draws": 1}})
    again = two.draw(5)
    assert (again[0] == second[0]).all() and (again[1] == second[1]).all()


def local_loop(term, x, y, maps):
    a, b = twins(y)
    u, places = normalize(x.double(), dim=1), normalize(maps.double().flatten(2).transpose(1, 2), dim=2)
    total, count = 0.0, 0
    for i, j in zip(a.tolist(), b.tolist(), strict=True):
        strangers = [k for k in range(len(y)) if y[k] != y[i]]
        if not strangers:
            continue
        n = max(strangers, key=lambda k: float(u[i] @ u[k]))
        for q in range(places.shape[1]):
            to = places[j] @ places[i, q]
            best = int(to.argmax())
            back = int((places[i] @ places[j, best]).argmax())
            d = (2 - 2 * to).clamp_min(0).sqrt().sort().values
            if back != q or (len(d) > 1 and not d[0] < term.ratio * d[1]):
                continue
            count += 1
            total = total + (term.margin - to[best] + (places[n] @ places[i, q]).max()).clamp_min(0)
    return total / count if count else maps.double().sum() * 0


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("size", [(5, 1, 1), (4, 2, 3), (16, 3, 3)])
@pytest.mark.parametrize("ratio", [0.9, 1.0])
def test_local_triplet(labels, size, ratio):
    x, y = problem(labels)
    c, h, w = size
    generator = torch.Generator().manual_seed(3)
    base = torch.randn(10, c, h, w, generator=generator)
    maps = (base[y] + 0.3 * torch.randn(len(y), c, h, w, generator=generator)).requires_grad_()
    term = LocalTriplet(margin=0.5, ratio=ratio)
    value = Terms({"it": term}, 13, 0)(x, y, maps)["it"]
    want = local_loop(term, x, y, maps)
    assert value.item() == pytest.approx(float(want), rel=1e-6, abs=1e-9)
    got, true = torch.autograd.grad(value, maps)[0], torch.autograd.grad(want, maps)[0]
    assert (got - true).norm() <= 2e-6 * true.norm() + 1e-12


@pytest.mark.parametrize("labels", LABELS)
def test_quantise(labels):
    x, y = problem(labels)
    term = started(Quantise())
    assert not run(Quantise(), normalize(x.sign(), dim=1), y)[0].abs() > 1e-6
    term.weights.data.normal_()
    term.start = lambda *_: None

    def oracle(x, y):
        v = normalize(x, dim=1)
        t = 0.01 * torch.tanh(v @ term.weights.detach().double())
        total = 0.0
        for b in range(len(x)):
            u = v[b] - t[b]
            s = torch.where(u.detach() >= 0, 1.0, -1.0).double()
            total = total + 1 - (u @ s) / (u.norm() * s.norm())
        assert t.abs().max() <= 0.01
        return total / len(x)

    agree(term, oracle, x, y)


@pytest.mark.parametrize("name", TERMS)
def test_every_term_takes_every_batch(name):
    for labels in LABELS:
        x, y = problem(labels)
        x = x.requires_grad_()
        maps = torch.randn(len(y), 4, 2, 2, requires_grad=True)
        terms = Terms({name: TERMS[name]()}, 13, 0)
        assert isinstance(terms.terms[name], Pair)
        value = terms(x, torch.where(y == 9, -1, y), maps)[name]
        value.backward()
        health = terms.health()
        assert value.isfinite() and set(health) == {f"pair/{name}_active", "pair/effective_rank"}
        assert 0 <= health[f"pair/{name}_active"] <= 1
        assert x.grad is None or x.grad.isfinite().all()


def test_weight_and_ramp():
    x, y = problem("pairs")
    plain = Terms({"mnr": Mnr()}, 13, 0)(x, y)["mnr"]
    ramped = Terms({"mnr": Mnr(weight=4.0, ramp=(0.2, 0.6)), "snr": Snr()}, 13, 0)
    for progress, factor in ((0.3, 1.0), (0.6, 4.0), (1.0, 4.0)):
        ramped.set_progress(progress)
        assert ramped(x, y)["mnr"].item() == pytest.approx(factor * plain.item(), rel=1e-6)
    ramped.set_progress(0.2)
    assert set(ramped(x, y)) == {"snr"}
    learned = Terms({"barlow": Barlow(width=4, ramp=(0.5, 1.0))}, 13, 0)
    learned.set_progress(0.0)
    assert learned(x, y)["barlow"].item() == 0 and len(list(learned.parameters())) == 4
    for values in ({"weight": 0.0}, {"ramp": (0.5, 0.2)}, {"ramp": (0.1,)}):
        with pytest.raises(InputError, match="pair.mnr weight"):
            Terms({"mnr": Mnr(**values)}, 13, 0)


@pytest.mark.parametrize(
    "build",
    [lambda: Triplet(0.0), lambda: Snr(2.0, 1.0), lambda: Mnr(0.0), lambda: Mixup(alpha=0.0), lambda: Barlow(width=-1),
     lambda: LocalTriplet(ratio=1.2), lambda: Quantise(-0.1)],
)  # fmt: skip
def test_settings_out_of_range(build):
    with pytest.raises(InputError, match="want"):
        build()


def test_effective_rank():
    assert effective_rank(torch.eye(6).double()) == pytest.approx(6)
    assert effective_rank(torch.ones(6, 4).double()) == pytest.approx(1)
    assert effective_rank(torch.ones(0, 4).double()) == 0
    assert 1 < effective_rank(torch.randn(8, 3).double()) < 3.001


def test_twins():
    for labels, want in (("pairs", 4), ("odd", 3), ("one", 3), ("apart", 0)):
        a, b = twins(torch.tensor(LABELS[labels]))
        y = torch.tensor(LABELS[labels])
        assert len(a) == want and (y[a] == y[b]).all() and len({*a.tolist(), *b.tolist()}) == 2 * want


def test_the_projector_is_a_function_of_the_seed_and_leaves_the_generator_alone():
    state = torch.get_rng_state()
    weights = [started(Barlow(width=4)).projector[0].weight for _ in range(2)]
    assert torch.equal(*weights) and torch.equal(state, torch.get_rng_state())
    assert isinstance(Barlow(width=0).projector, nn.Identity) and math.isfinite(weights[0].sum())
