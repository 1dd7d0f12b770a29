"""Terms of compatible training against loops in double precision, and what holds them together."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from teacher_cases import DataSet, batch, tower
from torch import nn

from docclf.compatible.base import Seen
from docclf.compatible.compatible import Compatible
from docclf.compatible.term.bct import BCT
from docclf.compatible.term.cosine import Latest, Old
from docclf.compatible.term.harmonic import Harmonic
from docclf.compatible.term.hoc import HOC
from docclf.errors import InputError
from docclf.ops import unit
from docclf.teacher.cache import Cache

CASES = [(5, 3, [0, 1, 2, 3, 4]), (7, 4, [0, 0, 1, 2, 2, 2, 3]), (2, 6, [1, 0])]  # rows, width, labels


def seen(count, width, labels, seed=0):
    draw = torch.Generator().manual_seed(seed)
    new, old, turned, latest = (unit(torch.randn(count, width, dtype=torch.float64, generator=draw)) for _ in range(4))
    return Seen(new.requires_grad_(), old, torch.tensor(labels), turned, latest)


def bct(s, centres, scale):
    total = 0.0
    for x, label in zip(s.new.tolist(), s.labels.tolist(), strict=True):
        logits = [scale * sum(a * b for a, b in zip(x, c, strict=True)) for c in centres.tolist()]
        total += math.log(sum(math.exp(v) for v in logits)) - logits[label]
    return total / len(s.labels)


def hoc(s, mu):
    total = 0.0
    for i, x in enumerate(s.new.tolist()):
        dots = [sum(a * b for a, b in zip(x, o, strict=True)) for o in s.old.tolist()]
        others = [math.exp(mu * dots[j]) for j in range(len(dots)) if s.labels[j] != s.labels[i]]
        total += math.log(sum(others)) - mu * dots[i]
    return total / len(s.labels)


def harmonic(s, margin):
    new, old, labels = s.new.tolist(), s.old.tolist(), s.labels.tolist()

    def far(a, b):
        return sum((p - q) ** 2 for p, q in zip(a, b, strict=True))

    found = []
    for anchors, positives in ((new, old), (old, new)):
        for i, anchor in enumerate(anchors):
            near = far(anchor, positives[i])
            away = [far(anchor, v[j]) for v in (new, old) for j in range(len(labels)) if labels[j] != labels[i]]
            negative = min((d for d in away if d > near), default=max(away))
            found.append(max(0.0, near - negative + margin))
    return sum(found) / len(found)


@pytest.mark.parametrize(("rows", "width", "labels"), CASES)
def test_terms_equal_their_sums_written_out(rows, width, labels):
    s = seen(rows, width, labels)
    centres = unit(torch.randn(max(labels) + 1, width, dtype=torch.float64, generator=torch.Generator().manual_seed(9)))
    term = BCT(scale=8.0)
    term.know(centres)
    x, s.new = s.new, s.new.detach()
    close = {"rel": 1e-9, "abs": 1e-12}
    assert float(term(s)) == pytest.approx(bct(s, centres, 8.0), **close)
    assert float(HOC(mu=10.0)(s)) == pytest.approx(hoc(s, 10.0), **close)
    assert float(Harmonic(margin=0.2)(s)) == pytest.approx(harmonic(s, 0.2), **close)
    assert float(Old()(s)) == pytest.approx(1 - float((s.new * s.old).sum()) / rows, **close)
    assert float(Latest()(s)) == pytest.approx(1 - float((s.turned * s.latest).sum()) / rows, **close)
    assert torch.autograd.gradcheck(lambda x: HOC()(Seen(x, s.old, s.labels, s.turned, None)), x)
    assert torch.autograd.gradcheck(lambda x: term(Seen(x, s.old, s.labels, s.turned, None)), x)


def test_one_class_in_the_batch_gives_nothing_to_tell_apart():
    s = seen(4, 3, [2, 2, 2, 2])
    s.new = s.new.detach()
    assert float(HOC()(s)) == 0 and float(Harmonic()(s)) == 0


def test_sampled_centres_keep_those_of_the_batch():
    centres = torch.eye(50, dtype=torch.float64)
    s = Seen(centres[[7, 30, 49]], centres[[7, 30, 49]], torch.tensor([7, 30, 49]), centres[:3], None)
    few, all_ = BCT(scale=20.0, classes=5), BCT(scale=20.0, classes=0)
    few.know(centres)
    all_.know(centres)
    assert 0 < float(few(s)) < float(all_(s)) < 1e-6


def old_model(width=6, seed=3):
    return SimpleNamespace(encoder=tower(width, seed).net, image_size=12, origin="random weights of a test")


def made(tmp_path, terms=None, **changes):
    given = {"embed_dim": 8, "extra": 2, "image_size": 16, "seed": 0, "cache": Cache(str(tmp_path / "cache"))}
    return Compatible(old_model(), terms or {"bct": BCT()}, **(given | {"dataset": DataSet()} | changes))


@pytest.mark.parametrize("frame", ["same", "orthogonal", "split"])
def test_cosines_are_the_same_in_the_frame_of_the_classifier(tmp_path, frame):
    part, x = made(tmp_path, frame=frame), torch.randn(5, 8)
    shown = part.classified(x)
    assert shown.shape == (5, part.loss_width) and part.loss_width == (6 if frame == "split" else 8)
    if frame != "split":
        torch.testing.assert_close(unit(shown) @ unit(shown).T, unit(x) @ unit(x).T, rtol=0, atol=1e-5)


@pytest.mark.parametrize("known", [None, [True] + [False] * 9, [True] * 10])
def test_old_centres_are_the_checkpoints_or_imprinted(tmp_path, known):
    data, term = DataSet(), BCT()
    given = None if known is None else (np.eye(10, 6, dtype=np.float32), np.array(known))
    part = made(tmp_path, {"bct": term}, dataset=data, centres=given)
    part.prepare(torch.device("cpu"))
    clean = data.source.clean(range(10))
    wanted = unit(old_model().encoder(part.old.pixels(clean)))
    for row, own in enumerate(known or [False] * 10):
        other = torch.eye(10, 6)[row] if own else wanted[row]
        torch.testing.assert_close(term.centres[row], other, rtol=0, atol=2e-3)  # kept in float16


@pytest.mark.parametrize("make", [BCT, HOC, Old, Harmonic])
def test_the_gradient_of_each_term_lowers_it(tmp_path, make):
    data = DataSet()
    part = made(tmp_path, {"one": make()}, dataset=data)
    part.prepare(torch.device("cpu"))
    given, x = batch(data.source, [0, 3, 5, 9]), nn.Parameter(torch.randn(4, 8))
    optimizer, values = torch.optim.Adam([x], 0.1), []
    for _ in range(40):
        optimizer.zero_grad()
        sum(part(x, given).values()).backward()
        values.append(sum(part(x, given).values()).item())
        optimizer.step()
    assert values[-1] < 0.9 * values[0]
    assert not list(part.parameters()), "the old model is frozen and no part of it"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"embed_dim": 9}, "embed_dim=9: the old model has 6 numbers .* give embed_dim=8"),
        ({"frame": "tilted"}, "compatible.frame='tilted': choose one of same, orthogonal, split"),
        ({"frame": "split", "extra": 0, "embed_dim": 6}, "compatible.extra=0: want 1 or more"),
        ({"terms": {"latest": Latest()}}, "independently trained new model of 8 numbers; none was given"),
        ({"terms": {"latest": Latest()}, "latest": old_model(7)}, "compatible.new has 7 numbers"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, changes, said):
    with pytest.raises(InputError, match=said):
        made(tmp_path, **changes)


@pytest.mark.parametrize(
    "make", [lambda: BCT(weight=0), lambda: HOC(mu=float("inf")), lambda: Harmonic(margin=-1.0), lambda: Old(-2.0)]
)
def test_settings_are_above_zero(make):
    with pytest.raises(InputError, match="want a finite number above 0"):
        make()
