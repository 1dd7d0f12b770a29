"""PartialFC over several steps: resume, micro-batches, unsampled rows, guards, health, learning."""

import pytest
import torch
from loss_reference import MARGINS

from docclf.errors import InputError
from docclf.loss.backend.product import Product
from docclf.loss.full import Full
from docclf.loss.optimizer.adamw import AdamW
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC

K, D = 41, 7
RULES = {
    "sgd": lambda: SGD(lr=0.3),
    "adamw": lambda: AdamW(lr=0.01, weight_decay=0.1),
    "narrow": lambda: AdamW(lr=0.01, moment_dtype="bfloat16"),
}


def build(rule="sgd", **options):
    return PartialFC(K, D, MARGINS["cosface"](), RULES[rule](), scale=16.0, **options)


def batch(step, b=6):
    generator = torch.Generator().manual_seed(step)
    return torch.randn(b, D, generator=generator), torch.randint(0, K, (b,), generator=generator)


def train(head, steps):
    losses = []
    for step in steps:
        loss = head(*batch(step))
        loss.backward()
        head.update()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("rule", RULES)
def test_resumed_run_is_bit_equal(rule, tmp_path):
    whole, first, second = (build(rule, sample_rate=0.3) for _ in range(3))
    losses = train(whole, range(6))
    train(first, range(3))
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert train(second, range(3, 6)) == losses[3:]
    for name in whole.rows.names:
        assert torch.equal(getattr(whole.rows, name), getattr(second.rows, name))


@pytest.mark.parametrize("rule", ["sgd", "adamw"])
@pytest.mark.parametrize("unsampled", ["frozen", "dense"])
def test_held_updates_equal_fused_ones(rule, unsampled):
    fused, held = (build(rule, sample_rate=0.3, unsampled=unsampled, fused=f) for f in (True, False))
    assert train(fused, range(4)) == pytest.approx(train(held, range(4)), rel=1e-6)
    torch.testing.assert_close(fused.centres, held.centres, rtol=1e-5, atol=1e-6)


def test_micro_batches_add_up():
    whole, parts = build(fused=False), build(fused=False)
    x, y = batch(0)
    whole(x, y).backward()
    norm = whole.gradient_norm()
    for half in (slice(0, 3), slice(3, 6)):
        (parts(x[half], y[half]) / 2).backward()
    assert parts.gradient_norm() == pytest.approx(norm, rel=1e-5) and norm > 0
    whole.scale_gradient(0.5)
    parts.scale_gradient(0.5)
    assert whole.gradient_norm() == pytest.approx(norm / 2, rel=1e-5)
    before = parts.centres.clone()
    whole.update()
    parts.update()
    torch.testing.assert_close(whole.centres, parts.centres, rtol=1e-5, atol=1e-6)
    assert not torch.equal(before, parts.centres) and parts.rows.clock == 1


@pytest.mark.parametrize("rule", ["sgd", "adamw"])
def test_unsampled_rows_are_frozen_or_move(rule):
    x, y = torch.randn(3, D), torch.tensor([1, 2, 3])
    for unsampled in ("frozen", "dense"):
        head = build(rule, sample_rate=1e-9, unsampled=unsampled)
        head(x, torch.tensor([1, 2, 4])).backward()
        before = head.centres.clone()
        head(x, y).backward()
        moved = (head.centres != before).any(1)
        assert moved[[1, 2, 3]].all()
        assert moved[4] == (unsampled == "dense")
        assert (head.rows.steps == 2).all() if unsampled == "dense" else head.rows.steps[5] == 0


@pytest.mark.parametrize("rule", ["sgd", "adamw"])
def test_rate_one_trains_like_full(rule):
    torch.manual_seed(0)
    full = Full(K, D, MARGINS["cosface"](), scale=16.0, optimizer=RULES[rule]())
    part = build(rule)
    assert train(full, range(5)) == pytest.approx(train(part, range(5)), rel=1e-5)
    torch.testing.assert_close(full.centres.detach(), part.centres, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("logq", [True, False])
def test_correction_brings_the_sampled_loss_to_the_full_one(logq):
    full, part = Full(4000, D, MARGINS["softmax"](), scale=4.0), None
    part = PartialFC(4000, D, MARGINS["softmax"](), SGD(lr=0.0), scale=4.0, sample_rate=0.1, logq=logq)
    x, y = torch.randn(64, D), torch.randint(0, 4000, (64,))
    mean = sum(part(x, y).item() for _ in range(10)) / 10
    off = abs(mean - full(x, y).item())
    assert (off < 0.1) if logq else (off > 1.0)


def test_nothing_reaches_the_centres_when_a_number_is_none():
    head = build()
    train(head, range(2))
    before = head.centres.clone()
    x, y = batch(2)
    x[1, 3] = float("nan")
    with pytest.raises(InputError, match="step 2, rank 0: .* of the embeddings are NaN"):
        head(x, y)
    x, y = batch(2)
    with pytest.raises(InputError, match="gradient that reaches the loss"):
        (head(x.requires_grad_(), y) * float("inf")).backward()
    assert torch.equal(head.centres, before)
    head.centres[3] = float("inf")
    with pytest.raises(InputError, match="log-sum-exp|cosines"):
        head(*batch(2))


def test_health():
    head = build(sample_rate=0.1, margin_ramp=[0.0, 0.5])
    assert head.health()["never_touched"] == 1.0
    head.set_progress(0.25)
    train(head, range(1))
    numbers = head.health()
    x, y = batch(0)
    assert 0 < numbers["never_touched"] < 1 and numbers["margin"] == pytest.approx(0.2)
    assert numbers["genuine_p05"] <= numbers["genuine_p50"] <= numbers["genuine_p95"]
    assert -1 <= numbers["impostor_mean"] <= numbers["impostor_max"] <= 1
    assert numbers["centre_norm_p50"] == pytest.approx(1.0)
    start = build()
    start(x, y)
    cosines = torch.nn.functional.normalize(x, dim=1) @ start.centres.T
    assert start.health()["genuine_mean"] == pytest.approx(cosines[range(6), y].mean().item(), abs=1e-5)
    others = cosines.scatter(1, y[:, None], -2).max(1).values
    assert start.health()["impostor_max"] == pytest.approx(others.max().item(), abs=1e-5)


@pytest.mark.parametrize("kept", [0, 1 << 16])
def test_no_tensor_grows_with_batch_times_classes(kept):
    """Watches every result of the blocks: none is larger than a block of logits or of centres, or than the budget."""
    from torch.utils._python_dispatch import TorchDispatchMode

    largest = 0

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            nonlocal largest
            out = function(*args, **(kwargs or {}))
            if isinstance(out, torch.Tensor) and out._base is None and out is not (args[0] if args else None):
                largest = max(largest, out.numel())
            return out

    k, b, d = 20_011, 64, 8
    head = PartialFC(k, d, MARGINS["cosface"](), SGD())
    head.backend.entries, head.backend.keep = 1 << 14, 4 * kept
    x, y = torch.randn(b, d), torch.randint(0, k, (b,))
    with Watch():
        head(x, y).backward()
    assert 0 < largest <= max(1 << 14, kept), (
        f"a tensor of {largest} numbers; batch x classes is {k * b}, the centres are {k * d}"
    )


class Counted(Product):
    """Product that counts how often it is asked."""

    count = 0

    def __call__(self, a, b, out=None):
        self.count += 1
        return super().__call__(a, b, out)

    def add(self, total, a, b):
        self.count += 1
        super().add(total, a, b)


@pytest.mark.parametrize("keep_mib, products", [(0, 4), (1, 3)])
def test_kept_exponentials_spare_a_product_of_four(keep_mib, products):
    head = build(keep_mib=keep_mib)
    head.backend.product = Counted()
    head(*batch(0)).backward()
    assert head.backend.product.count == products


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_learns_and_moves_frozen_encoders_centres_alone(name):
    torch.manual_seed(0)
    head = build(name, sample_rate=0.5)
    x, y = torch.randn(K, D), torch.arange(K)
    first = head(x, y).item()
    for _ in range(100):
        head(x, y).backward()
    assert head(x, y).item() < 0.7 * first


def test_growth_keeps_old_rows_and_trains():
    head = build()
    train(head, range(2))
    old = head.centres.clone()
    head.grow(K + 5)
    assert torch.equal(head.centres[:K], old)
    head(torch.randn(2, D), torch.tensor([K + 4, 0])).backward()
    with pytest.raises(InputError, match="grow"):
        head.grow(K)
