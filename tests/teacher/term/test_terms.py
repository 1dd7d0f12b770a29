"""Each term against plain loops in float64, value and gradient."""

import math

import pytest
import torch

from docclf.errors import InputError
from docclf.teacher.term.contrastive import Contrastive
from docclf.teacher.term.cosine import Cosine
from docclf.teacher.term.kl import KL
from docclf.teacher.term.kl_temperature import KLTemperature
from docclf.teacher.term.relational import Relational

B, W = 5, 7


def normed(row):
    length = sum(x * x for x in row) ** 0.5
    return [x / length for x in row]


def softmax(values):
    total = sum(torch.exp(v) for v in values)
    return [torch.exp(v) / total for v in values]


def kl(student, teacher, temperature=1.0):
    total = 0.0
    for s, t in zip(student, teacher, strict=True):
        p = softmax([x / temperature for x in normed(s)])
        q = softmax([x / temperature for x in normed(t)])
        total = total + sum(b * (torch.log(b) - torch.log(a)) for a, b in zip(p, q, strict=True))
    return total / len(student)


def cosine(student, teacher):
    total = 0.0
    for s, t in zip(student, teacher, strict=True):
        total = total + 1 - sum(a * b for a, b in zip(normed(s), normed(t), strict=True))
    return total / len(student)


def distances(rows):
    rows = [normed(row) for row in rows]
    found = []
    for i in range(len(rows)):
        for j in range(len(rows)):
            if i != j:
                found.append(sum((a - b) ** 2 for a, b in zip(rows[i], rows[j], strict=True)) ** 0.5)
    mean = sum(found) / len(found)
    return [d / mean for d in found]


def relational(student, teacher):
    total = 0.0
    pairs = list(zip(distances(student), distances(teacher), strict=True))
    for s, t in pairs:
        gap = abs(s - t)
        total = total + (0.5 * gap * gap if gap < 1 else gap - 0.5)
    return total / len(pairs)


def contrastive(student, teacher, queue, temperature, teacher_temperature):
    total = 0.0
    for s, t in zip(student, teacher, strict=True):
        others = [*map(normed, teacher), *queue]
        p = softmax([sum(a * b for a, b in zip(normed(s), d, strict=True)) / temperature for d in others])
        q = softmax([sum(a * b for a, b in zip(normed(t), d, strict=True)) / teacher_temperature for d in others])
        total = total - sum(b * torch.log(a) for a, b in zip(p, q, strict=True))
    return total / len(student)


@pytest.fixture
def rows():
    generator = torch.Generator().manual_seed(0)
    student = torch.randn(B, W, generator=generator, dtype=torch.float64)
    teacher = 3 * torch.randn(B, W, generator=generator, dtype=torch.float64)
    # Far apart in the student and near in the teacher: reaches the straight part of the Huber function.
    student[1], teacher[1] = -student[0], teacher[0] + 0.01
    return student, teacher


CASES = {
    "kl": (KL(), kl),
    "kl_temperature": (KLTemperature(0.3), lambda s, t: kl(s, t, 0.3)),
    "cosine": (Cosine(), cosine),
    "relational": (Relational(), relational),
    "contrastive": (Contrastive(8, 0.5, 0.1), lambda s, t: contrastive(s, t, [], 0.5, 0.1)),
}


def compared(term, reference, student, teacher):
    results = []
    for function in (term, reference):
        x = student.clone().requires_grad_()
        value = function(x, teacher)
        value.backward()
        results.append((value.detach(), x.grad))
    return results


@pytest.mark.parametrize("name", CASES)
def test_value_and_gradient_are_those_of_the_loops(name, rows):
    found, expected = compared(*CASES[name], *rows)
    torch.testing.assert_close(found[0], expected[0], rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(found[1], expected[1], rtol=1e-7, atol=1e-10)
    if name == "relational":
        straight = [abs(a - b) for a, b in zip(distances(rows[0]), distances(rows[1]), strict=True)]
        assert max(straight) > 1 > min(straight), "both parts of the Huber function are visited"


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_low_precision_inputs_are_computed_in_float32(name, rows, dtype):
    term, reference = CASES[name]
    student, teacher = (x.to(dtype) for x in rows)
    found = term(student, teacher)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), reference(student.double(), teacher.double()), rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["kl", "kl_temperature", "cosine", "relational"])
def test_a_perfect_student_has_nothing_to_learn(name, rows):
    x = rows[1].clone().requires_grad_()
    value = CASES[name][0](x, rows[1])
    value.backward()
    assert abs(value.item()) < 1e-12 and x.grad.abs().max() < 1e-9


def test_the_original_is_torchs_batchmean_with_log_target(rows):
    student, teacher = (torch.nn.functional.normalize(x).log_softmax(-1) for x in rows)
    expected = torch.nn.KLDivLoss(reduction="batchmean", log_target=True)(student, teacher)
    torch.testing.assert_close(KL()(*rows), expected)


def test_equal_images_do_not_spoil_the_gradient(rows):
    student, teacher = rows
    student[3], teacher[3] = student[2], teacher[2]
    student.requires_grad_()
    Relational()(student, teacher).backward()
    assert torch.isfinite(student.grad).all()


def test_the_queue_is_first_in_first_out_and_takes_part():
    generator = torch.Generator().manual_seed(1)
    term = Contrastive(length=7, temperature=0.5, teacher_temperature=0.1)
    kept = []
    for step in range(4):
        student, teacher = torch.randn(2, 3, W, generator=generator, dtype=torch.float64)
        held = [list(row) for row in kept[-7:]]
        found, expected = compared(term, lambda s, t, q=held: contrastive(s, t, q, 0.5, 0.1), student, teacher)
        torch.testing.assert_close(found[0], expected[0], rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(found[1], expected[1], rtol=1e-7, atol=1e-10)
        term.remember(teacher)
        kept += [torch.nn.functional.normalize(row, dim=0) for row in teacher]
        assert term.seen == 3 * (step + 1)
    assert {tuple(row.tolist()) for row in term.queue} == {tuple(row.tolist()) for row in kept[-7:]}


def test_the_queue_travels_with_the_state_and_is_no_parameter_or_buffer():
    term, other = Contrastive(length=4), Contrastive(length=4)
    term.remember(torch.randn(3, W))
    state = term.state_dict()
    assert list(state) == ["_extra_state"] and not list(term.parameters()) and not list(term.buffers())
    other.load_state_dict(state)
    term.remember(torch.randn(3, W, generator=torch.Generator().manual_seed(2)))
    other.remember(torch.randn(3, W, generator=torch.Generator().manual_seed(2)))
    assert torch.equal(term.queue, other.queue) and term.seen == other.seen == 6


def test_the_queue_holds_the_features_of_all_processes(monkeypatch):
    def all_gather(parts, own):
        for rank, part in enumerate(parts):
            part.copy_(own.roll(rank, dims=1))

    for name, function in (("is_initialized", lambda: True), ("get_world_size", lambda: 2), ("all_gather", all_gather)):
        monkeypatch.setattr(torch.distributed, name, function)
    term, rows = Contrastive(length=8), torch.eye(W)[:3]
    term.remember(rows)
    assert term.seen == 6 and torch.equal(term.queue[:6], torch.cat([rows, rows.roll(1, dims=1)]))


def test_a_batch_longer_than_the_queue_leaves_its_end():
    term, rows = Contrastive(length=2), torch.eye(W)
    term.remember(rows)
    assert torch.equal(term.queue.sum(0), rows[-1] + rows[-2])


def test_weights_rise_and_are_checked():
    weighting = Cosine(weight=2.0, ramp=[0.2, 0.6]).weighting
    assert [weighting.at(x) for x in (0.0, 0.2, 0.6, 1.0)] == [0.0, 0.0, 2.0, 2.0]
    assert math.isclose(weighting.at(0.4), 1.0) and Cosine().weighting.at(0.0) == 1.0
    for arguments in ({"weight": -1.0}, {"weight": math.nan}, {"ramp": [0.5, 0.2]}, {"ramp": [0.5]}):
        with pytest.raises(InputError, match="teacher.term.cosine"):
            Cosine(**arguments)
    with pytest.raises(InputError, match="temperature=0"):
        KLTemperature(temperature=0.0)
    with pytest.raises(InputError, match="batch_size=2"):
        Relational()(torch.ones(1, W), torch.ones(1, W))
